from __future__ import annotations

import pytest

from books.ocr.accuracy import character_error_rate


@pytest.mark.parametrize(
    ("truth", "read", "rate"),
    [
        ("abcd", "abcd", 0.0),
        ("abcd", "abxd", 0.25),
        ("abcd", "abcde", 0.25),
        ("abcd", "", 1.0),
        ("ab", "abcdefgh", 3.0),
        ("", "", 0.0),
        ("", " \n", 0.0),
        ("", "x", 1.0),
    ],
)
def test_counts_edits_per_true_character(truth: str, read: str, rate: float) -> None:
    assert character_error_rate(truth, read) == pytest.approx(rate)


def test_forgives_only_how_the_same_character_is_drawn() -> None:
    truth = "“It’s” 7 − 3 – the ﬁrst\nline"
    assert character_error_rate(truth, '"It\'s"  7 - 3 — the first line \n') == 0.0


@pytest.mark.parametrize(("truth", "read"), [("O", "0"), ("×", "x"), ("•", "*"), ("A", "a"), ("é", "e"), ("a b", "ab")])
def test_keeps_every_other_difference(truth: str, read: str) -> None:
    assert character_error_rate(truth, read) > 0
