"""Every screen before axe-core, in light and in dark: nothing critical, nothing serious."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from tests.admin.addresses import GET, SCREENS
from tests.admin.conftest import facts  # noqa: F401
from tests.browser.test_main_job import sign_in
from tests.browser.test_second_factor import again
from tests.factories import BookFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
GRAVE = {"critical", "serious"}
# In a page that has the script already.
THERE = Axe("0")
# What is answered with a file, a picture or a part of a page.
NO_SCREENS = {
    *("books_book_progress", "books_book_calls", "books_book_export", "books_book_scan", "books_book_thumbnail"),
    "books_book_sheet",
    *("books_book_text_export", "books_book_pages", "books_book_page_reading", "jobs_job_panel", "jobs_job_progress"),
}
LISTS = ("book", "modelcall", "modelprice", "stagemodel", "providerprofile", "apitoken", "webhookendpoint")
ACCOUNT = ("mfa_index", "mfa_add_webauthn", "mfa_list_webauthn", "account_reauthenticate", "usersessions_list")
PLAIN = ("admin:index", *ACCOUNT, *(f"admin:books_{name}_{act}" for name in LISTS for act in ("changelist", "add")))


@pytest.fixture
def book(admin):
    return BookFactory(title="Prealgebra 2e", grade="8", subject="Mathematics")


def screens_of(known: dict[str, Any]) -> dict[str, str]:
    """The address of every screen about what is ``known``, by name."""
    found = {name.rpartition(":")[2]: reverse(name) for name in PLAIN if name != "admin:books_modelcall_add"}
    for each in SCREENS:
        if each.method == GET and each.name not in NO_SCREENS:
            about = [known.get(name, name) for name in each.args.split()]
            found[each.name] = reverse(each.space + each.name, args=about)
    found["jobs"] = reverse("admin:jobs_job_changelist")
    found["job"] = reverse("admin:jobs_job_change", args=[known["job"]])
    return found | {f"books_book_page_{mode}": f"{found['books_book_page']}?edit={mode}" for mode in ("lines", "text")}


def test_no_screen_has_a_grave_fault(chromium, live_server, admin, facts):  # noqa: F811
    addresses = list(screens_of(facts).values())
    # The tool styles what it looks at, which our own policy forbids.
    context = chromium.new_context(bypass_csp=True, viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    sign_in(tab, live_server)
    again(tab, live_server)
    found, seen = Counter(), []
    for address in addresses:
        tab.goto(live_server.url + address)
        for scheme, axe in (("light", Axe()), ("dark", THERE)):
            tab.emulate_media(color_scheme=scheme)
            tab.evaluate("document.getAnimations().forEach(each => each.finish())")
            for fault in axe.run(tab).response["violations"]:
                if fault["impact"] in GRAVE:
                    found[fault["id"], fault["impact"], scheme] += len(fault["nodes"])
                    seen.append((address, scheme, fault["id"], [node["html"][:160] for node in fault["nodes"][:3]]))
    context.close()
    print(f"\n{len(addresses)} screens, each light and dark, {found.total()} grave faults: {dict(found)}")
    assert not seen, "\n".join(map(str, seen))


# How far the line around it stands out from what it surrounds, as WCAG counts it.
EDGE = """node => {
  const part = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const light = (colour) => {
    const [red, green, blue] = colour.match(/[\\d.]+/g).map((each) => part(each / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  };
  const { borderTopColor, backgroundColor } = getComputedStyle(node);
  const [dark, bright] = [light(borderTopColor), light(backgroundColor)].sort((one, other) => one - other);
  return bright / dark;
}"""


def test_fields_and_buttons_have_an_edge_in_the_dark(tab, live_server, admin):
    sign_in(tab, live_server)
    tab.emulate_media(color_scheme="dark")
    tab.goto(live_server.url + reverse("admin:books_account"))
    tab.evaluate("document.getAnimations().forEach(each => each.finish())")
    for what in (".button.plain", "input[type=url]"):
        assert tab.locator(what).first.evaluate(EDGE) >= 3, what
