from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from books.ocr.engines.base import OcrWord
from books.ocr.engines.lines import line_of
from books.ocr.image.ink import PageInk
from books.ocr.image.open import normalise
from books.ocr.image.shapes import BULLET, bullets, with_signs, without
from tests.ocr import provoking


@pytest.mark.parametrize("number", [1, 2, 8, 9, 13])
def test_every_bullet_of_a_page_and_nothing_else(number: int) -> None:
    page = normalise(provoking.sample(number))
    assert len(bullets(PageInk(page))) == provoking.truth(number).count(BULLET)


@pytest.mark.parametrize("scale", [0.75, 1.5])
def test_at_any_resolution(scale: float) -> None:
    page = provoking.sample(6)
    resized = page.resize((int(page.width * scale), int(page.height * scale)), Image.Resampling.LANCZOS)
    assert len(bullets(PageInk(normalise(resized)))) == provoking.truth(6).count(BULLET)


def test_specks_are_no_bullets() -> None:
    page = provoking.blank(shade=255)
    draw = ImageDraw.Draw(page)
    for x, y in np.random.default_rng(5).integers(0, 990, (300, 2)).tolist():
        draw.ellipse((x, y, x + 4, y + 4), fill=0)
    assert bullets(PageInk(page)) == []


def test_they_are_wiped_and_put_back_among_the_words() -> None:
    page = Image.new("L", (300, 100), 255)
    page.paste(0, (10, 40, 18, 48))
    assert np.asarray(without(page, [(10, 40, 18, 48)])).min() == 255
    assert np.asarray(page).min() == 0
    words = [OcrWord("one", 90, (30, 34, 80, 52)), OcrWord("two", 90, (120, 34, 160, 52))]
    lines = [line_of(words, 0), line_of([OcrWord("next", 90, (30, 70, 90, 90))], 0)]
    read = with_signs(lines, [(10, 40, 18, 48), (95, 40, 103, 48), (10, 10, 18, 18)])
    assert [line.text for line in read] == [f"{BULLET} one {BULLET} two", "next"]
    assert read[0].box == (10, 34, 160, 52)
