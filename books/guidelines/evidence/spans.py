"""Spans of years, and ages, that a text tells. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from books.guidelines.evidence.figures import Figure
from books.guidelines.evidence.quotes import search_before
from books.guidelines.evidence.units import MONTH_NUMBERS, SCALES, UNITS
from books.language import is_content

_NEXT = re.compile(
    r"\b(?:next|following|previous|half an?) (?:year|spring|summer|autumn|fall|winter)"
    r"|\byear (?:later|before|after)\b",
    re.IGNORECASE,
)
_OLD = re.compile(r"[-\s]years?[-\s]old\b")
_OF_AGE = re.compile(r"\b(?:at|aged|age(?: of)?|was)\s(?:about\s|only\s)?$", re.IGNORECASE)
_A_PERIOD = re.compile(
    r"(?:\s[^\W\d_]+){0,4}?\s(?<!after\s)(?<!within\s)(?<!for\s)(?:an?|per|each|every|pro|im|je|al?|por|cada|par)\s([^\W\d_]+)"
)
_DAY = r"(\d{1,2})(?:\.|st|nd|rd|th|º|er)?"
_MOMENT = re.compile(
    rf"(?:\b{_DAY}\s(?:of\s|de\s)?)?\b({'|'.join(MONTH_NUMBERS)})\b(?:\s{_DAY}(?!\d))?(?:,?\s(?:de\s)?(\d{{4}})\b)?",
    re.IGNORECASE,
)
_MONTH_DAYS, _YEAR_DAYS = 30.44, 365.25
# What a span may be off by, in days: in days, weeks, months.
_OFF = {"day": 1.0, "week": 4.0, "month": 16.0}


@dataclass(frozen=True, slots=True)
class Moment:
    """A day or month that a text tells, in days from the beginning of the era or, without a year, of its year."""

    day: float
    has_year: bool
    has_day: bool


def told_moments(text: str) -> list[Moment]:
    return [
        Moment(
            int(year or 0) * _YEAR_DAYS + MONTH_NUMBERS[month.lower()] * _MONTH_DAYS + int(before or after or 15),
            bool(year),
            bool(before or after),
        )
        for before, month, after, year in _MOMENT.findall(text)
    ]


def is_between(one: Moment, other: Moment, days: tuple[float, float], unit: str) -> bool:
    """Whether so many days, from the fewest to the most and rounded to a ``unit``, lie between two moments."""
    off = _OFF[unit] + (0 if one.has_day and other.has_day else _MONTH_DAYS / 2)
    apart = abs(one.day - other.day)
    if one.has_year != other.has_year:
        apart %= _YEAR_DAYS
    spans = (apart,) if one.has_year and other.has_year else (apart, _YEAR_DAYS - apart)
    return any(days[0] - off <= each <= days[1] + off for each in spans)


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


def period(figure: Figure, text: str) -> str:
    """The month of so much a month; "" where no such unit of time follows."""
    found = _A_PERIOD.match(text, figure.end)
    unit = (UNITS.get(found[1]) or UNITS.get(found[1].lower(), "")) if found else ""
    return unit if SCALES.get(unit, ("",))[0] == "time" else ""
