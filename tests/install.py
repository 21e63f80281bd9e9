"""python -m tests.install: the programs that tests need and pip has not: a browser, a Redis server and nginx.

The browser comes from Playwright where that can download it, and else from the system's packages, as the others do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SYSTEM_BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
DOWNLOAD_SECONDS = 240


def browser_path() -> str | None:
    """The program to start, None where there is no browser yet. One without windows, where there is one, takes three
    quarters of the processor time."""
    with sync_playwright() as playwright:
        bundled = Path(playwright.chromium.executable_path)
    shell = bundled.parents[1].name.replace("chromium-", "chromium_headless_shell-")
    downloaded = [*bundled.parents[2].glob(f"{shell}/*/*headless*shell"), bundled]
    installed = (shutil.which(name) for name in SYSTEM_BROWSERS)
    return next((str(path) for path in [*downloaded, *installed] if path and Path(path).exists()), None)


def redis_path() -> str | None:
    return shutil.which("redis-server")


def nginx_path() -> str | None:
    """Debian keeps it where only root looks."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def install() -> None:
    """Ends with a sentence where something cannot be had: its tests would fail later with less to say."""
    wanted = [] if browser_path() or _downloaded() else ["chromium"]
    wanted += [] if redis_path() else ["redis-server"]
    wanted += [] if nginx_path() else ["nginx-light"]
    if wanted:
        print(f"Installing the system's {' and '.join(wanted)}.")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted], env=quiet, check=False)
    if not (browser_path() and redis_path() and nginx_path()):
        sys.exit(f"Install by hand what the tests need: {' and '.join(wanted)}.")


def _downloaded() -> bool:
    command = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    try:
        subprocess.run(command, timeout=DOWNLOAD_SECONDS, check=True, capture_output=True)
    except (subprocess.SubprocessError, OSError):
        return False
    return browser_path() is not None


if __name__ == "__main__":
    install()
