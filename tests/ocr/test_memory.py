"""A worker reads the largest pages that intake takes within its 400 MB; these two kinds need the most."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from books.intake.inspect import inspect
from tests.ocr import provoking

MOST_MEGABYTES = 400
# In a process of its own, with all that a worker loads; prints its greatest resident size.
READ = """
import sys
import django; django.setup()
from books.ocr.image.open import normalise, open_page, pictured
from books.ocr.engines.tesseract import TesseractEngine
import books.ocr.job
with open(sys.argv[1], "rb") as data:
    page = normalise(open_page(data))
TesseractEngine().read(page)
pictured(page)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def largest(mode: str, kind: str, pixels: int, **options: object) -> bytes:
    """A page of print in the largest size of its kind."""
    height = int((pixels * 1.4) ** 0.5)
    page = provoking.upper_part(5, 330).resize((pixels // height, height)).convert(mode)
    target = io.BytesIO()
    page.save(target, kind, **options)
    return target.getvalue()


@pytest.mark.parametrize(
    "make",
    [
        lambda: largest("RGBA", "PNG", 39_900_000, compress_level=1),
        lambda: largest("RGB", "WEBP", 15_900_000, lossless=True, method=0, quality=0),
    ],
    ids=["png", "webp"],
)
def test_the_largest_pages_fit_into_a_worker(make, tmp_path: Path) -> None:
    path = tmp_path / "page"
    path.write_bytes(make())
    with path.open("rb") as data:
        assert inspect(data, "page", image_bytes=1 << 30).frames == 1
    done = subprocess.run([sys.executable, "-c", READ, str(path)], stdout=subprocess.PIPE, text=True, check=True)
    assert int(done.stdout) / 1024 < MOST_MEGABYTES
