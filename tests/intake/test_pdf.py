"""PDFs are counted and rendered in a child process that may die without taking anything with it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from books.errors import UnreadableImage, UploadRejected
from books.intake import limits
from books.intake.inspect import inspect
from books.intake.pdf import render_page
from tests.intake.samples import pdf

NASTY = Path(__file__).parent.parent / "nasty" / "files"
LETTER = (612, 792)


def count_pages(source: io.BytesIO) -> int:
    return inspect(source, "book.pdf").frames


def stream(content: bytes) -> io.BytesIO:
    return io.BytesIO(content)


def heavy() -> bytes:
    """One page whose single path takes seconds to fill."""
    path = b"0 0 m " + b"".join(b"%d %d l " % (step * 37 % 420, step * 91 % 595) for step in range(300_000)) + b"f"
    return pdf("X").replace(b"BT /F1 24 Tf 40 297.5 Td (X) Tj ET", path)


def test_pages_are_counted() -> None:
    assert count_pages(stream(pdf("one", "two", "three"))) == 3


def test_1500_pages_are_a_file_and_1501_are_not() -> None:
    assert count_pages(stream(pdf(*["x"] * 1500))) == 1500
    with pytest.raises(UploadRejected, match="1501 pages, more than 1500; split it"):
        count_pages(stream(pdf(*["x"] * 1501)))


@pytest.mark.parametrize(
    ("box", "expected"),
    [((40, 595), "too small"), ((14_000, 14_000), "too large"), ((200, 2_100), "narrow")],
)
def test_page_sizes_are_bounded(box: tuple[float, float], expected: str) -> None:
    with pytest.raises(UploadRejected, match=expected):
        count_pages(stream(pdf("x", box=box)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pdf(), "no pages"),
        (b"%PDF-1.7\n" + b"garbage " * 100 + b"\n%%EOF", "damaged"),
        (pdf("one").replace(b"10 0 obj", b"99 0 obj"), "Page 1 of the PDF cannot be opened"),
        ((NASTY / "encrypted.pdf").read_bytes(), "password"),
        ((NASTY / "recursive_pages.pdf").read_bytes(), "cannot be opened"),
    ],
    ids=["no pages", "garbage", "missing page", "password", "circle"],
)
def test_refused(content: bytes, expected: str) -> None:
    with pytest.raises(UploadRejected, match=expected):
        count_pages(stream(content))


def test_a_page_is_rendered_at_its_resolution_with_its_text() -> None:
    page = render_page(stream(pdf("first", "second", box=LETTER)), 1)
    assert (page.image.mode, page.image.size) == ("L", (1700, 2200))
    assert page.image.getextrema()[0] < 64
    assert "".join(glyph.text for glyph in page.glyphs) == "second"


def test_a_page_without_text_layer_has_no_text() -> None:
    assert render_page(stream(pdf("")), 0).glyphs == ()


def test_hyphens_at_line_ends_are_kept_and_control_characters_are_no_signs() -> None:
    lines = b"(one recog-) Tj 0 -30 Td (nition) Tj 0 -30 Td (and \\007 more) Tj"
    page = render_page(stream(pdf("X").replace(b"(X) Tj", lines)), 0)
    text = "".join(glyph.text for glyph in page.glyphs)
    assert text.replace(" ", "") in ("onerecog-nitionandmore", "onerecog-nitionand\ufffdmore")


def test_resolution_gives_way_to_the_pixel_limit() -> None:
    page = render_page(stream(pdf("poster", box=(4_000, 4_000))), 0)
    pixels = page.image.width * page.image.height
    assert 0.98 * limits.PDF_RENDER_PIXELS < pixels <= 1.001 * limits.PDF_RENDER_PIXELS


@pytest.mark.parametrize("index", [-1, 1])
def test_a_page_that_is_not_there(index: int) -> None:
    with pytest.raises(UnreadableImage, match=f"Page {index + 1} of the PDF"):
        render_page(stream(pdf("only")), index)


@pytest.mark.parametrize(
    ("limit", "value"),
    [("PDF_CHILD_CPU_SECONDS", 1), ("PDF_CHILD_WALL_SECONDS", 0.5), ("PDF_CHILD_MEMORY_BYTES", 96 * limits.MEBIBYTE)],
)
def test_a_page_that_takes_too_much_ends_the_child_only(
    limit: str, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, limit, value)
    with pytest.raises(UnreadableImage, match="too much time or memory"):
        render_page(stream(heavy()), 0)
