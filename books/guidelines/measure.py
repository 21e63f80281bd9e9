"""A book's own guidelines in figures: what the check catches of faults planted into them, how two versions differ, and
which to review first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from books.guidelines.evidence import EvidenceCheck
from books.guidelines.planting import planted
from books.stored.guideline import Part, Parts, Statement, in_doubt, statements


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
