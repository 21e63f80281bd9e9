"""A book's own guidelines in figures: what the check catches of faults planted into them, how two versions differ, and
which to review first. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from books.guidelines.evidence import Claim, EvidenceCheck
from books.guidelines.evidence.figures import figures
from books.guidelines.evidence.names import names
from books.guidelines.evidence.printed_figures import PrintedFigures
from books.guidelines.evidence.quotes import joined_words
from books.guidelines.evidence.units import UNITS
from books.language import content_stems, words
from books.stored.guideline import Evidence, Part, Parts, Statement, in_doubt, statements

SHIFT = 37
COPIED = 12
_ERA = re.compile(r"\b(?:BCE|CE)\b")
# One of each kind, to be put in the place of another.
_OTHER_UNITS = ("kilometers", "pounds", "weeks", "gallons", "euros")
# No book that we know of has these.
INVENTED_NAME, INVENTED_QUOTE = "Quelvaro", "as every careful reader of older chronicles will have noticed by now"


def planted(part: Part, claim: Claim, check: EvidenceCheck) -> Iterator[tuple[str, Claim]]:
    """Copies of an honest statement, each with one fault, by the fault's kind; kinds that do not apply are left out."""
    for kind, plant in _KINDS.items():
        if kind in _OWN.get(part, ()):
            continue
        changed = plant(claim, check)
        if changed is not None and changed != claim:
            yield kind, changed


def _number_changed(claim: Claim, check: EvidenceCheck) -> Claim | None:
    """The first number that may not be a writer's own, by one that no cited page has."""
    printed = PrintedFigures(_cited(claim, check)).eras
    for figure in figures(claim.text):
        if figure.is_word or figure.kind != "number" or figure.era:
            continue
        other = next(number for number in count(2 * int(figure.value) + 3) if number not in printed)
        return _put(claim, figure.start, figure.end, str(other))
    return None


def _date_shifted(claim: Claim, _check: EvidenceCheck) -> Claim | None:
    for figure in figures(claim.text):
        if figure.is_year and figure.is_date:
            return _put(claim, figure.start, figure.end, str(int(figure.value) + SHIFT))
    return None


def _era_changed(claim: Claim, _check: EvidenceCheck) -> Claim | None:
    found = _ERA.search(claim.text)
    return _put(claim, *found.span(), "CE" if found.group() == "BCE" else "BCE") if found else None


def _unit_changed(claim: Claim, check: EvidenceCheck) -> Claim | None:
    printed = _cited(claim, check)
    for figure in figures(claim.text):
        unit = re.match(r"\s+([^\W\d_]+)", claim.text[figure.end :])
        if figure.unit and unit and unit[1] in UNITS:
            other = next(each for each in _OTHER_UNITS if each not in printed and UNITS[each] != UNITS[unit[1]])
            return _put(claim, figure.end + unit.start(1), figure.end + unit.end(1), other)
    return None


def _name_swapped(claim: Claim, check: EvidenceCheck) -> Claim | None:
    for name in names(claim.text):
        if not (name.is_first or claim.basis or check.material.whole.has_small(name.word)):
            return replace(claim, text=claim.text.replace(_bare(name.word), INVENTED_NAME))
    return None


def _wrong_page(claim: Claim, check: EvidenceCheck) -> Claim | None:
    """On another page of the subtopic, which does not have the quote."""
    for quote in claim.evidence[:1]:
        for page in check.material.own_pages:
            if page not in claim.pages and not check.material.book.printed.find(quote.quote, [page]):
                return replace(claim, pages=(page,), evidence=(Evidence(page, quote.quote),))
    return None


def _quote_invented(claim: Claim, _check: EvidenceCheck) -> Claim | None:
    return replace(claim, evidence=(Evidence(claim.evidence[0].page, INVENTED_QUOTE),)) if claim.evidence else None


def _copied(claim: Claim, check: EvidenceCheck) -> Claim | None:
    """The words of the cited page from the quote on."""
    for quote in claim.evidence[:1]:
        found = check.material.book.printed.find(quote.quote, [quote.page])
        if found:
            run = joined_words(check.material.pages[found[0].page][found[0].start :]).split()[:COPIED]
            return replace(claim, text=f"{' '.join(run)}.") if len(words(" ".join(run))) == COPIED else None
    return None


