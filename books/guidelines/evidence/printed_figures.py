"""All that the pages' digits and number words may mean, and whether that bears out a figure of a sentence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from itertools import combinations, pairwise, zip_longest

from books.guidelines.evidence.figures import UNITS, Era, Figure, figures_in, legible
from books.guidelines.evidence.quotes import without_digits

# Sums of numbers from here on are told as the page's own; smaller ones meet by chance.
_LARGE = 1_000
_MISREAD = str.maketrans("OoIl|SZB", "00111528")
_LETTER = re.compile(r"[^\W\d]|\|")
_MISREADABLE = re.compile(r"(?<![^\W_])(?:[OIl|]|[\dOoIl|SZB]*\d[\dOoIl|SZB]*|[OoIl|]{2,})(?![^\W_])")
# A number some of whose digits were read as letters.
_SPOILT = re.compile(r"(?<![^\W_])(?=[.,\d]*[OoIl|])[\dOoIl|.,]*\d[\dOoIl|.,]*(?![^\W_])")
# What numbers a part of the book counts nothing: TABLE 9.1, Chapter 9, 9.2 Safavid Persia, a line with a page number.
_LABEL = re.compile(
    r"\b(?:table|figure|fig\.|chapter|section|unit|page|tabelle|abbildung|abb\.|kapitel|seite|tabla|figura|capítulo|unidad"
    r"|página)\s+\d[\d.]*|^\d+(?:\.\d+)+(?=\s+[^\W\d_])|^\d{1,4}(?=\s{2,}|\s*$)|(?<=\s\s)\d{1,4}$",
    re.IGNORECASE | re.MULTILINE,
)
_NEXT = re.compile(r"\b(?:next|following|previous|half an?) year|year (?:later|before|after)\b", re.IGNORECASE)
_HALF = re.compile(r"\b(?:half|halves|halb\w*|Hälfte|mitad)\b", re.IGNORECASE)
_SHARING = re.compile(r"\s*(?:[-–—−]|to|and|or|bis|und|oder|a|y|o)\s*", re.IGNORECASE)
_SCALES = {
    unit: (kind, Decimal(times))
    for kind, units in {
        "length": "mm 0.001 cm 0.01 metre 1 km 1000 inch 0.0254 foot 0.3048 yard 0.9144 mile 1609",
        "weight": "mg 0.001 gram 1 kg 1000 ton 1000000 ounce 28.35 pound 453.6",
        "time": "second 1 minute 60 hour 3600 day 86400 week 604800",
        "ages": "month 1 year 12 decade 120 century 1200",
        "share": "percent 0.01",
        "volume": "ml 0.001 litre 1",
    }.items()
    for unit, times in zip(units.split()[::2], units.split()[1::2], strict=True)
}


class PrintedFigures:
    """All that the pages' texts may mean by their digits and number words, in the language they are written in."""

    def __init__(self, text: str, language: str = "en") -> None:
        self._language = language
        self._whole = _SPOILT.sub(lambda found: found[0].translate(_MISREAD), legible(without_digits(text)))
        self._text = _LABEL.sub(lambda found: " " * len(found[0]), self._whole)
        self.figures = list(_with_shared_units(figures_in(self._text, language), self._text))
        self.eras: dict[Decimal, set[Era]] = {}
        for each in self.figures:
            if each.kind == "number":
                self.eras.setdefault(each.value, set()).add(each.era)
        also = {
            *_every_reading(self._text),
            *(each.value % 10 for each in self.figures if each.is_word and each.value > 20),
        }
        if _HALF.search(self._text):
            also.add(Decimal("0.5"))
        for value in also - set(self.eras):
            self.eras[value] = {""}

    @cached_property
    def labels(self) -> set[Decimal]:
        """The numbers of tables and sections too."""
        return {each.value for each in figures_in(self._whole, self._language)}

    @cached_property
    def units(self) -> frozenset[str]:
        words = {
            UNITS.get(word) or UNITS.get(word.lower(), "") for word in re.findall(r"[^\W\d_]+|[%°$€£¥₹¢]", self._text)
        }
        return frozenset(words | ({"percent"} if re.search(r"per\s?cent|por ciento", self._text) else set()))

    def bears_out(self, figure: Figure) -> bool:
        if figure.kind == "century":
            return self._has_century(figure.value, figure.era)
        if figure.kind == "decade":
            return self._has_decade(figure)
        eras = self.eras.get(figure.value)
        if eras is None:
            return self._has_parts(figure)
        if (figure.unit or figure.noun) and not figure.is_day and self._is_day_alone(figure.value):
            return False
        return not figure.era or figure.era in eras or eras == {""}

    def _has_century(self, number: Decimal, era: Era) -> bool:
        said = (each for each in self.figures if each.kind == "century" and each.value == number)
        if any(_agree(era, each.era) for each in said):
            return True
        first, last = (number - 1) * 100, number * 100
        dated = (each for each in self.figures if each.kind != "century" and (each.is_date or not each.noun))
        return any(first <= each.value <= last and _agree(era, each.era) for each in dated)

    def _has_decade(self, figure: Figure) -> bool:
        if figure.value < 100:
            return any(figure.value <= each % 100 < figure.value + 10 for each in self.eras if each >= 1000)
        span = 100 if figure.value % 100 == 0 else 10
        if span == 100 and self._has_century(figure.value / 100 + 1, figure.era):
            return True
        dated = (each for each in self.figures if _agree(figure.era, each.era))
        return any(figure.value <= each.value < figure.value + span for each in dated)

    def _has_parts(self, figure: Figure) -> bool:
        """Of a fraction whose bar the machine lost."""
        parts = figure.written.split("/")
        return len(parts) == 2 and "/" not in self._text and all(Decimal(each) in self.eras for each in parts)

    def _is_day_alone(self, value: Decimal) -> bool:
        printed = [each for each in self.figures if each.value == value]
        return bool(printed) and all(each.is_day for each in printed)

    def about(self, figure: Figure, low: float, high: float) -> bool:
        """Whether a number of the pages, in whatever unit, is from ``low`` to ``high`` of this one."""
        kind, size = _measure(figure)
        for each in self.figures:
            other = _measure(each)
            if each.kind != "number" or (each.is_date and not each.unit):
                continue
            if other[0] == kind and low * float(size) <= float(other[1]) <= high * float(size):
                return True
        return False

    def is_near_year(self, figure: Figure) -> bool:
        dated = (each for each in self.figures if each.is_year and _agree(each.era, figure.era))
        return any(abs(each.value - figure.value) <= 5 for each in dated)

    def follows(self, figure: Figure) -> bool:
        """Whether a year, or a number of years, follows from what is named: 525 is five years after 530 BCE."""
        years = self.years
        if figure.is_year:
            year = (
                -figure.value
                if figure.era == "BCE" or (not figure.era and min(years, default=Decimal(0)) < 0)
                else figure.value
            )
            spans = [each.value for each in self.figures if each.unit == "year"]
            spans += [Decimal(1)] if _NEXT.search(self._text) else []
            return any(year in (each + span, each - span) for each in years for span in spans)
        if figure.unit == "year":
            return any(abs(one - other) == figure.value for one in years for other in years)
        if figure.is_day:
            later = [each.value for each in self.figures if each.unit == "day"]
            return any(
                figure.value in (each.value + days, each.value - days) for each in self.figures for days in later
            )
        counts = [each for each in self.figures if each.value >= _LARGE and not each.is_year]
        return figure.value > _LARGE and any(
            figure.value == one.value + other.value and _are_alike(one, other) for one, other in combinations(counts, 2)
        )

    @cached_property
    def years(self) -> set[Decimal]:
        return {(-each.value if each.era == "BCE" else each.value) for each in self.figures if each.is_year}

    def gives(self, figure: Figure) -> bool:
        """Whether two of these numbers make this one: as their sum, difference or product."""
        counts = [each.value for each in self.figures if not (each.is_year or each.is_day)]
        return any(figure.value in (a + b, abs(a - b), a * b) for a, b in combinations(counts, 2))

    def counts(self, figure: Figure) -> bool:
        """Whether the pages count the same thing with this number too."""
        return any(each.value == figure.value and each.noun == figure.noun for each in self.figures)

    def has_unit(self, figure: Figure, near: PrintedFigures) -> bool:
        """The unit stands on the pages, and not only another one with this number, or another number with this one."""
        with_number = {each.unit for each in self.figures if each.value == figure.value and each.unit}
        if with_number:
            return figure.unit in with_number
        return figure.unit in self.units and all(each.unit != figure.unit for each in near.figures)


