"""The step before a new release: its migrations and the first administrator, run to its end by whoever applies."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys

import pytest

from tests.flow.real_cluster import ROOT, until
from tests.infra.terraform import MODULES

SCRIPT = MODULES / "release" / "run-task.sh"
AWS = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$2" in
  run-task) echo arn:task ;;
  describe-tasks) echo "$CODE" ;;
esac
"""


@pytest.fixture
def environment(tmp_path):
    return {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "bookpipeline.settings",
        "DJANGO_SUPERUSER_USERNAME": "ada",
        "DJANGO_SUPERUSER_EMAIL": "ada@example.org",
        "DJANGO_SUPERUSER_PASSWORD": "a-long-password-1",
    }


def run(environment, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_a_release_migrates_and_makes_one_administrator_once(environment):
    assert "Superuser created" in run(environment, "-m", "infra.release")
    again = run({**environment, "DJANGO_SUPERUSER_USERNAME": "mallory"}, "-m", "infra.release")
    assert "Superuser created" not in again
    counted = "from django.contrib.auth.models import User; print([u.username for u in User.objects.all()])"
    assert "['ada']" in run(environment, "manage.py", "shell", "-c", counted)


@pytest.mark.django_db
def test_the_clock_sweeps_and_reports_until_it_is_stopped(environment, tmp_path, migrate_file):
    migrate_file(tmp_path / "db.sqlite3")
    path = tmp_path / "clock.log"
    with path.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra", "--each-minute"], cwd=ROOT, env=environment, stdout=log
        )
    try:
        until(lambda: path.read_text().count("\n") == 3, "the clock reports")
        assert json.loads(path.read_text().splitlines()[0])["SweepAge"] < 60
    finally:
        process.terminate()
        assert process.wait(20) == -signal.SIGTERM


@pytest.mark.parametrize(("code", "ended"), [("0", 0), ("1", 1), ("None", 1)])
def test_the_task_of_a_release_is_run_to_its_end(tmp_path, code, ended):
    (tmp_path / "aws").write_text(AWS)
    (tmp_path / "aws").chmod(0o755)
    given = {"CLUSTER": "c", "TASK": "t", "SUBNETS": "a,b", "SECURITY_GROUPS": "g", "CODE": code}
    given |= {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(tmp_path / "calls")}
    assert subprocess.run([str(SCRIPT)], env=given, check=False, capture_output=True).returncode == ended
    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call.split()[1] for call in calls] == ["run-task", "wait", "describe-tasks"]
    assert "subnets=[a,b],securityGroups=[g]" in calls[0]
