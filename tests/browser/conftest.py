"""A real browser before a real server, with a real cluster behind it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import sync_playwright

from tests.install import browser_path

# Playwright keeps an event loop in this thread, which Django would take for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All go to one worker, which keeps one browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def chromium():
    path = browser_path()
    assert path, "There is no browser; run: python -m tests.install"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


def signed_in(tab, live_server, name: str = "ada") -> None:
    """As after the form of the login, which others fill in."""
    client = Client()
    client.force_login(get_user_model().objects.get(username=name))
    tab.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])


@pytest.fixture
def tab(chromium):
    """A page that fails the test on any script error or message of the content security policy."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def picture():
    """Saves a screenshot where SCREENSHOTS names a folder (docs/screenshots)."""
    folder = os.environ.get("SCREENSHOTS")

    def save(page, name: str) -> None:
        page.evaluate("window.scrollTo(0, 0)")
        if folder:
            page.wait_for_timeout(500)  # Django's buttons fade from one scheme to the other.
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"{name}.png")

    return save
