"""Every guard of the engine is held by a test: without the guard, that test fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.flow.real_cluster import ROOT
from tests.jobs.mutants import MUTANTS


def test_no_mutant_survives():
    """The guards are the same on every database, so SQLite will do."""
    environment = {**os.environ, "TEST_DATABASE": "sqlite"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.jobs.mutants"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [result["mutant"] for result in results if result["found"] != 1] == [], "no longer in the source, once"
    assert [result["mutant"] for result in results if result["survived"]] == []
    assert len(results) == len(MUTANTS)
