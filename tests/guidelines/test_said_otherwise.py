"""The same said in another form than the page has it, and what is not the same."""

from __future__ import annotations

import pytest

from books.guidelines.evidence import BookText, Claim, EvidenceCheck
from books.stored.guideline import Evidence, Part

PAGES = {
    8: (
        "Two houses ate up as much as half of a lord's income. Guards made up about six per cent of the people of the\n"
        "town and alone carried swords. China paid 21 million silver coins. A clay tablet from Babylon, about 3800\n"
        "years old, lists whole numbers that fit this rule. It is much older than Pythagoras.\n"
        "c² = 4 + 9 = 13, so c = √13 ≈ 3.6 crn. Remember that 1 litre = 1000 crn³, and 1 m³ holds 1000 litres.\n"
        "Find the rim of a coin with a width of 24 mm. 2 Find the area of a ring. 7 Two cans hold the same amount."
    )
}


def is_flagged(text, *quotes, part=Part.CONCEPTS):
    claim = Claim(text, (8,), evidence=tuple(Evidence(8, quote) for quote in quotes))
    return bool(EvidenceCheck(BookText(PAGES), (8,), (), "Rules").check(part, claim).findings)


@pytest.mark.parametrize(
    ("text", "other", "quote"),
    [
        (
            "Up to 50% of a lord's income went on two houses.",
            "Up to 40% of it went on them.",
            "half of a lord's income",
        ),
        ("One in seventeen was a guard.", "One in seven was a guard.", "Guards made up about six per cent"),
        ("She paid 21 million coins of silver.", "She paid 24 million coins of silver.", "21 million silver coins"),
        ("Rounded it is 3.6 cm.", "Rounded it is 3.7 cm.", "so c = √13 ≈ 3.6 cm"),
        ("A litre is 1000 cubic centimetres.", "A litre is 1200 cubic centimetres.", "1 litre = 1000 crn³"),
    ],
)
def test_a_number_in_another_form(text, other, quote):
    assert not is_flagged(text, quote)
    assert is_flagged(other, quote)


def test_a_name_that_the_statement_has_in_another_form_is_no_rival():
    quote = "A clay tablet from Babylon"
    assert not is_flagged("Older than Pythagoras, a Babylonian tablet lists whole numbers that fit this rule.", quote)
    assert is_flagged("A clay tablet from Persia lists whole numbers that fit this rule.", quote)


def test_a_statement_that_takes_its_words_from_several_quotes_is_a_sentence():
    said = "Tasks lead from the rim and width of a coin to the same amount held in two cans."
    assert not is_flagged(said, "Find the rim of a coin", "Two cans hold the same amount", part=Part.DEPTH)
