"""Paper becomes white, lines become level, and nothing that is not print becomes print."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from books.ocr.image.ink import PageInk
from books.ocr.image.normalise import MOST_PIXELS, skew
from books.ocr.image.open import normalise
from tests.ocr import provoking


@pytest.fixture(scope="module")
def page() -> Image.Image:
    return provoking.sample(5)


@pytest.mark.parametrize("degrees", [-9.5, -5, -0.4, 0, 1.2, 9.5])
def test_skew_is_found_and_removed(page: Image.Image, degrees: float) -> None:
    crooked = provoking.turned(page, degrees)
    assert skew(crooked) == pytest.approx(-degrees, abs=0.15)
    assert abs(skew(normalise(crooked))) <= 0.15


def test_no_corner_is_cut_off(page: Image.Image) -> None:
    full = page.copy()
    full.paste(0, (5, 5, 60, 12))
    level = np.asarray(normalise(provoking.turned(full, 6)))
    assert level.shape[0] >= page.height
    assert level.shape[1] >= page.width


@pytest.mark.parametrize("size", [(992, 1405), (1405, 992)])
def test_without_print_nothing_is_turned(size: tuple[int, int]) -> None:
    assert normalise(provoking.noisy(provoking.blank(size), 10)).size == size


@pytest.mark.parametrize("darkest", [0.6, 0.35, 0.2])
def test_shadows_disappear(page: Image.Image, darkest: float) -> None:
    even = np.asarray(normalise(provoking.shaded(page, darkest)))
    assert np.percentile(even[:, -100:], 20) > 240
    assert np.percentile(even, 0.5) < 100


def test_grey_print_beside_black_print_becomes_as_dark(page: Image.Image) -> None:
    spread = normalise(provoking.two_columns(provoking.faint(page), page))
    half = spread.width // 2
    for side in (0, half):
        letters = PageInk(spread.crop((side, 0, side + half, spread.height))).print
        assert len(letters) > 800


def test_white_print_on_black_becomes_black_on_white(page: Image.Image) -> None:
    shades = np.asarray(normalise(provoking.white_on_black(page)))
    assert np.median(shades) > 240


def test_a_dark_photograph_of_a_page_is_not_taken_for_a_negative(page: Image.Image) -> None:
    dark = provoking.on_a_table(page.point(lambda shade: shade * 0.4), border=200)
    shades = np.asarray(normalise(dark))[300:-300, 300:-300]
    assert np.median(shades) > 200


def test_white_print_in_a_dark_box_becomes_dark_on_white(page: Image.Image) -> None:
    boxed = page.copy()
    band = (100, 560, 892, 700)
    boxed.paste(provoking.white_on_black(page.crop(band)), band)
    shades = np.asarray(normalise(boxed).crop(band))
    assert np.percentile(shades, 80) - np.percentile(shades, 2) > 120


@pytest.mark.parametrize("spread", [10, 40])
def test_grain_does_not_become_print(spread: float) -> None:
    for blank in (provoking.shaded(provoking.blank()), provoking.blank(shade=140)):
        assert not len(PageInk(normalise(provoking.noisy(blank, spread))).print)


def test_pages_come_to_a_readable_size(page: Image.Image) -> None:
    large = normalise(page.resize((4000, 5600)))
    assert large.width * large.height <= MOST_PIXELS * 1.001
    assert normalise(page.resize((496, 702))).size == (992, 1404)
    assert normalise(page).size == page.size
