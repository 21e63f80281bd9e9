from __future__ import annotations

import random

from books.ocr.engines.columns import reading_order

Box = tuple[int, int, int, int]


def column(left: int, right: int, top: int, rows: int) -> list[Box]:
    """Lines of 20 pixels every 30; the last one of each fourth is short, as at a paragraph's end."""
    return [
        (left, top + 30 * row, right - (0 if row % 4 < 3 else (right - left) // 2), top + 30 * row + 20)
        for row in range(rows)
    ]


def order(boxes: list[Box]) -> list[Box]:
    """What comes out, whatever order goes in."""
    shuffled = random.Random(3).sample(boxes, len(boxes))
    return [shuffled[at] for at, _ in reading_order(shuffled)]


def test_one_column_is_read_down() -> None:
    boxes = column(100, 900, 50, 12)
    assert order(boxes) == boxes
    assert {block for _, block in reading_order(boxes)} == {0}


def test_two_columns_are_read_one_after_the_other() -> None:
    boxes = [*column(100, 480, 50, 12), *column(520, 900, 62, 12)]
    assert order(boxes) == boxes
    assert [block for _, block in reading_order(boxes)] == [0] * 12 + [1] * 12


def test_headings_over_both_columns_part_them() -> None:
    head, below = (100, 10, 900, 40), (100, 420, 900, 450)
    boxes = [
        head,
        *column(100, 480, 60, 10),
        *column(520, 900, 60, 10),
        below,
        *column(100, 480, 500, 5),
        *column(520, 900, 500, 5),
    ]
    assert order(boxes) == boxes


def table(lefts: tuple[int, ...], top: int, rows: int) -> list[Box]:
    return [(left, top + 36 * row, left + 70, top + 36 * row + 20) for row in range(rows) for left in lefts]


def test_columns_above_and_below_a_table_are_read_one_after_the_other() -> None:
    cells = table((100, 450, 800), 420, 5)
    above, below = ([*column(100, 480, top, 9), *column(520, 900, top, 9)] for top in (60, 640))
    assert order([*above, *cells]) == [*above, *cells]
    assert order([*table((100, 450, 800), 60, 5), *below]) == [*table((100, 450, 800), 60, 5), *below]
    assert order([*above, *cells, *below]) == [*above, *cells, *below]


def test_a_table_in_parts_is_read_row_by_row() -> None:
    boxes = [*table((100, 450, 800), 60, 4), *table((100, 450, 800), 260, 4)]
    assert order(boxes) == boxes


def test_words_of_one_line_stay_on_it() -> None:
    boxes = [box for top in range(0, 200, 40) for box in ((100, top, 300, top + 20), (310, top + 2, 600, top + 22))]
    assert order(boxes) == boxes


def test_a_page_number_at_the_side_is_no_column() -> None:
    boxes = [(850, 5, 900, 25), *column(100, 700, 50, 8)]
    assert order(boxes) == boxes


def test_nothing() -> None:
    assert reading_order([]) == []
