"""Every file of the hostile collection is judged as its manifest says, under the name it is sent with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from books.errors import UploadRejected
from books.intake.files import shown_name
from books.intake.inspect import inspect

NASTY = Path(__file__).parent.parent / "nasty"
ITEMS: list[dict[str, Any]] = json.loads((NASTY / "manifest.json").read_text())["items"]
# What the reason must speak of, for the files that open without complaint in plain Pillow or PDFium, and some others.
REASONS = {
    "animated.gif": "animated",
    "animated.webp": "animated",
    "bad_crc.png": "damaged",
    "bomb_30000x30000.png": "30000 × 30000 pixels",
    "empty.png": "empty",
    "encrypted.pdf": "password",
    "huge_dimension.tif": "200000 × 200000 pixels",
    "huge_mediabox.pdf": "too large",
    "multipage_500.tif": "too small",
    "one_pixel.png": "too small",
    "page.png.exe": ".exe",
    "pages_2000.pdf": "2000 pages",
    "png_ztxt_bomb.png": "damaged",
    "truncated.jpg": "ends too early",
    "truncated.png": "ends too early",
}
FRAMES = {"multipage_g4.tif": 3}


def named(items: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(item, id=item["file"]) for item in items]


@pytest.mark.parametrize("item", named([item for item in ITEMS if item["expect"] == "accept"]))
def test_accepted(item: dict[str, Any]) -> None:
    path = NASTY / "files" / item["file"]
    with path.open("rb") as data:
        found = inspect(data, item["upload_name"])
        assert data.tell() == 0
    assert found.frames == FRAMES.get(item["file"], 1)
    assert found.size == path.stat().st_size


@pytest.mark.parametrize("item", named([item for item in ITEMS if item["expect"] == "reject"]))
def test_refused(item: dict[str, Any]) -> None:
    with (NASTY / "files" / item["file"]).open("rb") as data, pytest.raises(UploadRejected) as refusal:
        inspect(data, item["upload_name"])
    assert refusal.value.name == shown_name(item["upload_name"])
    assert REASONS.get(item["file"], "") in refusal.value.reason
    assert refusal.value.reason.endswith(".")
