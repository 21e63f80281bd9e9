from __future__ import annotations

import pytest

from books.ocr.engines.base import OcrLine, OcrWord
from books.ocr.engines.lines import in_reading_order, is_credible, line_of, mean_confidence, moved


def line(text: str, left: int, top: int, right: int, *, confidence: float = 90) -> OcrLine:
    return line_of([OcrWord(text, confidence, (left, top, right, top + 20))], 0)


def test_a_line_is_its_words() -> None:
    made = line_of([OcrWord("a", 40, (10, 12, 20, 30)), OcrWord("bcd", 80, (25, 10, 60, 28))], 3)
    assert (made.text, made.box, made.block, made.confidence) == ("a bcd", (10, 10, 60, 30), 3, 70)


def test_no_words_no_confidence() -> None:
    assert mean_confidence([]) == 0


@pytest.mark.parametrize(
    ("text", "confidence", "credible"),
    [("word", 65, True), ("word", 50, False), ("| ~", 65, False), ("+ =", 80, True), ("7", 65, True)],
)
def test_texture_is_not_credible(text: str, confidence: float, *, credible: bool) -> None:
    assert is_credible(line(text, 0, 0, 50, confidence=confidence)) is credible


def test_boxes_follow_the_page() -> None:
    one = line("a", 10, 20, 40)
    assert moved(one, 5, 7).box == moved(one, 5, 7).words[0].box == (15, 27, 45, 47)


LEFT = [line(f"left {row}", 100, 100 + 40 * row, 400) for row in range(5)]
RIGHT = [line(f"right {row}", 500, 100 + 40 * row, 800) for row in range(5)]


def texts(lines: list[OcrLine]) -> list[str]:
    return [one.text for one in lines]


@pytest.mark.parametrize("lost", [LEFT[:1], LEFT[1:3], LEFT[-1:], RIGHT[:1], RIGHT[2:4], RIGHT[-1:], RIGHT, LEFT])
def test_found_lines_return_to_their_column(lost: list[OcrLine]) -> None:
    known = [one for one in (*LEFT, *RIGHT) if one not in lost]
    assert texts(in_reading_order(known, reversed(lost))) == texts([*LEFT, *RIGHT])


@pytest.mark.parametrize("lost", [LEFT, RIGHT])
def test_a_lost_column_stands_under_its_heading(lost: list[OcrLine]) -> None:
    heading, foot = line("heading", 100, 50, 800), line("foot", 100, 900, 800)
    known = [heading, *(one for one in (*LEFT, *RIGHT) if one not in lost), foot]
    assert texts(in_reading_order(known, lost)) == texts([heading, *LEFT, *RIGHT, foot])


def test_a_page_number_stays_at_the_foot_behind_short_lines() -> None:
    known = [*LEFT, line("short", 100, 300, 180)]
    number = line("6", 240, 900, 260)
    assert texts(in_reading_order(known, [number]))[-1] == "6"


def test_the_rest_of_a_line_follows_its_beginning() -> None:
    known = [line("above", 100, 100, 800), line("beginning", 100, 140, 410), line("below", 100, 180, 800)]
    assert texts(in_reading_order(known, [line("rest", 400, 139, 800)])) == ["above", "beginning", "rest", "below"]


def test_alone_on_the_page() -> None:
    assert texts(in_reading_order([], [LEFT[1], LEFT[0]])) == ["left 0", "left 1"]
