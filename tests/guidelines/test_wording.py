"""Differences that a person reads word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.guidelines.history import word_changes

TEXTS = st.lists(st.sampled_from(["a", "b", "c", " ", "  ", "\n", "学", "习", "."]), max_size=40).map("".join)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("", "", []),
        ("Add whole numbers", "Add  whole\nnumbers", [("same", "Add  whole\nnumbers")]),
        ("", "New text", [("added", "New text")]),
        ("Old text", "", [("removed", "Old text")]),
        (
            "Add two whole numbers.",
            "Add three whole numbers by hand.",
            [
                ("same", "Add "),
                ("removed", "two "),
                ("added", "three "),
                ("same", "whole "),
                ("removed", "numbers."),
                ("added", "numbers by hand."),
            ],
        ),
        ("学习加法", "学习减法", [("same", "学习"), ("removed", "加"), ("added", "减"), ("same", "法")]),
    ],
)
def test_words_are_told_apart(before, after, changes):
    assert word_changes(before, after) == changes


@given(TEXTS, TEXTS)
def test_nothing_of_either_text_is_lost(before, after):
    changes = word_changes(before, after)
    assert "".join(text for kind, text in changes if kind != "removed") == after
    assert "".join("".join(text for kind, text in changes if kind != "added").split()) == "".join(before.split())