def _row_of_words(claim: Claim, check: EvidenceCheck) -> Claim | None:
    matter = [word for word in dict.fromkeys(words(_cited(claim, check))) if content_stems(word)][:9]
    return replace(claim, text=f"{' '.join(matter).capitalize()}.") if len(matter) == 9 else None


def _without_evidence(claim: Claim, _check: EvidenceCheck) -> Claim | None:
    return replace(claim, evidence=(), basis="") if claim.evidence else None


_KINDS: Mapping[str, Callable[[Claim, EvidenceCheck], Claim | None]] = {
    "number changed": _number_changed,
    "date shifted": _date_shifted,
    "era changed": _era_changed,
    "unit changed": _unit_changed,
    "name swapped": _name_swapped,
    "wrong page": _wrong_page,
    "quote invented": _quote_invented,
    "copied": _copied,
    "row of words": _row_of_words,
    "no evidence": _without_evidence,
}
# What may be the writer's own in a part, or known from elsewhere.
_OWN: Mapping[Part, Sequence[str]] = {
    Part.CHECKS: ("number changed", "unit changed", "name swapped"),
    Part.MISCONCEPTIONS: ("number changed", "unit changed", "name swapped"),
    Part.PREREQUISITES: ("name swapped",),
}


def _cited(claim: Claim, check: EvidenceCheck) -> str:
    return "\n".join(check.material.pages.get(page, "") for page in claim.pages)


def _bare(name: str) -> str:
    return re.sub(r"['’]s?$", "", name)


def _put(claim: Claim, start: int, end: int, other: str) -> Claim:
    return replace(claim, text=claim.text[:start] + other + claim.text[end:])


@dataclass(slots=True)
class Measured:
    """``caught`` and ``tried`` by kind of planted fault; ``alarms`` of ``approved`` statements of approved guidelines
    that the check would flag."""

    tried: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    approved: int = 0
    alarms: int = 0

    def add(self, guideline: Parts[int], check: EvidenceCheck, *, is_approved: bool) -> None:
        """Faults go into copies of statements that the check has nothing against."""
        for name, statement in statements(guideline):
            part = Part(name.partition(".")[0])
            findings = check.check(part, statement).findings
            if is_approved and statement.evidence:
                self.approved += 1
                self.alarms += bool(findings)
            if statement.kind == "statement" and statement.evidence and not findings:
                self._plant(part, statement, check)

    def _plant(self, part: Part, statement: Statement[int], check: EvidenceCheck) -> None:
        for kind, false in planted(part, statement, check):
            self.tried[kind] += 1
            self.caught[kind] += bool(check.check(part, false).findings)

    def lines(self) -> Iterator[str]:
        yield f"Alarms on approved statements: {self.alarms} of {self.approved}"
        yield "Planted faults caught, by kind"
        for kind, tried in self.tried.items():
            yield f"  {kind:<28}{self.caught[kind]:>5} of {tried}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of two versions: statements that both have word for word, and one alone; the share of quotes that both have."""

    kept: int
    gone: int
    new: int
    evidence_overlap: float


def compare(before: Iterable[Parts[int]], after: Iterable[Parts[int]]) -> Comparison:
    old, new = (_told(parts) for parts in (before, after))
    quoted = [{quote for quotes in told.values() for quote in quotes} for told in (old, new)]
    both = len(quoted[0] & quoted[1]), len(quoted[0] | quoted[1])
    return Comparison(
        len(old.keys() & new.keys()), len(old.keys() - new.keys()), len(new.keys() - old.keys()),
        both[0] / both[1] if both[1] else 1.0,
    )  # fmt: skip


def _told(guidelines: Iterable[Parts[int]]) -> Mapping[str, set[tuple[int, str]]]:
    return {
        each.text: {(quote.page, quote.quote) for quote in each.evidence}
        for parts in guidelines
        for _, each in statements(parts)
    }


@dataclass(frozen=True, slots=True)
class Urgency:
    """What makes a guideline worth reviewing early; ``score`` is 0 for one without a reason."""

    title: str
    doubts: int
    without_evidence: float
    empty_parts: int

    @property
    def score(self) -> float:
        return 3 * self.doubts + 10 * self.without_evidence + self.empty_parts


def urgency(title: str, guideline: Parts[int]) -> Urgency:
    said = [each for _, each in statements(guideline)]
    bare = sum(not (each.evidence or each.basis or each.kind == "quote") for each in said)
    empty = sum(not guideline.get(part) for part in Part)
    return Urgency(title, len(in_doubt(guideline)), bare / len(said) if said else 1.0, empty)
