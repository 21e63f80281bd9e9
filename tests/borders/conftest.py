"""What the borders' tests borrow from the rooms' own."""

from tests.jobs.conftest import rig, stage, woken  # noqa: F401
