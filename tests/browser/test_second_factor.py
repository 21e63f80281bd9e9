"""A security key, as a browser has it: set up because the role needs it, and asked for at the next sign-in."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.test_main_job import sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def again(tab, live_server) -> None:
    """For what asks to sign in again."""
    tab.goto(live_server.url + reverse("account_reauthenticate"))
    tab.get_by_label("Password").fill("a-long-password-1")
    tab.get_by_role("button", name="Confirm").click()
    expect(tab.get_by_role("heading", name="Sign in again")).to_have_count(0)


def test_a_role_that_needs_a_factor_gets_one_and_is_asked_for_it(tab, live_server, admin, settings):
    settings.MFA_ROLES, settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = ["administrator"], True
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cdp = tab.context.new_cdp_session(tab)
    cdp.send("WebAuthn.enable")
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    sign_in(tab, live_server)
    expect(tab.locator(".messagelist").first).to_contain_text("Your role needs a second factor")
    tab.get_by_role("link", name="Add").click()
    tab.get_by_role("button", name="Add").click()
    expect(tab.get_by_text("Unused codes")).to_be_visible()
    tab.get_by_role("button", name="Copy: Unused codes").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#copied")).to_have_text("Copied")
    expect(tab.get_by_role("button", name="Copy: Unused codes")).to_be_focused()
    assert len(tab.evaluate("navigator.clipboard.readText()").split()) == 10
    tab.goto(f"{live_server.url}/admin/")
    expect(tab.get_by_role("heading", name="Home")).to_be_visible()
    tab.get_by_role("button", name="Log out").click()
    sign_in(tab, live_server)
    tab.get_by_role("button", name="Use a security key").click()
    expect(tab.get_by_role("heading", name="Home")).to_be_visible()
