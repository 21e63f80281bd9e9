"""What the borders' tests borrow from the rooms' own."""

from tests.admin.conftest import admin, book, person, said, screens  # noqa: F401
from tests.jobs.conftest import rig, stage, woken  # noqa: F401
