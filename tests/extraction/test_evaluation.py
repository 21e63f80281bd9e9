from __future__ import annotations

import pytest

from books.extraction.evaluate import boundary_picture, boundary_scores


def test_same_boundaries_score_full():
    scores = boundary_scores([1, 4, 7], [7, 4, 1, 4], 10)
    assert (scores.precision, scores.recall, scores.f1, scores.pk, scores.window_diff) == (1, 1, 1, 0, 0)


def test_counts_at_the_exact_page():
    scores = boundary_scores([1, 4, 7, 9], [1, 5, 7], 10)
    assert scores.precision == pytest.approx(2 / 3)
    assert scores.recall == pytest.approx(0.5)
    assert scores.f1 == pytest.approx(4 / 7)


def test_a_near_miss_costs_less_than_a_far_one_and_less_than_none():
    near, far = (boundary_scores([1, 11], [1, found], 20) for found in (12, 18))
    assert near.f1 == far.f1
    assert 0 < near.pk < far.pk
    assert near.window_diff < far.window_diff


def test_window_diff_sees_a_second_boundary_where_pk_sees_none():
    scores = boundary_scores([1, 11], [1, 11, 12], 20)
    assert scores.window_diff > scores.pk


def test_hand_computed_windows():
    # Half the mean true segment of 8 pages in 2 segments is 2 pages: six windows, boundaries between pages 4 and 5.
    scores = boundary_scores([1, 5], [1], 8)
    assert scores.pk == pytest.approx(2 / 6)
    assert scores.window_diff == pytest.approx(2 / 6)


@pytest.mark.parametrize(("truth", "found", "f1"), [([], [], 1.0), ([1], [], 0.0), ([], [1], 0.0)])
def test_nothing_found_or_nothing_to_find(truth, found, f1):
    assert boundary_scores(truth, found, 1).f1 == f1


def test_a_picture_shows_what_agrees_and_what_does_not():
    colours = {colour for _, colour in boundary_picture([1, 4, 50], [1, 5, 50], 60).getcolors(10_000)}
    assert {(31, 111, 178), (217, 115, 13)} <= colours
    assert (217, 115, 13) not in {colour for _, colour in boundary_picture([1, 4], [1, 4], 6).getcolors(10_000)}


def test_a_page_outside_the_book_is_an_error():
    with pytest.raises(ValueError, match="outside"):
        boundary_scores([1], [11], 10)
