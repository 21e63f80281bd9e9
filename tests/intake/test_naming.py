"""Names are made safe to look at and sorted as people count."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from books.intake.files import UNNAMED, natural_order, shown_name
from books.intake.limits import SHOWN_NAME_CHARACTERS


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("page 1.png", "page 1.png"),
        ("../../../../etc/cron.d/page.png", "page.png"),
        ("..\\..\\C:\\boot.png", "boot.png"),
        ("scans/", "scans"),
        ("учебник — 第1章 café \u202egnp.png", "учебник — 第1章 café gnp.png"),
        ("cafe\u0301.png", "café.png"),
        ("page\r\nSet-Cookie: a=b.png", "page Set-Cookie: a=b.png"),
        ("page.php\0.png", "page.php .png"),
        ("a\u2028b\u00a0c\u200b.png", "a b c.png"),
        ("\ud800.png", ".png"),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
        ("-rf .png", "-rf .png"),
        (".png", ".png"),
        ("", UNNAMED),
        ("\u202e\0", UNNAMED),
        ("///", UNNAMED),
    ],
)
def test_shown_name(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_a_long_name_keeps_its_start_and_ending() -> None:
    shown = shown_name("a" * 300 + "_017.png")
    assert len(shown) == SHOWN_NAME_CHARACTERS
    assert shown.startswith("aaaa")
    assert shown.endswith("_017.png")


@settings(deadline=None)
@given(st.text(max_size=300))
def test_every_name_becomes_one_short_visible_line(name: str) -> None:
    shown = shown_name(name)
    assert 0 < len(shown) <= SHOWN_NAME_CHARACTERS
    assert not {unicodedata.category(character)[0] for character in shown.replace(" ", "")} & {"C", "Z"}
    assert shown_name(shown) == shown


@pytest.mark.parametrize(
    ("names", "ordered"),
    [
        (["p10.png", "p2.png", "p11.png", "p1.png"], ["p1.png", "p2.png", "p10.png", "p11.png"]),
        (["B2.png", "a10.png", "b1.png", "A9.png"], ["A9.png", "a10.png", "b1.png", "B2.png"]),
        (["c2p1.jpg", "c10p1.jpg", "c2p10.jpg", "c2p9.jpg"], ["c2p1.jpg", "c2p9.jpg", "c2p10.jpg", "c10p1.jpg"]),
        (["1-2.png", "1-10.png", "1.png"], ["1.png", "1-2.png", "1-10.png"]),
        (["scan 003.png", "scan 1.png", "scan 02.png"], ["scan 1.png", "scan 02.png", "scan 003.png"]),
        (["page1a.png", "page1.png", "page1b.png"], ["page1.png", "page1a.png", "page1b.png"]),
        ([], []),
    ],
)  # fmt: skip
def test_natural_order(names: list[str], ordered: list[str]) -> None:
    assert natural_order(names) == ordered


def test_names_of_endless_digits_sort() -> None:
    names = ["9" * 10_000 + ".png", "page.png", "1.png"]
    assert natural_order(names)[0] == "1.png"


@settings(deadline=None)
@given(st.lists(st.text(max_size=40)))
def test_ordering_loses_no_name(names: list[str]) -> None:
    assert sorted(natural_order(names)) == sorted(names)
