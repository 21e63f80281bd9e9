from __future__ import annotations

import numpy as np
import pytest

from books.ocr.image.spots import components

SHAPES = """
##..#...#
.#..#...#
....#####
.........
#.#.....#
.#.......
#.#......
"""


def mask(drawing: str) -> np.ndarray:
    return np.array([[character == "#" for character in row] for row in drawing.split()])


def test_spots_join_at_sides_and_corners() -> None:
    spots = components(mask(SHAPES))[0]
    assert sorted(map(tuple, spots.boxes().tolist())) == [(0, 0, 2, 2), (0, 4, 3, 7), (4, 0, 9, 3), (8, 4, 9, 5)]
    assert sorted(spots.ink.tolist()) == [1, 3, 5, 9]


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (5, 5)])
@pytest.mark.parametrize("is_ink", [True, False])
def test_even_masks(shape: tuple[int, int], is_ink: bool) -> None:
    spots = components(np.full(shape, is_ink))[0]
    assert spots.boxes().tolist() == ([[0, 0, shape[1], shape[0]]] if is_ink else [])


def test_the_right_edge_does_not_touch_the_left() -> None:
    assert len(components(mask("..#\n#..\n"))[0]) == 2


@pytest.mark.parametrize("density", [0.1, 0.4, 0.6])
def test_agrees_with_a_plain_flood_fill(density: float) -> None:
    ink = np.random.default_rng(4).random((40, 30)) < density
    left, boxes = {tuple(point) for point in np.argwhere(ink).tolist()}, []
    while left:
        spot, edge = set(), [left.pop()]
        while edge:
            y, x = edge.pop()
            spot.add((y, x))
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            edge.extend(near)
        ys, xs = zip(*spot, strict=True)
        boxes.append((min(xs), min(ys), max(xs) + 1, max(ys) + 1, len(spot)))
    spots, _ = components(ink)
    assert sorted((*box, size) for box, size in zip(spots.boxes().tolist(), spots.ink, strict=True)) == sorted(boxes)


def test_every_point_of_ink_knows_its_spot() -> None:
    ink = np.random.default_rng(4).random((40, 30)) < 0.4
    spots, labels = components(ink)
    y, x = np.nonzero(ink)
    spot = labels[y, x] - 1
    assert ((spots.left[spot] <= x) & (x < spots.right[spot]) & (spots.top[spot] <= y) & (y < spots.bottom[spot])).all()
    assert np.array_equal(np.bincount(spot), spots.ink)
