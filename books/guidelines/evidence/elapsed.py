"""Whether a year, a span of time or an age follows from the dates that pages and statement tell: so many years, weeks
or days between two of them, the year before or after another. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from books.guidelines.evidence.figures import Figure
from books.guidelines.evidence.material import Seen
from books.guidelines.evidence.spans import is_age, is_between, is_years_old, told_moments, told_spans
from books.guidelines.evidence.units import SCALES, YEARS
from books.language import is_content
from books.stored.guideline import Part

_ASKED = re.compile(
    r"\bhow (?:many (?P<unit>year|decade|century|centuries)|long|old)|combien d['’]années|cuántos años"
    r"|wie (?:viele Jahre|lange)",
    re.IGNORECASE,
)
_COUNTED_ON = re.compile(
    r"\s[^\W\d_]+\s(later|earlier|before|after(?:wards)?|später|danach|früher|después|antes|más tarde)\b", re.IGNORECASE
)
# A year without an era in a text about years before it.
_LONG_AGO = 1_000


@dataclass(frozen=True)
class Elapsed:
    """Held against ``seen`` and the statement's other figures ``stated``; ``range`` is how far, as shares of it, a
    figure may be from what it follows from."""

    seen: Seen
    stated: Sequence[Figure]
    range: tuple[float, float]

    def is_told(self, figure: Figure) -> bool:
        return self._is_span(figure) or self._is_between_days(figure) or self._is_later_age(figure)

    def _is_span(self, figure: Figure) -> bool:
        """The years between two dates, one of which is near the quotes or stated; both where a quote tells a span."""
        asked = _ASKED.search(self.seen.text) if self.seen.part == Part.CHECKS and not figure.unit else None
        unit = figure.unit or (_singular(asked["unit"]) if asked else "")
        if unit not in YEARS:
            return False
        low, high = self.range
        if unit != "year" or figure.value % 10 == 0:
            rough = 0.1 if figure.value % 50 == 0 else 0.05
            low, high = min(low, 1 - rough), max(high, 1 + rough)
        low, high = (float(figure.value) * YEARS[unit] * each for each in (low, high))
        stated, near = self._years(self.stated), self._years(self.seen.near.figures)
        ends = stated | self._years(self.seen.figures.figures)
        if asked and not stated | near:  # the quote is the question itself
            near = self._years(each for one in self.seen.places.telling() for each in one.figures.figures)
        units = (unit, "") if any(each.unit == unit for each in self.seen.told_figures.figures) else (unit,)
        quoted = (each for each in self.seen.quoted_figures.figures if each.value != figure.value)
        if any(each.unit in units and (each.unit or _is_bare(each)) for each in quoted):
            near = set() if stated else self._years(self.seen.told_figures.figures)
            ends = ends if stated else near
        # There is no year 0 between the eras.
        spans = ({abs(one - other), abs(one - other) - (one * other < 0)} for one in stated | near for other in ends)
        return any(low <= span <= high for both in spans for span in both)

    def _is_between_days(self, figure: Figure) -> bool:
        """The days, weeks or months between two dates, one of which is a quote's or stated."""
        unit = figure.unit
        if unit not in ("day", "week", "month"):
            return False
        size = float(figure.measured[1] / SCALES["day"][1])
        low, high = self.range
        near = told_moments(self.seen.around)
        ours = [
            *(told_moments(self.seen.quoted) or told_moments(self.seen.told) or near),
            *told_moments(self.seen.text),
        ]
        pairs = ((one, other) for one in ours for other in (*near, *ours) if one != other)
        return any(is_between(one, other, (low * size, high * size), unit) for one, other in pairs)

    def _is_later_age(self, figure: Figure) -> bool:
        """So many years after another age that is told."""
        if not (is_age(figure, self.seen.text) or is_years_old(figure, self.seen.text)):
            return False
        told = self.seen.told_figures
        spans, years = told_spans(told.figures, told.text), self._years(self.seen.near.figures)
        between = {abs(one - other) for one, other in combinations(years, 2)}
        return figure.value in between or any(figure.value == one + other for one, other in combinations(spans, 2))

    def is_dated(self, figure: Figure) -> bool:
        """So many years before or after another year, or about one."""
        near, told = self.seen.near, self.seen.told_figures
        wanted, stated = self._years([figure]), self.stated
        low, high = self.range
        slack = 1 if low < 0.99 and high > 1.01 else 0
        if slack and figure.value % 10 == 0 and any(abs(a - b) <= 5 for a in self._years(near.figures) for b in wanted):
            return True
        if wanted & self._counted_on():
            return True
        beside = (
            self._years([*near.figures, *stated]),
            told_spans(near.figures, near.text) | told_spans(stated, self.seen.text),
        )
        anywhere = self._years(self.seen.figures.figures), told_spans(told.figures, told.text)
        return any(
            abs(abs(one - year) - span) <= slack
            for years, spans in (beside, anywhere)
            for one in years
            for span in spans
            for year in wanted
        )

    def _counted_on(self) -> set[Decimal]:
        """The years that are told near the quotes as so many later or earlier, than the year named last before."""
        text, found = self.seen.figures.text, sorted(self.seen.figures.figures, key=lambda each: each.start)
        beside = {each.value for each in self.seen.near.figures if each.unit in YEARS}
        years = set[Decimal]()
        for at, span in enumerate(found):
            after = _COUNTED_ON.match(text, span.end) if span.unit in YEARS and span.value in beside else None
            last = next((each for each in reversed(found[:at]) if each.is_year), None) if after else None
            if after and last:
                sign = -1 if after[1].lower() in ("earlier", "before", "früher", "antes") else 1
                years |= {year + sign * span.value * YEARS[span.unit] for year in self._years([last])}
        return years

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

    def is_counted_day(self, figure: Figure) -> bool:
        near = self.seen.near.figures
        return any(abs(figure.value - each.value) == days.value for each in near for days in near if days.unit == "day")


def _is_bare(figure: Figure) -> bool:
    """Of what was counted before: one took twelve years, all took about 22."""
    return figure.counts and not (figure.unit or figure.is_year or is_content(figure.noun))


def _singular(unit: str | None) -> str:
    return "century" if unit and unit.lower().startswith("centur") else (unit or "year").lower()
