"""A real web server stays small while it is sent much; `python -m benchmarks upload` does the same at full size."""

from __future__ import annotations

import pytest

from benchmarks.upload import MEGABYTE, MOST_GROWTH_MB, measure, pdf, scans

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(
    "make",
    [lambda folder: scans(folder, 40), lambda folder: [pdf(folder, 100 * MEGABYTE)]],
    ids=["many scans", "one large pdf"],
)
def test_the_web_process_does_not_grow_with_what_it_is_sent(make, tmp_path, migrate_file):
    """Eighty and a hundred megabytes: held in memory, either would show."""
    migrate_file(tmp_path / "db.sqlite3")
    files = make(tmp_path)
    found = measure(tmp_path, files)
    assert found.pages == len(files)
    assert found.growth_mb < MOST_GROWTH_MB
