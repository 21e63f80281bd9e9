"""python -m tests.browser.install: a browser for the tests, from Playwright or else from the system's packages."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DOWNLOAD_SECONDS = 240


def browser_path() -> str | None:
    """The program to start, None where there is no browser yet."""
    with sync_playwright() as playwright:
        bundled = playwright.chromium.executable_path
    if Path(bundled).exists():
        return bundled
    return next((path for name in SYSTEM_BROWSERS if (path := shutil.which(name))), None)


def install() -> None:
    if browser_path():
        return
    try:
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"],
            timeout=DOWNLOAD_SECONDS,
            check=True,
            capture_output=True,
        )
    except (subprocess.SubprocessError, OSError):
        print("Playwright could not download its browser; installing the system's chromium.")
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], check=False)
    if not browser_path():
        sys.exit("No browser could be installed. Install chromium by hand: the browser tests need it.")


if __name__ == "__main__":
    install()
