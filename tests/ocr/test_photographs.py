"""Pages photographed by phone: put upright by their outline, their lines made level, or marked."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.phone import bounds_of, read_book
from benchmarks.photographs import Photograph, photographs
from books.ocr.image.curved import is_unlevel, leveled
from books.ocr.image.ink import PageInk
from books.ocr.image.normalise import normalise
from books.ocr.image.outline import page_corners
from tests.ocr import provoking


@pytest.fixture(scope="module")
def taken() -> dict[str, Photograph]:
    """One of each kind."""
    return {picture.name[9:-4]: picture for picture in photographs(10)}


def opened(picture: Photograph) -> Image.Image:
    return Image.open(io.BytesIO(picture.jpeg)).convert("L")


@pytest.mark.django_db(transaction=True)
def test_a_book_photographed_by_phone_is_read(tmp_path: Path, monkeypatch, taken) -> None:
    four = [taken[kind] for kind in ("strip", "spread", "all")]
    monkeypatch.setattr("benchmarks.phone.photographs", lambda _pages: four)
    found = read_book(tmp_path, 4)
    assert [str(bound) for bound in bounds_of(found) if not bound.holds] == []
    assert [page.marks for page in found] == [("strip",), (), (), ()]


def test_the_outline_is_found_on_a_table_and_nowhere_on_a_scan(taken) -> None:
    assert [kind for kind in taken if page_corners(opened(taken[kind])) is None] == ["close"]
    for scan in (
        provoking.sample(3),
        provoking.framed(provoking.sample(5)),
        provoking.white_on_black(provoking.sample(5)),
    ):
        assert page_corners(scan) is None


def test_print_beside_the_page_is_the_page_s_own() -> None:
    """A frame of colour with white print in it is no table."""
    page = provoking.sample(5)
    frame = provoking.white_on_black(provoking.sample(7).crop((80, 60, 900, 400)))
    whole = Image.new("L", (page.width + 200, page.height + 500), 20)
    whole.paste(frame, (150, 20))
    whole.paste(page, (100, 400))
    assert page_corners(whole) is None


def test_lines_from_aside_are_made_level_or_marked(taken) -> None:
    page = normalise(opened(taken["close"]))
    assert is_unlevel(PageInk(page))
    assert not is_unlevel(PageInk(leveled(page)))
    assert not any(is_unlevel(PageInk(normalise(provoking.sample(number)))) for number in (3, 6, 18))
