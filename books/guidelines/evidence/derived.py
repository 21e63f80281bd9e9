"""Whether a figure of a sentence follows from others by arithmetic: rounded, in another unit, as a sum or a share, as
the years between two dates or the year before or after another. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import combinations

from books.arithmetic import equations
from books.guidelines.evidence.figures import Figure
from books.guidelines.evidence.material import Seen
from books.guidelines.evidence.printed_figures import PrintedFigures
from books.guidelines.evidence.quotes import search_before
from books.guidelines.evidence.spans import is_age, is_years_old, told_spans
from books.guidelines.evidence.units import YEARS
from books.language import is_content
from books.stored.guideline import Part

# How far what a number follows from may be from one that is said so, as shares of it.
_LOOSE = tuple(
    (re.compile(rf"\b(?:{words})\s(?:the\syear\s|el\saño\s|das\sJahr\s|l['’]an\s|an?\s)?$", re.IGNORECASE), low, high)
    for low, high, words in (
        (
            0.8,
            1.0,
            "less than|fewer than|under|below|almost|nearly|menos de|casi|weniger als|fast|knapp|moins de|presque",
        ),
        (1.0, 1.34, "more than|over|above|at least|más de|mehr als|über|gut|well over|plus de"),
        (0.95, 1.05, "about|around|roughly|some|approximately|close to|(?:a )?little (?:more|less) than"),
        (0.95, 1.05, "etwa|rund|ungefähr|unos|unas|cerca de|hacia|um|environ|quelque"),
    )
)
_EXACT = (0.999, 1.001)
_ASKED = re.compile(
    r"\bhow (?:many (?P<unit>year|decade|century|centuries)|long|old)|combien d['’]années|cuántos años"
    r"|wie (?:viele Jahre|lange)",
    re.IGNORECASE,
)
# What is added, compared or shared out is told so; a question asks for it.
_CHANGED = re.compile(
    r"\b(?:lost|lose|raise[sd]?|reduc\w*|gain\w*|rose|rise|risen|grew|grow\w*|fell|fall\w*|increase\w*|warm\w*|cool\w*|decrease\w*|drop\w*)\b",
    re.IGNORECASE,
)
_ADDED = re.compile(
    r"\b(?:in all|together|altogether|total|combined|sum|differ\w*|rest|remain\w*|(?:is|are|was|were) left|insgesamt"
    r"|zusammen|en total|au total|areas?|square|a (?:year|month|week|day|side)|per|each|every|twice|average)\b",
    re.IGNORECASE,
)
_PER = re.compile(r"\b(?:each|every|per|average|apiece|how (?:much|many|far)|jede\w*|cada|chacune?)\b", re.IGNORECASE)
_BY = re.compile(r"\b(?:by|um|en|de)\s(?:about|around|roughly|some|nearly|almost|etwa|rund|unos|environ)?\s?$")
_THAN = re.compile(r"\b(?:than|exceeds?|als|más|plus)\b", re.IGNORECASE)
_COMPARED = re.compile(
    r"\s*(?:[^\W\d_]+\s){0,2}(?:more|fewer|less|\w{3,}er|mehr|weniger|más|menos|de (?:plus|moins))\b", re.IGNORECASE
)
_TOGETHER = re.compile(r"\b(?:together|in all|in total|combined|insgesamt|zusammen|en total|au total)\b", re.IGNORECASE)
_TWICE = re.compile(r"\b(?:half|halv\w+|double[sd]?|twice)\b", re.IGNORECASE)
# Sums from the first on are told as the page's own; smaller ones meet by chance, but for those of a quote's own numbers
# up to the second.
_LARGE, _MOST_MADE, _TELLING = 1_000, 100, 100
# A year without an era in a text about years before it.
_LONG_AGO = 1_000


@dataclass(frozen=True)
class Derivation:
    """Of the figures ``said`` in a statement, held against ``seen``."""

    seen: Seen
    said: Sequence[Figure]

    @property
    def text(self) -> str:
        return self.seen.text

    def follows(self, figure: Figure, *, is_counted_otherwise: bool = False) -> bool:
        """Not as a sum where the page counts the same thing with another number (``is_counted_otherwise``)."""
        if self._is_in_equation(figure) or self._is_restated(figure):
            return True
        if figure.is_year:
            return self._is_dated(figure)
        if figure.is_day:
            return self._is_counted_day(figure)
        if figure.kind != "number" or figure.is_date or figure.is_ordinal or self._is_told_otherwise(figure):
            return False
        says = any(each.search(self.text) for each in (_CHANGED, _PER, _TOGETHER)) or self._is_compared(figure)
        may_be_sum = not is_counted_otherwise or says
        return (
            self._is_rounded(figure)
            or self._is_span(figure)
            or self._is_later_age(figure)
            or self._is_share(figure)
            or self._is_of_quotes(figure)
            or (may_be_sum and (self._is_sum_of_many(figure) or self._is_computed(figure)))
        )

    def _is_told_otherwise(self, figure: Figure) -> bool:
        """With another unit: 30 months, of 30 years."""
        told = self.seen.told_figures.figures
        return any(each.value == figure.value and each.unit not in ("", figure.unit) for each in told)

    def _stated(self, figure: Figure) -> Iterator[Figure]:
        """The statement's others that are printed; those of a question may be its writer's."""
        is_own = self.seen.part == Part.CHECKS
        return (each for each in self.said if each is not figure and (is_own or self.seen.figures.bears_out(each)))

    def _range(self, figure: Figure) -> tuple[float, float]:
        """About 3 is from 2.6 to 3.4."""
        before = self.text[: figure.start]
        low, high = next(((low, high) for said, low, high in _LOOSE if said.search(before)), _EXACT)
        if (low, high) == _EXACT and figure.unit and figure.value % 1 == Decimal("0.5"):
            return 0.95, 1.05
        if 0.9 < low < 0.99 and 1 < figure.value < 10 and figure.value % 1 == 0:
            return 1 - 0.4 / float(figure.value), 1 + 0.4 / float(figure.value)
        return low, high

    def _is_in_equation(self, figure: Figure) -> bool:
        """A true one, which takes its numbers from the page or is known before."""
        for start, end, is_true in equations(self.text):
            if start <= figure.start < end:
                parts = [each for each in self.said if start <= each.start < end]
                is_known = self.seen.part == Part.PREREQUISITES or any(map(self.seen.figures.bears_out, parts))
                return is_true and is_known
        return False

    def _is_restated(self, figure: Figure) -> bool:
        """One fifth, or 20 %, beside the other."""
        others = self.said if self.seen.part == Part.PREREQUISITES else self._stated(figure)
        return any(
            each.unit != figure.unit and each.measured == figure.measured
            for each in others
            if each is not figure and not each.is_year
        )

    def _is_rounded(self, figure: Figure) -> bool:
        """From a number near the quotes, in whatever unit."""
        low, high = self._range(figure)
        kind, size = figure.measured
        for each in self.seen.near.figures:
            other, known = each.measured
            is_bare = kind in ("money", "share") and not each.unit
            is_like = is_bare or kind == other
            if each.kind != "number" or each.is_day or (each.is_date and not each.unit):
                continue
            if (
                is_like
                and low * float(size) <= float(known) <= high * float(size)
                and (low == 1 or high == 1 or _may_round(each, figure))
            ):
                return True
        return False

    def _is_share(self, figure: Figure) -> bool:
        """What one number is of another, or what is left of a share."""
        kind, size = figure.measured
        if kind != "share" or not 0 < size < 1:
            return False
        if any(each.measured == ("share", 1 - size) for each in self.seen.near.figures):
            return True
        low, high = self._range(figure)
        low, high = min(low, 0.99) * float(size), max(high, 1.01) * float(size)
        counts = sorted((each.value, each.unit) for each in self._counts(figure) if each.value > 1)
        is_part = figure.unit == "percent" or "/" in figure.written
        shares = [one[0] / other[0] for one, other in combinations(counts, 2) if one[1] == other[1]]
        return any(low <= part <= high for share in shares for part in ((share, 1 - share) if is_part else (share,)))

    def _is_span(self, figure: Figure) -> bool:
        """The years between two dates, one of which is near the quotes or stated; both where a quote tells a span."""
        asked = _ASKED.search(self.text) if self.seen.part == Part.CHECKS and not figure.unit else None
        unit = figure.unit or (_singular(asked["unit"]) if asked else "")
        if unit not in YEARS:
            return False
        low, high = self._range(figure)
        if unit != "year" or figure.value % 10 == 0:
            rough = 0.1 if figure.value % 50 == 0 else 0.05
            low, high = min(low, 1 - rough), max(high, 1 + rough)
        low, high = (float(figure.value) * YEARS[unit] * each for each in (low, high))
        stated, near = self._years(self._stated(figure)), self._years(self.seen.near.figures)
        ends = stated | self._years(self.seen.figures.figures)
        if any(each.unit == unit and each.value != figure.value for each in self._quoted):
            near = set() if stated else self._years(self.seen.told_figures.figures)
            ends = ends if stated else near
        # There is no year 0 between the eras.
        spans = ({abs(one - other), abs(one - other) - (one * other < 0)} for one in stated | near for other in ends)
        return any(low <= span <= high for both in spans for span in both)

    def _is_later_age(self, figure: Figure) -> bool:
        """So many years after another age that is told."""
        if not (is_age(figure, self.text) or is_years_old(figure, self.text)):
            return False
        told = self.seen.told_figures
        spans, years = told_spans(told.figures, told.text), self._years(self.seen.near.figures)
        between = {abs(one - other) for one, other in combinations(years, 2)}
        return figure.value in between or any(figure.value == one + other for one, other in combinations(spans, 2))

    def _is_dated(self, figure: Figure) -> bool:
        """So many years before or after another year, or about one."""
        near, told = self.seen.near, self.seen.told_figures
        wanted, stated = self._years([figure]), list(self._stated(figure))
        low, high = self._range(figure)
        slack = 1 if low < 0.99 and high > 1.01 else 0
        if slack and figure.value % 10 == 0 and any(abs(a - b) <= 5 for a in self._years(near.figures) for b in wanted):
            return True
        beside = (
            self._years([*near.figures, *stated]),
            told_spans(near.figures, near.text) | told_spans(stated, self.text),
        )
        anywhere = self._years(self.seen.figures.figures), told_spans(told.figures, told.text)
        return any(
            abs(abs(one - year) - span) <= slack
            for years, spans in (beside, anywhere)
            for one in years
            for span in spans
            for year in wanted
        )

    def _years(self, found: Iterable[Figure]) -> set[Decimal]:
        """Those before the Common Era as negative numbers; where the pages have such, one without an era may be so."""
        is_ancient = any(each.era == "BCE" for each in self.seen.figures.figures)
        years = set()
        for each in found:
            if each.is_year:
                years.add(-each.value if each.era == "BCE" else each.value)
            is_measured = each.is_word or each.unit or is_content(each.noun)
            is_short = each.before == "in" and each.value < 100 and not is_measured
            if is_ancient and not each.era and (is_short or (each.is_year and each.value < _LONG_AGO)):
                years.add(-each.value)
        return years

    def _is_counted_day(self, figure: Figure) -> bool:
        near = self.seen.near.figures
        return any(abs(figure.value - each.value) == days.value for each in near for days in near if days.unit == "day")

    @cached_property
    def _quoted(self) -> list[Figure]:
        return PrintedFigures(self.seen.quoted, self.seen.material.language).figures

    def _counts(self, figure: Figure) -> list[Figure]:
        """What may be counted with: told with the quotes or stated; the two of twice and half."""
        found = [*self.seen.told_figures.figures, *self._stated(figure)]
        twice = [Figure(Decimal(2), "", 0, 0)] if _TWICE.search(self.seen.told) else []
        return [*(each for each in found if not (each.is_year or each.is_day)), *twice]

    def _is_of_quotes(self, figure: Figure) -> bool:
        """Sixteen horses are two teams of eight."""
        counts = [each.value for each in self._quoted if each.value > 1 and not (each.is_year or each.is_day)]
        if figure.value >= _TELLING and any(abs(a - b) == figure.value for a, b in combinations(counts, 2)):
            return True
        if self.seen.material.calculates or figure.value > _MOST_MADE:
            return False
        return any(figure.value in (a * b, a + b) for a, b in combinations(counts, 2))

    def _is_sum_of_many(self, figure: Figure) -> bool:
        """Of two large numbers near the quotes, or of three where it is said."""
        low, high = (float(figure.value) * each for each in self._range(figure))
        near = [each for each in self.seen.near.figures if not (each.is_year or each.is_day)]
        pairs = combinations(near, 2) if figure.value > _LARGE else ()
        if any(low <= one.value + other.value <= high and _are_alike(one, other) for one, other in pairs):
            return True
        threes = combinations(near, 3) if _TOGETHER.search(self.text) else ()
        return any(
            low <= sum(each.value for each in three) <= high and len({x.unit for x in three}) == 1 for three in threes
        )

    def _is_computed(self, figure: Figure) -> bool:
        """From two numbers told with the quotes or stated, where it is said or asked that something is."""
        asks = self.seen.part == Part.CHECKS
        says = any(each.search(self.text) for each in (_ADDED, _CHANGED)) or _TWICE.search(self.seen.told)
        if not (asks or says or self._is_compared(figure)):
            return False
        low, high = self._range(figure)
        sizes = {float(figure.value), float(figure.measured[1])}
        sizes |= {1000 * each for each in sizes} | {each / 1000 for each in sizes} if asks else set()
        results = {each for a, b in combinations(self._counts(figure), 2) for each in _results(a, b)}
        if any(low * size <= result <= high * size for size in sizes for result in results):
            return True
        near = [each.value for each in self.seen.near.figures if (each.unit, each.noun) == (figure.unit, figure.noun)]
        return figure.value >= _TELLING and any(abs(a - b) == figure.value for a, b in combinations(near, 2))

    def _is_compared(self, figure: Figure) -> bool:
        """238 m higher, or longer by about 250 kilometres."""
        is_by = _THAN.search(self.text) and search_before(_BY, self.text, figure.start)
        return bool(is_by or _COMPARED.match(self.text[figure.end :]))


def _may_round(printed: Figure, figure: Figure) -> bool:
    """About 750 for 746, not about 764: what is as exact is another number, unless it is told in another unit."""
    one, other = (len(str(each.value).replace(".", "").strip("0")) for each in (figure, printed))
    return figure.value == printed.value or figure.unit != printed.unit or one < other


def _results(a: Figure, b: Figure) -> Iterator[float]:
    """What two numbers make: where their units are the same, a sum and a difference too."""
    one, other = float(a.value), float(b.value)
    yield one * other
    if one and other:
        yield from (one / other, other / one)
    if a.unit == b.unit or not (a.unit and b.unit):
        yield from (one + other, abs(one - other))
    first, second = float(a.measured[1]), float(b.measured[1])
    if a.unit and b.unit and a.measured[0] == b.measured[0]:
        yield from (first + second, abs(first - second))


def _singular(unit: str | None) -> str:
    return "century" if unit and unit.lower().startswith("centur") else (unit or "year").lower()


def _are_alike(one: Figure, other: Figure) -> bool:
    """17,000 people and 23,000 more."""
    return one.unit == other.unit and (one.noun == other.noun or "more" in (one.noun, other.noun))
