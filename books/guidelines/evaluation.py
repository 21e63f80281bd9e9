"""How well the evidence check tells honest statements from false ones, on labelled statements about a book. Pure.

The format and the way of scoring are those of samples/evidence/README.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from books.guidelines.evidence import BookText, Claim, EvidenceCheck
from books.stored.guideline import Evidence, Part


class LabelledQuote(BaseModel):
    page: int
    quote: str


class LabelledStatement(BaseModel):
    """``verdict`` is honest or false; with ``needs_judgement`` no comparison of words can tell."""

    id: str
    text: str
    part: Part
    pages: list[int]
    evidence: list[LabelledQuote]
    basis: str | None = None
    verdict: str
    kind: str
    needs_judgement: bool

    @property
    def claim(self) -> Claim:
        """What a checker sees of it: no label."""
        quotes = tuple(Evidence(each.page, each.quote) for each in self.evidence)
        return Claim(self.text, tuple(self.pages), evidence=quotes, basis=self.basis or "")


class LabelledSubtopic(BaseModel):
    title: str
    pages: list[int]
    later_subtopics: list[str]
    statements: list[LabelledStatement]


class LabelledBook(BaseModel):
    book: str
    pages: dict[int, str]
    subtopics: list[LabelledSubtopic]


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled statement with what the check said of it."""

    statement: LabelledStatement
    checked: Claim

    @property
    def is_flagged(self) -> bool:
        return bool(self.checked.findings)

    @property
    def reasons(self) -> str:
        return ", ".join(dict.fromkeys(each.kind.value for each in self.checked.findings)) or "nothing"


def judge(book: LabelledBook) -> list[Judged]:
    judged = []
    text = BookText(book.pages)
    for subtopic in book.subtopics:
        check = EvidenceCheck(text, subtopic.pages, subtopic.later_subtopics, subtopic.title)
        judged += [Judged(each, check.check(each.part, each.claim)) for each in subtopic.statements]
    return judged


@dataclass(frozen=True, slots=True)
class Row:
    """``flagged`` of ``total`` statements that have ``name`` in common, and the check's reasons by how often."""

    name: str
    flagged: int
    total: int
    reasons: Mapping[str, int]

    @property
    def share(self) -> float:
        return self.flagged / self.total if self.total else 0.0


def false_alarms(judged: Sequence[Judged]) -> list[Row]:
    """Honest statements by part, those in another language once more, and all of them in the last row."""
    honest = [each for each in judged if each.statement.verdict == "honest"]
    foreign = [each for each in honest if each.statement.kind == "other_language"]
    by_part = [_row(name, found) for name, found in _by(honest, "part")]
    return [*by_part, _row("in another language", foreign), _row("all", honest)]


def catches(judged: Sequence[Judged], *, needs_judgement: bool) -> list[Row]:
    """False statements by kind, and all of them in the last row."""
    false = [
        each
        for each in judged
        if each.statement.verdict == "false" and each.statement.needs_judgement == needs_judgement
    ]
    return [*(_row(name, found) for name, found in _by(false, "kind")), _row("all", false)]


def _by(judged: Sequence[Judged], label: str) -> Iterator[tuple[str, list[Judged]]]:
    for name in dict.fromkeys(getattr(each.statement, label) for each in judged):
        yield name, [each for each in judged if getattr(each.statement, label) == name]


def _row(name: str, judged: Sequence[Judged]) -> Row:
    flagged = [each for each in judged if each.is_flagged]
    return Row(name, len(flagged), len(judged), Counter(each.reasons for each in flagged))


def report(judged: Sequence[Judged], *, each: bool = False) -> Iterator[str]:
    """The scores as lines of text; with ``each``, every false alarm and every miss too."""
    tables: tuple[tuple[str, list[Row]], ...] = (
        ("False alarms: honest statements flagged", false_alarms(judged)),
        ("Caught: false statements flagged, where words can tell", catches(judged, needs_judgement=False)),
        ("Caught where only judgement can tell (never added to the above)", catches(judged, needs_judgement=True)),
    )
    for title, rows in tables:
        yield title
        for row in rows:
            yield _line(row)
    if each:
        yield from _each(judged)


def _line(row: Row) -> str:
    reasons = ", ".join(f"{reason} {count}" for reason, count in row.reasons.items())
    counts = f"{row.flagged:>4} of {row.total:<4}{row.share:>7.1%}"
    return f"  {row.name:<28}{counts}  {reasons if row.name != 'all' else ''}".rstrip()


def _each(judged: Sequence[Judged]) -> Iterator[str]:
    for item in judged:
        is_honest = item.statement.verdict == "honest"
        if item.is_flagged == is_honest:
            said = " ".join(finding.sentence for finding in item.checked.findings)
            name = "False alarm" if is_honest else "Missed"
            yield f"{name} {item.statement.id}: {item.statement.text} {said}".rstrip()


def labelled_book(document: Any) -> LabelledBook:
    """Raises ValueError (pydantic's) for what is not in the format."""
    return LabelledBook.model_validate(document)
