"""Judging a file costs little memory however large it is."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from books.intake import limits
from books.intake.inspect import inspect
from tests.intake.samples import page, pdf, png, png_chunk, saved, white

LARGE = limits.SINGLE_FILE_BYTES
A_THIRD = LARGE // 3


def padded_webp() -> bytes:
    body = saved("WEBP")[8:] + b"EXIF" + A_THIRD.to_bytes(4, "little") + bytes(A_THIRD + A_THIRD % 2)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


@pytest.mark.parametrize(
    "make",
    [
        lambda: saved("PNG", page(size=(2400, 3000)), compress_level=0),
        lambda: png(*[png_chunk(b"iTXt", b"k\0\0\0\0\0" + bytes(1_000_000))] * 19, white()),
        lambda: saved("JPEG", page("RGB", size=(3000, 4000)), quality=95),
        lambda: saved("TIFF", page(size=(3000, 4000))),
        padded_webp,
        lambda: pdf("x", end=b"%" * LARGE + b"\n%%EOF"),
    ],
    ids=["png", "png of text", "jpeg", "tiff", "webp", "pdf"],
)
def test_memory_does_not_follow_the_file(make: Callable[[], bytes], tmp_path: Path) -> None:
    file = tmp_path / "page"
    size = file.write_bytes(make())
    assert size > 5 * limits.MEBIBYTE
    with file.open("rb") as data:
        tracemalloc.start()
        try:
            assert inspect(data, "page", image_bytes=LARGE).size == size
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 4 * limits.MEBIBYTE
