"""All that the pages' digits and number words may mean, and whether that bears out a figure of a sentence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cached_property
from itertools import pairwise

from books.guidelines.evidence.figures import UNITS, Era, Figure, figures, legible

# Sums of numbers from here on are told as the page's own; smaller ones meet by chance.
_LARGE = 1_000
_MISREAD = str.maketrans("OoIl|SZB", "00111528")
_LETTER = re.compile(r"[^\W\d]|\|")
_MISREADABLE = re.compile(r"(?<![^\W_])(?:[OIl|]|[\dOoIl|SZB]*\d[\dOoIl|SZB]*|[OoIl|]{2,})(?![^\W_])")


class PrintedFigures:
    """All that the pages' texts may mean by their digits and number words, in the language they are written in."""

    def __init__(self, text: str, language: str = "en") -> None:
        self._text = legible(text)
        self.figures = figures(text, language)
        self.eras: dict[Decimal, set[Era]] = {}
        for each in self.figures:
            if each.kind == "number":
                self.eras.setdefault(each.value, set()).add(each.era)
        also = {
            *_every_reading(self._text),
            *(each.value % 10 for each in self.figures if each.is_word and each.value > 20),
        }
        for value in also - set(self.eras):
            self.eras[value] = {""}

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

    def about(self, figure: Figure) -> bool:
        """Whether a number of the pages, rounded, is this one: within five in a hundred."""
        counts = (each.value for each in self.figures if not each.is_date)
        return any(abs(each - figure.value) <= figure.value / 20 for each in counts)

    def follows(self, figure: Figure) -> bool:
        """Whether a year, or a number of years, follows from what is named: 525 is five years after 530 BCE."""
        years = {(-each.value if each.era == "BCE" else each.value) for each in self.figures if each.is_year}
        if figure.is_year:
            year = (
                -figure.value
                if figure.era == "BCE" or (not figure.era and min(years, default=Decimal(0)) < 0)
                else figure.value
            )
            spans = [each.value for each in self.figures if each.unit == "year"]
            return any(year in (each + span, each - span) for each in years for span in spans)
        if figure.unit == "year":
            return any(abs(one - other) == figure.value for one in years for other in years)
        if figure.is_day:
            later = [each.value for each in self.figures if each.unit == "day"]
            return any(
                figure.value in (each.value + days, each.value - days) for each in self.figures for days in later
            )
        counts = [each.value for each in self.figures if each.value >= _LARGE and not each.is_year]
        return figure.value > _LARGE and any(figure.value == one + other for one in counts for other in counts)

    def counts(self, figure: Figure) -> bool:
        """Whether the pages count the same thing with this number too."""
        return any(each.value == figure.value and each.noun == figure.noun for each in self.figures)

    def has_unit(self, figure: Figure) -> bool:
        """The unit stands on the pages, and not only another one with this number."""
        with_number = {each.unit for each in self.figures if each.value == figure.value and each.unit}
        return figure.unit in with_number if with_number else figure.unit in self.units


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
