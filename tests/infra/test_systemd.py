"""The units start what the README names, end it gracefully, and pass systemd's own judgement where it is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import RawConfigParser

import pytest
from django.conf import settings

from tests.flow.real_cluster import ROOT

UNITS = {path.name: path for path in sorted((ROOT / "infra" / "systemd").iterdir())}
SERVICES = [name for name in UNITS if name.endswith(".service")]


def service(name: str) -> dict[str, str]:
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNITS[name])
    return dict(parser["Service"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_runs_what_the_readme_names_as_nobody_in_particular(name):
    unit = service(name)
    command = unit["ExecStart"].replace("/srv/bookpipeline/.venv/bin/", "").replace("python manage", "manage")
    readme = (ROOT / "README.md").read_text()
    assert f"`{command.replace('%i', 'cpu')}`" in readme
    assert (unit["User"], unit["NoNewPrivileges"], unit["CapabilityBoundingSet"]) == ("bookpipeline", "true", "")
    assert unit["ProtectSystem"] == "strict"


@pytest.mark.parametrize("name", ["bookpipeline-web.service", "bookpipeline-work@.service"])
def test_the_main_process_alone_gets_the_signal_and_has_the_time(name):
    unit = service(name)
    assert unit["KillMode"] == "mixed"
    assert unit["Restart"] == "always"
    assert int(service("bookpipeline-work@.service")["TimeoutStopSec"]) > settings.DRAIN_SECONDS


def test_the_clock_runs_each_minute():
    assert re.search(r"^OnCalendar=minutely$", UNITS["bookpipeline-sweep.timer"].read_text(), re.M)


def test_systemd_takes_them(tmp_path):
    if not shutil.which("systemd-analyze"):
        return
    for name, path in UNITS.items():
        text = path.read_text().replace("/srv/bookpipeline/.venv/bin/", "/bin/").replace("/bin/gunicorn", "/bin/true")
        text = text.replace("/bin/python", "/bin/true").replace("User=bookpipeline", "User=root")
        (tmp_path / name.replace("@", "@cpu")).write_text(text)
    paths = [str(tmp_path / name.replace("@", "@cpu")) for name in UNITS]
    done = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "bookpipeline" in line]
    assert not ours, done.stderr
