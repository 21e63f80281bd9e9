"""Print that is lighter than the paper of its whole page."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageFilter

from books.intake.grey import grey
from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.lighter import with_lighter_print
from books.ocr.image.open import normalise
from tests.ocr.test_awkward_print import SIZE, STEP, font, page_of
from tests.ocr.test_cases import LEAVES, RIVERS

CREAM = [(250, 243, 224), (240, 230, 200)]


@pytest.mark.parametrize("cream", CREAM)
@pytest.mark.parametrize("has_black", [True, False])
def test_white_print_on_cream_paper_is_read(
    engine: TesseractEngine, cream: tuple[int, int, int], *, has_black: bool
) -> None:
    page = Image.new("RGB", SIZE, cream)
    draw = ImageDraw.Draw(page)
    lines = [*((line, 30) for line in LEAVES if has_black), *((line, 255) for line in RIVERS[:4])]
    for at, (line, shade) in enumerate(lines):
        draw.text((140, 150 + at * STEP), line, (shade, shade, shade), font(32))
    assert engine.read(normalise(grey(page))).text.splitlines()[-4:] == RIVERS[:4]


@pytest.mark.parametrize("radius", [1, 3])
def test_the_bright_edges_that_a_scanner_gives_print_are_none(radius: int) -> None:
    paper = page_of(LEAVES).point([shade * 225 // 255 for shade in range(256)])
    page = paper.filter(ImageFilter.UnsharpMask(radius, 200, 0))
    assert page.getextrema()[1] > 245
    assert with_lighter_print(page) is page
