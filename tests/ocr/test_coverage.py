"""What counts as print that nobody read, and what does not."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from books.ocr.image.ink import PageInk, missing_ink
from books.ocr.image.open import normalise
from tests.ocr import provoking

WHOLE = (0, 0, 992, 1405)


@pytest.fixture(scope="module")
def page() -> Image.Image:
    return provoking.sample(5)


def test_all_and_nothing(page: Image.Image) -> None:
    assert missing_ink(page, [WHOLE]) == 0
    assert missing_ink(page, []) == 1


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.9])
def test_the_share_is_that_of_the_ink(page: Image.Image, share: float) -> None:
    ink = np.cumsum((np.asarray(page) < 150).sum(axis=1))
    row = int(np.searchsorted(ink, share * ink[-1]))
    assert missing_ink(page, [(0, row, 992, 1405)]) == pytest.approx(share, abs=0.04)


def test_one_lost_line_shows(page: Image.Image) -> None:
    line = PageInk(page).print.boxes()
    top = int(np.median(line[:, 1]))
    assert missing_ink(page, [(0, 0, 992, top - 5), (0, top + 20, 992, 1405)]) > 0.015


def test_scale_makes_no_difference(page: Image.Image) -> None:
    large = page.resize((2 * page.width, 2 * page.height), Image.Resampling.BICUBIC)
    assert missing_ink(large, [(0, 0, 1984, 1400)]) == pytest.approx(missing_ink(page, [(0, 0, 992, 700)]), abs=0.03)


def rules(draw: ImageDraw.ImageDraw) -> None:
    for y in range(100, 1300, 40):
        draw.line((100, y, 890, y), fill=0, width=2)


def table(draw: ImageDraw.ImageDraw) -> None:
    rules(draw)
    for x in range(100, 900, 79):
        draw.line((x, 100, x, 1260), fill=0, width=2)


def figure(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((150, 200, 800, 700), fill=120)
    draw.ellipse((200, 800, 700, 1300), outline=0, width=5)


def border(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((0, 0, 20, 1405), fill=0)
    draw.rectangle((30, 30, 960, 1370), outline=0, width=4)


def specks(draw: ImageDraw.ImageDraw) -> None:
    for x, y in np.random.default_rng(3).integers(0, 990, (4000, 2)).tolist():
        draw.rectangle((x, y, x + 2, y + 2), fill=0)


@pytest.mark.parametrize("drawn", [rules, table, figure, border, specks])
def test_what_is_not_print_is_not_missed(drawn: object) -> None:
    page = provoking.blank(shade=255)
    drawn(ImageDraw.Draw(page))  # type: ignore[operator]
    assert missing_ink(page, []) == 0


@pytest.mark.parametrize("drawn", [rules, figure, border])
def test_print_among_drawings_is_still_seen(page: Image.Image, drawn: object) -> None:
    over = page.copy()
    drawn(ImageDraw.Draw(over))  # type: ignore[operator]
    assert missing_ink(over, []) == 1


def test_uncovered_regions_hold_what_no_box_covers(page: Image.Image) -> None:
    regions = PageInk(page).uncovered([(0, 0, 992, 900)])
    assert regions
    assert all(bottom > 880 for _, _, _, bottom in regions)
    assert missing_ink(page, [(0, 0, 992, 900), *regions]) < 0.01
    assert not PageInk(page).uncovered([WHOLE])


def test_a_blank_page_has_no_ink_to_miss() -> None:
    ink = PageInk(provoking.blank())
    assert ink.is_blank
    assert ink.missing([]) == 0
    assert ink.uncovered([]) == []


def test_noise_from_edge_to_edge_is_no_print() -> None:
    shades = np.random.default_rng(2).integers(0, 255, (1405, 992))
    assert missing_ink(normalise(provoking.as_image(shades.astype(float))), []) == 0