def _with_shared_units(found: Sequence[Figure], text: str) -> Iterator[Figure]:
    """Of 8 to 18 kilometers both are kilometers."""
    for one, after in zip_longest(found, found[1:]):
        is_shared = (
            after is not None and after.unit and not one.unit and _SHARING.fullmatch(text[one.end : after.start])
        )
        yield replace(one, unit=after.unit) if is_shared else one


def _are_alike(one: Figure, other: Figure) -> bool:
    """17,000 people and 23,000 more."""
    return one.unit == other.unit and (one.noun == other.noun or "more" in (one.noun, other.noun))


def _measure(figure: Figure) -> tuple[str, Decimal]:
    """What is measured, and its size in one unit."""
    if not figure.unit:
        return ("share" if figure.value < 1 else "", figure.value)
    kind, times = _SCALES.get(figure.unit, (figure.unit, Decimal(1)))
    return kind, figure.value * times


def _agree(one: Era, other: Era) -> bool:
    return one == other or not one or not other


def _every_reading(text: str) -> Iterator[Decimal]:
    for chunk in re.findall(r"\d[\d.,'’ \u00a0\u202f]*", text):
        runs = re.findall(r"\d+", chunk)
        if not re.fullmatch(r"\d+\.\d+\D*|\d{1,3}(?:[.,]\d{3})+\D*", chunk):
            yield from map(Decimal, runs)
        for one, other in pairwise(runs):
            if other != "000":
                yield Decimal(f"{one}.{other}")
            if len(other) == 3 and len(one) <= 3:
                yield Decimal(one + other)
        if len(runs) > 2 and all(len(run) == 3 for run in runs[1:3]):
            yield Decimal("".join(runs[:3]))
    for first, last in re.findall(r"\b(\d{3,4})[-–—−](\d{1,2})\b", text):
        yield Decimal(first[: -len(last)] + last)
    for misread in filter(_LETTER.search, _MISREADABLE.findall(text)):
        for run in re.findall(r"\d+", misread.translate(_MISREAD)):
            yield Decimal(run)
    for one, other in re.findall(r"(\d+)\s*/\s*(\d+)", text):
        yield Decimal(one + other)


def shared_nouns(said: Iterable[Figure], printed: Iterable[Figure]) -> Iterator[tuple[Figure, Figure]]:
    """Figures that count the same thing with another number, where the page has none with this number: each with the
    page's."""
    by_noun: dict[str, list[Figure]] = {}
    for each in printed:
        if each.noun and each.kind == "number" and not each.is_year:
            by_noun.setdefault(each.noun, []).append(each)
    for each in said:
        others = by_noun.get(each.noun, []) if each.noun and each.kind == "number" else []
        if others and all(other.value != each.value for other in others):
            yield each, others[0]
