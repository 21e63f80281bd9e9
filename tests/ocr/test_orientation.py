from __future__ import annotations

import numpy as np
import pytest

from books.ocr.image.normalise import normalise, skew
from books.ocr.image.shapes import turned, upright
from tests.ocr import provoking


@pytest.mark.parametrize("number", [1, 5, 8, 16, 24])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_tells_how_to_set_a_page_upright(number: int, degrees: int) -> None:
    page = normalise(provoking.sample(number))
    assert upright(turned(page, (360 - degrees) % 360)).degrees == degrees


@pytest.mark.parametrize("degrees", [103, 87, -95])
def test_a_page_that_lies_on_its_side_and_askew_is_made_upright_and_level(degrees: int) -> None:
    page = normalise(provoking.turned(provoking.sample(5), degrees))
    found = upright(page)
    assert found.degrees == (90 if degrees > 0 else 270)
    assert abs(skew(found.page)) <= 0.2
    assert found.page.height > found.page.width


def test_two_columns_are_no_reason_to_turn() -> None:
    assert upright(normalise(provoking.two_columns(provoking.sample(7), provoking.sample(19)))).degrees == 0


def test_a_page_without_print_stays() -> None:
    assert upright(provoking.blank()).degrees == 0
    assert upright(normalise(provoking.cloudy((992, 1405), 0.8))).degrees == 0


def test_turns_are_clockwise() -> None:
    page = provoking.blank((100, 60), 255)
    page.paste(0, (0, 0, 10, 10))
    assert turned(page, 90).size == (60, 100)
    assert np.asarray(turned(page, 90))[:10, -10:].max() == 0
