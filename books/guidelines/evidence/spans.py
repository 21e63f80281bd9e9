"""Spans of years, and ages, that a text tells. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from books.guidelines.evidence.figures import Figure
from books.guidelines.evidence.quotes import search_before
from books.language import is_content

_NEXT = re.compile(
    r"\b(?:next|following|previous|half an?) (?:year|spring|summer|autumn|fall|winter)"
    r"|\byear (?:later|before|after)\b",
    re.IGNORECASE,
)
_OLD = re.compile(r"[-\s]years?[-\s]old\b")
_OF_AGE = re.compile(r"\b(?:at|aged|age(?: of)?|was)\s(?:about\s|only\s)?$", re.IGNORECASE)


def told_spans(found: Iterable[Figure], text: str) -> set[Decimal]:
    """So many years: later, before, of age, or of somebody's rule, whose ninth year is the eighth after its first."""
    spans = {Decimal(1)} if _NEXT.search(text) else set()
    for each in found:
        if each.is_ordinal and each.noun == "year":
            spans |= {each.value, each.value - 1}
        elif not each.is_year and (each.unit == "year" or is_age(each, text)):
            spans.add(each.value)
    return spans


def is_age(figure: Figure, text: str) -> bool:
    """At nineteen; not at one end."""
    return not (figure.unit or is_content(figure.noun)) and search_before(_OF_AGE, text, figure.start) is not None


def is_years_old(figure: Figure, text: str) -> bool:
    """An eight-year-old boy."""
    return _OLD.match(text[figure.end :]) is not None
