"""Over forty pages made to provoke: whatever loses more than a twentieth of its words is marked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.normalise import normalise
from tests.ocr import provoking
from tests.ocr.test_tesseract import LOST_WORDS, lost_words

ROW = 330
Change = Callable[[Image.Image], Image.Image]


def near_noise(contrast: int, spread: float) -> Change:
    def changed(page: Image.Image) -> Image.Image:
        shades = 200 - contrast + np.asarray(page) / 255.0 * contrast
        return provoking.as_image(shades + provoking.noise(page.size, spread))

    return changed


def shrunk(width: int) -> Change:
    return lambda page: page.resize((width, round(page.height * width / page.width)), Image.Resampling.BILINEAR)


def scratched(page: Image.Image) -> Image.Image:
    """White lines through every letter, as of a dirty copier drum."""
    shades = np.array(page)
    shades[:, ::9] = 255
    return Image.fromarray(shades)


def smeared(page: Image.Image) -> Image.Image:
    """Moved while it was scanned: each dot is the mean of the eleven beside it."""
    shades = np.asarray(page, dtype=float)
    return provoking.as_image(np.mean([np.roll(shades, shift, axis=1) for shift in range(-5, 6)], axis=0))


CHANGES: dict[str, Change] = {
    **{f"contrast {c} in noise {n}": near_noise(c, n) for c, n in ((40, 12), (20, 12), (10, 6), (7, 3))},
    **{f"blur {radius}": lambda page, radius=radius: provoking.blurred(page, radius) for radius in (1.8, 2.2, 2.6, 5)},
    **{f"{width} wide": shrunk(width) for width in (420, 300, 220)},
    "shadow": provoking.shaded,
    "deep shadow": lambda page: provoking.shaded(page, 0.15),
    "skew of 7": lambda page: provoking.turned(page, 7),
    "skew of -14": lambda page: provoking.turned(page, -14),
    "JPEG quality 8": lambda page: provoking.compressed(page, 8),
    "upside down": lambda page: page.rotate(180),
    "sideways": lambda page: page.rotate(270, expand=True),
    "halftone": provoking.halftoned,
    "scratched": scratched,
    "smeared": smeared,
    "frame and copier edge": provoking.framed,
    "on a table": provoking.on_a_table,
    "white on black": provoking.white_on_black,
}
PAGES = (2, 14)


@pytest.mark.parametrize("number", PAGES)
@pytest.mark.parametrize("name", CHANGES)
def test_no_page_loses_words_unmarked(engine: TesseractEngine, name: str, number: int) -> None:
    read = engine.read(normalise(CHANGES[name](provoking.upper_part(number, ROW))))
    lost = lost_words(provoking.lines_above(number, ROW), read.text)
    assert lost <= LOST_WORDS or read.text_may_be_missing, f"{lost:.0%} of the words are lost"
    assert not read.is_blank


def test_the_set_is_of_at_least_forty_pages() -> None:
    assert len(CHANGES) * len(PAGES) >= 40
