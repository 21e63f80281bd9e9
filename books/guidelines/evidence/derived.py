"""Whether a figure of a sentence follows from others by arithmetic: rounded, in another unit, by one step. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from books.arithmetic import equations
from books.guidelines.evidence.elapsed import Elapsed
from books.guidelines.evidence.figures import JOINS, Figure
from books.guidelines.evidence.material import Seen
from books.guidelines.evidence.units import SCALES
from books.language import is_content
from books.stored.guideline import Part

# How far what a number follows from may be from one that is said so, as shares of it.
_LOOSE = tuple(
    (re.compile(rf"\b(?:{words})\s(?:the\syear\s|el\saño\s|das\sJahr\s|l['’]an\s|an?\s)?$", re.IGNORECASE), low, high)
    for low, high, words in (
        (
            0.6,
            1.0,
            "(?:less|fewer) than|under|below|within|(?:menos|moins) de|weniger als|binnen|nicht einmal|no llega a",
        ),
        (0.8, 1.0, "almost|nearly|casi|presque|fast|knapp"),
        (1.0, 1.34, "more than|over|above|past|at least|more|más de|mehr als|über|gut|good|well over|plus de"),
        (0.95, 1.05, "about|around|roughly|some|approximately|close to|(?:a )?little (?:more|less) than"),
        (0.95, 1.05, "etwa|rund|ungefähr|unos|unas|cerca de|hacia|um|environ|quelque"),
    )
)
_LOOSE_AFTER = re.compile(
    r"(?:\s[^\W\d_]+){0,3},?\s(?:or so|roughly|approximately|oder so|ungefähr|más o menos|aproximadamente)\b"
)
_EXACT = (0.999, 1.001)
# What is added, compared or shared out is told so; a question asks for it.
_TOLD = re.compile(
    r"\b(?:lost|lose|raise[sd]?|reduc\w*|gain\w*|rose|rise|risen|gr[eo]w\w*|f[ea]ll\w*|increase\w*|warm\w*|cool\w*"
    r"|decrease\w*|drop\w*|lower\w*|climb\w*|shr[au]nk|declin\w*|points|in all|together|altogether|total"
    r"|(?<!are )(?<!is )(?<!be )combined|sum|differ\w*|rest|remain\w*|(?:is|are|was|were) left"
    r"|insgesamt|zusammen|en total|au total|areas?|square|per|each|every|twice|average|apiece|how (?:much|many|far)"
    r"|work\w* out|reckon\w*|calculat\w*|jede\w*|cada|chacune?|verlor\w*|wuchs|sank|stieg|fehl\w*)\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"(?i)\s*(?:\w+\s){0,2}(?:more|fewer|less|(?!after|later|other)\w{3,}er|mehr|weniger|más|menos|de (?:plus|moins))\b"
)
_TIMES = re.compile(
    r"\s?(?:times|mal|veces|fois)\s(?:as|so|more|the|\w+er|less|más|menos|tan\w*|mayor|menor|plus|moins|aussi)\b|-?fold\b"
    r"|fach|\s(?:to (?:one|1)|zu (?:eins|1)|a (?:uno|1))\b"
)
_TOGETHER = re.compile(
    r"\b(?:together|in all|all told|sum|total|combined|insgesamt|zusammen|en total|au total|add\w* up|ma[dk]e up)\b",
    re.IGNORECASE,
)
# So much a year: said of much that is not computed too.
_A_TIME = re.compile(r"\ba (?:year|month|week|day|side)\b")
_TWICE = re.compile(
    r"\b(?:half(?! an? (?:\w*met|\w*lit|mile|inch|foot|yard|pound|ton|cup))|halv\w+"
    r"|doubl\w+|twice|doppelt\w*|verdoppel\w*|halb\w*|Hälfte|mitad|dobl\w+|duplic\w+)\b",
    re.IGNORECASE,
)
# Sums from the first on are the page's own; smaller ones meet by chance, but for a quote's own numbers to the second.
_LARGE, _MOST_MADE, _TELLING = 1_000, 100, 100
_UNIT_CHANGED = 0.02  # seventeen weeks for 120 days
# What tells so much of a quote's sentence tells its number, not the rest. Two of so many numbers make nearly any other.
_MOST, _FEW, _MANY = 0.6, 6, 10
_Made = tuple[float, str]


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
        if self._is_in_equation(figure):
            return True
        elapsed = Elapsed(self.seen, list(self._stated(figure)), self._range(figure))
        if figure.kind == "century":
            years = (each for each in self._stated(figure) if each.is_year and each.era == figure.era)
            return any((figure.value - 1) * 100 <= each.value <= figure.value * 100 for each in years)
        if figure.is_year:
            return elapsed.is_dated(figure)
        if figure.is_day:
            return elapsed.is_counted_day(figure)
        if figure.kind != "number" or figure.is_date or figure.is_ordinal or self._is_told_otherwise(figure):
            return False
        return (
            self._is_rounded(figure)
            or elapsed.is_told(figure)
            or self._is_made(figure, is_counted_otherwise=is_counted_otherwise)
        )

    def _is_told_otherwise(self, figure: Figure) -> bool:
        """With another unit: 30 months, of 30 years."""
        told = (each for each in self.seen.told_figures.figures if each.unit and each.value == figure.value)
        return any(each.unit != figure.unit and each.measured[0] == figure.measured[0] for each in told)

    def _stated(self, figure: Figure) -> Iterator[Figure]:
        """The statement's others that are printed; those of a question may be its writer's."""
        is_own = self.seen.part == Part.CHECKS
        return (each for each in self.said if each is not figure and (is_own or self.seen.figures.bears_out(each)))

    def _range(self, figure: Figure) -> tuple[float, float]:
        """About 3 is from 2.6 to 3.4; what is said of the first holds of both: about 22 or 23."""
        first = (each for each in self.said if JOINS.fullmatch(self.text[each.end : figure.start]))
        before = self.text[: next(first, figure).start]
        low, high = next(((low, high) for said, low, high in _LOOSE if said.search(before)), _EXACT)
        is_half = figure.unit and figure.value % 1 == Decimal("0.5") and figure.value < _MANY
        if (low, high) == _EXACT and (is_half or _LOOSE_AFTER.match(self.text, figure.end)):
            low, high = 0.95, 1.05
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

    def _is_rounded(self, figure: Figure) -> bool:
        """From a number near the quotes, in whatever unit."""
        low, high = self._range(figure)
        kind, size = figure.measured
        for each in self.seen.near.figures:
            known = _in_kind(each, figure)
            is_itself = (each.value, each.unit) == (figure.value, figure.unit)
            if is_itself or known is None or not (each.counts or each.unit):
                continue
            off = _UNIT_CHANGED if (low, high) == _EXACT and figure.unit != each.unit and each.unit else 0
            is_near = (low - off) * float(size) <= float(known) <= (high + off) * float(size)
            if is_near and _may_round(each, figure, low, high):
                return True
        if kind == "share" and "percent" in self.seen.figures.units:  # in the head of a table, perhaps
            told = (each for each in self.seen.told_figures.figures if each.counts and not each.unit)
            if any(low * float(size) <= float(each.value) / 100 <= high * float(size) for each in told):
                return True
        return figure.unit == "percent" and any(
            each.unit in ("", "percent") and each.value % 1 and round(each.value) == figure.value > 9
            for each in self.seen.figures.figures
        )

    def _is_made(self, figure: Figure, *, is_counted_otherwise: bool) -> bool:
        """From two numbers by one operation: of a quote's own, of those of its sentence where it is said or asked that
        something is added, compared or shared out, or of all that are counted alike; or as the sum of a row."""
        asks, is_compared = self.seen.part == Part.CHECKS, self._is_compared(figure)
        is_times = _TIMES.match(self.text, figure.end) is not None
        twice = [Figure(Decimal(2), "", 0, 0)] if _TWICE.search(self.seen.told) else []
        is_twice = bool(twice) and (not is_counted_otherwise or _TWICE.search(self.text) is not None)
        says = asks or is_times or is_compared or is_twice or _TOLD.search(self.text) is not None
        terms = self._terms(figure, asks=asks, is_compared=is_compared) + twice
        if (is_times or figure.measured[0] == "share") and self._is_share(figure, terms):
            return True
        if self._is_made_of_quotes(figure, is_alike=not is_counted_otherwise) or (figure.value == 2 and twice):
            return True
        if is_counted_otherwise and not says:
            return False
        says = says or _A_TIME.search(self.text) is not None
        return self._is_sum(figure) or (says and any(self._is_like(figure, made) for made in _made(terms)))

    def _terms(self, figure: Figure, *, asks: bool, is_compared: bool) -> list[Figure]:
        """What may be counted with: told with the quotes or stated; what is measured alike, to compare with; for an
        answer the shares that the pages tell."""
        told, near = (_counting(each.figures) for each in (self.seen.told_figures, self.seen.near))
        kinds = {each.measured[0] for each in told}
        told = near if figure.measured[0] == "share" and "share" not in kinds and len(near) <= _FEW else told
        terms = told if len(told) <= _MANY else _counting(self.seen.quoted_figures.figures)
        terms = [*terms, *_counting(self._stated(figure))]
        if is_compared and figure.unit:
            terms += [each for each in self.seen.figures.figures if each.unit == figure.unit][:_MANY]
        if asks:
            terms += [each for each in self.seen.figures.figures if each.unit == "percent" and each not in terms]
        return terms

    def is_made_with(self, figure: Figure, given: Sequence[Figure]) -> bool:
        """Whether the answer ``figure`` follows from what a task gives, alone or with what is printed."""
        others = self._terms(figure, asks=True, is_compared=False)
        pairs = [[one, other] for one in given for other in others if other is not one]
        return any(
            any(self._is_like(figure, made) for made in _made(pair))
            or (figure.measured[0] == "share" and self._is_share(figure, pair))
            for pair in pairs
        )

    def _is_share(self, figure: Figure, terms: Sequence[Figure]) -> bool:
        """What one number is of another, by how much they differ as a share of one, and what is left of a share."""
        size = figure.measured[1]
        is_rest = _TOLD.search(self.text) is not None or not self.seen.tells(_MOST)
        if is_rest and any(each.measured == ("share", 1 - size) for each in self.seen.near.figures):
            return True
        low, high = self._range(figure)
        if (low, high) == _EXACT:
            step = 0.5 * 10 ** float(figure.value.as_tuple().exponent) / (float(figure.value) or 1)
            slack = 0.03 if "/" in figure.written or figure.is_word else min(0.03, step)
            low, high = 1 - slack, 1 + slack
        for one, other in combinations(terms, 2):
            is_alike = one.unit == other.unit or one.measured[0] == other.measured[0]
            is_bare = any(not (each.unit or is_content(each.noun)) for each in (one, other))  # nine days, and ninety
            sizes = (one.measured[1], other.measured[1]) if is_alike else (one.value, other.value)
            less, more = sorted(map(float, sizes))
            if less <= 0 or not (is_alike or is_bare):
                continue
            made = [more / less, less / more, 1 - less / more, more / less - 1]
            if less > _LARGE and one.unit == other.unit:
                made += [less / (less + more), more / (less + more)]
            if any(low * float(size) <= each <= high * float(size) for each in made):
                return True
        return False

    def _is_like(self, figure: Figure, made: _Made) -> bool:
        value, unit = made
        if figure.unit and figure.value == figure.value.to_integral_value() and self._is_compared(figure):
            value = float(round(value))  # three degrees colder
        low, high = self._range(figure)
        return any(low * size <= value <= high * size for size in self._sizes(figure, unit))

    def _sizes(self, figure: Figure, unit: str) -> set[float]:
        """In ``unit``; of 6.4 million also 6.4, for a table in millions."""
        sizes = {float(figure.value)}
        if unit and figure.unit and SCALES.get(unit, ("",))[0] == figure.measured[0]:
            sizes = {float(figure.measured[1] / SCALES[unit][1])}
        scale = self._scale(figure)
        return sizes | ({float(figure.value) / scale} if scale else set())

    def _scale(self, figure: Figure) -> int:
        """Of the million in a number, where the pages have it in the head of a table; 0 where there is none."""
        word = re.search(r"(?:\s|^)([Mm]il|[Bb]il)(?:lion|lón|liarde)", figure.written)
        if not word or not re.search(rf"(?:\(|\bin )(?:\w+ )?{word[1]}l", self.seen.figures.text, re.IGNORECASE):
            return 0
        return 10**6 if figure.value < 10**9 else 10**9

    def _is_made_of_quotes(self, figure: Figure, *, is_alike: bool) -> bool:
        """Sixteen horses are two teams of eight; of 49 tanks that had 32 with them 17 were left (``is_alike``)."""
        counts = [each.value for each in _counting(self.seen.quoted_figures.figures) if each.value > 1]
        low, high = (float(figure.value) * each for each in self._range(figure))
        may_differ = figure.value >= _TELLING or (is_alike and len(counts) == 2 and not figure.unit)
        if may_differ and any(figure.value == abs(a - b) for a, b in combinations(counts, 2)):
            return True
        if figure.value > _LARGE and any(low <= a + b <= high for a, b in combinations(counts, 2)):
            return True
        if self.seen.material.calculates or figure.value > _MOST_MADE:
            return False
        return any(figure.value in (a * b, a + b) for a, b in combinations(counts, 2))

    def _is_sum(self, figure: Figure) -> bool:
        """Of all in a row where it is said, or the difference of two that are counted alike."""
        low, high = self._range(figure)
        near = _counting(self.seen.near.figures)
        made: set[float] = set()
        if _TOGETHER.search(self.text):
            made |= {float(sum(each.value for each in three)) for three in combinations(near[: 2 * _MANY], 3)}
            row = [float(each.value) for each in near]
            made |= {sum(row[i:j]) for i in range(len(row)) for j in range(i + 2, min(len(row), i + _MANY) + 1)}
        if figure.value >= _TELLING:
            like = [float(each.value) for each in near if (each.unit, each.noun) == (figure.unit, figure.noun)]
            made |= {abs(one - other) for one, other in combinations(like, 2)}
        return any(low * size <= value <= high * size for size in self._sizes(figure, "") for value in made)

    def _is_compared(self, figure: Figure) -> bool:
        """238 m higher."""
        return _COMPARED.match(self.text, figure.end) is not None


def _in_kind(printed: Figure, figure: Figure) -> Decimal | None:
    """The size of what is ``printed`` as ``figure`` measures; None where it is of another kind."""
    kind, size = figure.measured
    other, known = printed.measured
    if kind == other or (kind in ("money", "share") and not printed.unit):
        return known
    bare = (not (each.unit or is_content(each.noun)) for each in (printed, figure))
    if "share" not in (kind, other) and any(bare):  # from twelve to two kilometres
        return printed.value * size / figure.value if figure.value else None
    return None


def _may_round(printed: Figure, figure: Figure, low: float, high: float) -> bool:
    """About 750 for 746, not about 764: what is as exact is another number, unless it is told in another unit."""
    if figure.value == printed.value or figure.unit != printed.unit or "/" in figure.written:
        return True
    one, other = (len(str(each.value).replace(".", "").strip("0")) for each in (figure, printed))
    return one < other or (one == other and 1 in (low, high))


def _counting(found: Iterable[Figure]) -> list[Figure]:
    return [each for each in found if each.counts]


def _made(terms: Sequence[Figure]) -> Iterator[_Made]:
    """What two numbers make, in the unit of one: where they are of a kind, a sum and a difference; of a share and
    another number what it is of it, and what is left."""
    for one, other in combinations(terms, 2):
        if one.measured[0] == other.measured[0] and one.unit in SCALES and other.unit in SCALES:
            a, b = float(one.value), float(other.measured[1] / SCALES[one.unit][1])
        else:
            a, b = float(one.value), float(other.value)
        unit = one.unit or other.unit
        if one.unit == other.unit or not (one.unit and other.unit) or a != one.value or b != other.value:
            yield from ((a + b, unit), (abs(a - b), unit))
        yield a * b, ""
        if a and b:
            yield from ((a / b, ""), (b / a, ""))
        for share, whole in ((one, other), (other, one)):
            if share.measured[0] == "share" and whole.measured[0] != "share":
                part = float(share.measured[1] * whole.value)
                yield from ((float(whole.value) + sign * part, whole.unit) for sign in (-1, 1))
                yield part, whole.unit
