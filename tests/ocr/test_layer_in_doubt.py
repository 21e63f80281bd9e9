"""Where a PDF's own text and what is read of its page do not tell the same."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from books.intake.pdf import render_page
from books.ocr.engines.base import Doubt
from books.ocr.engines.pdf_text import BadTextLayer, PdfTextLayer
from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.normalise import evened
from tests.ocr.pdfs import painted

DARK = ["A river bends where the ground is soft.", "The mud sinks to the bottom there.", "Every spring it rises again."]
WHITE = ["Leaves take in light from the sun.", "They make sugar from air and water.", "The stem carries it away."]


def lines(texts: list[str], top: int) -> bytes:
    return b"".join(b"BT 40 %d Td (%s) Tj ET " % (top - 20 * row, text.encode()) for row, text in enumerate(texts))


def test_print_as_bright_as_its_ground_that_the_reading_overlooks_is_kept_and_marked(engine: TesseractEngine) -> None:
    box = b"0.8 1 1 rg 30 380 360 100 re f 1 1 1 rg " + lines(WHITE, 450) + b"0 g "
    rendered = render_page(io.BytesIO(painted(box + lines(DARK, 350))), 0)
    found = PdfTextLayer(rendered.glyphs, rendered.image.width, engine).read(evened(rendered.image))
    assert [line.text for line in found.lines] == [*WHITE, *DARK]
    assert found.doubts == (Doubt.CONTRADICTED,)


@pytest.mark.parametrize("is_wrong", [False, True])
def test_a_font_that_names_its_digits_wrongly_is_not_believed(engine: TesseractEngine, is_wrong: bool) -> None:
    rendered = render_page(
        io.BytesIO(painted(lines([f"In {1990 + row} it rose by {row + 3} m." for row in range(4)], 500))), 0
    )
    glyphs = [
        replace(each, text=str(9 - int(each.text))) if is_wrong and each.text.isdigit() else each
        for each in rendered.glyphs
    ]
    layer = PdfTextLayer(glyphs, rendered.image.width, engine)
    if is_wrong:
        with pytest.raises(BadTextLayer, match="other numbers"):
            layer.read(evened(rendered.image))
    else:
        assert layer.read(evened(rendered.image)).lines[0].text == "In 1990 it rose by 3 m."


PALE = b"0.6 0.8 1 rg 0 380 420 140 re f "
STRIPED = PALE + b"0 g " + b"".join(b"%d 380 4 140 re f " % x for x in range(0, 420, 9))


@pytest.mark.parametrize("paint", [PALE, STRIPED], ids=["pale", "striped"])
def test_text_that_is_seen_by_what_is_painted_through_it_is_taken_from_the_file(
    engine: TesseractEngine, paint: bytes
) -> None:
    cut_out = b"q BT 40 450 Td 7 Tr (Rivers carry mud to the sea.) Tj ET " + paint + b"Q 0 g "
    rendered = render_page(io.BytesIO(painted(cut_out + lines(DARK, 350))), 0)
    found = PdfTextLayer(rendered.glyphs, rendered.image.width, engine).read(evened(rendered.image))
    assert [line.text for line in found.lines] == ["Rivers carry mud to the sea.", *DARK]
