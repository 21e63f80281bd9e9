"""What a guideline is: its parts, the statements in them, what supports each and what was found against it. Pure.

``Statement[PageId]`` is stored; ``Statement[int]`` has scan numbers, for people, models and readers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Generic, Literal, TypeVar

from books.sentences import gettext_noop
from books.stored.pages import PageId, PageNumbers, ranges
from books.stored.sentence import Sentence

P = TypeVar("P")
Q = TypeVar("Q")


class Part(StrEnum):
    """The one declaration: whatever is written, stored, shown, sent or read by part has these, in this order.

    ``says`` tells a model what belongs there; the prompt may say more.
    """

    heading: str
    says: str

    def __new__(cls, value: str, heading: str = "", says: str = "") -> Part:
        part = str.__new__(cls, value)
        part._value_, part.heading, part.says = value, heading, says
        return part

    OBJECTIVE = "objective", gettext_noop("Objective"), "what the learner can do afterwards, one statement a skill"
    CONCEPTS = "concepts", gettext_noop("Concepts"), "the ideas, terms, rules, events or works taught"
    DEPTH = "depth", gettext_noop("Depth"), "how far each goes, from the easiest to the hardest task"
    PREREQUISITES = "prerequisites", gettext_noop("Prerequisites"), "what the pages take for granted"
    MISCONCEPTIONS = (
        "misconceptions",
        gettext_noop("Misconceptions"),
        "errors that the pages warn of or that their tasks bring out",
    )
    CHECKS = (
        "checks",
        gettext_noop("Checks for understanding"),
        "questions of your own that show whether the objective is reached",
    )
    BOUNDARY = "boundary", gettext_noop("Out of scope"), "what is out of scope here, though a teacher might expect it"


PARTS: Final = tuple(part.value for part in Part)
PART_TITLES: Final = {part.value: part.heading for part in Part}


class FindingKind(StrEnum):
    """What may be found against a statement; ``heading`` says it to a reviewer. A guideline with a statement of which
    something is found that ``blocks`` may not be published."""

    heading: str
    blocks: bool

    def __new__(cls, value: str, heading: str = "", blocks: bool = False) -> FindingKind:  # noqa: FBT001, FBT002
        kind = str.__new__(cls, value)
        kind._value_, kind.heading, kind.blocks = value, heading, blocks
        return kind

    QUOTE_NOT_FOUND = "quote_not_found", gettext_noop("Quote not found"), True
    OTHER_PAGE = "other_page", gettext_noop("Quote on another page")
    OUTSIDE = "outside", gettext_noop("Quote from outside the subtopic"), True
    NUMBER = "number", gettext_noop("Number not on the page"), True
    NAME = "name", gettext_noop("Name not on the page"), True
    COPIED = "copied", gettext_noop("Copied from the book"), True
    NO_EVIDENCE = "no_evidence", gettext_noop("No evidence"), True
    DENIED = "denied", gettext_noop("A second reading says no"), True
    PARTLY = "partly", gettext_noop("A second reading says partly")
    PAGE_REMOVED = "page_removed", gettext_noop("Cites a page that was removed")


@dataclass(frozen=True, slots=True)
class Finding:
    """``sentence`` says what exactly was found, "" where the kind says it all; ``instead`` is a sentence offered in the
    statement's place."""

    kind: FindingKind
    sentence: Sentence = ""
    instead: str = ""


@dataclass(frozen=True)
class Evidence(Generic[P]):
    """Words of the book, as it prints them, on which a statement stands."""

    page: P
    quote: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A person has looked at what was found against a statement and lets it stand."""

    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Statement(Generic[P]):
    """One sentence of a guideline and the pages that support it; a "quote" is the book's own words, shown as such.

    ``basis`` says what it rests on where that is no quotation. ``findings`` is what is against it, ``checked`` that a
    person lets it stand all the same.
    """

    text: str
    pages: tuple[P, ...]
    kind: Literal["statement", "quote"] = "statement"
    evidence: tuple[Evidence[P], ...] = ()
    basis: str = ""
    findings: tuple[Finding, ...] = ()
    checked: Checked | None = None

    @property
    def is_in_doubt(self) -> bool:
        """Something was found that blocks publishing, and nobody looked at it."""
        return self.checked is None and any(each.kind.blocks for each in self.findings)

    @property
    def offer(self) -> str:
        """What a finding would put instead."""
        return next((each.instead for each in self.findings if each.instead), "")


# A guideline that was written has every part, if need be without a statement; one that was not is empty.
Parts = dict[Part, tuple[Statement[P], ...]]
Guideline = Parts[PageId]


def parts_of(parts: Mapping[Part, Sequence[Statement[P]]]) -> Parts[P]:
    """With every part, in order."""
    return {part: tuple(parts.get(part, ())) for part in Part}


def statements(parts: Parts[P]) -> Iterator[tuple[str, Statement[P]]]:
    """Each with its name, as "concepts.0", in the order in which they are read."""
    return ((f"{part}.{at}", each) for part in Part for at, each in enumerate(parts.get(part, ())))


def in_doubt(parts: Parts[P]) -> list[tuple[str, Statement[P]]]:
    """As ``statements``, those with which the guideline may not be published."""
    return [(name, each) for name, each in statements(parts) if each.is_in_doubt]


def says_something(parts: Parts[P]) -> bool:
    return any(parts.values())


def each_statement(parts: Parts[P], change: Callable[[Statement[P]], Statement[Q]]) -> Parts[Q]:
    return {part: tuple(map(change, parts[part])) for part in Part if part in parts}


def numbered(guideline: Guideline, numbers: PageNumbers) -> Parts[int]:
    """As people, models and readers get it. A page that was removed is left out and its statement is marked."""

    def shown(statement: Statement[PageId]) -> Statement[int]:
        is_whole = all(map(numbers.has, statement.pages))
        evidence = [each for each in statement.evidence if numbers.has(each.page)]
        return Statement(
            statement.text,
            tuple(numbers.numbers(statement.pages)),
            statement.kind,
            tuple(Evidence(numbers.first([each.page]), each.quote) for each in evidence),
            statement.basis,
            (*statement.findings, *(() if is_whole else (Finding(FindingKind.PAGE_REMOVED),))),
            statement.checked,
        )

    return each_statement(guideline, shown)


def identified(parts: Parts[int], numbers: PageNumbers) -> Guideline:
    """As it is stored; numbers that the book does not have are left out."""

    def stored(statement: Statement[int]) -> Statement[PageId]:
        evidence = [Evidence(page, each.quote) for each in statement.evidence for page in numbers.ids([each.page])]
        return Statement(
            statement.text,
            numbers.ids(statement.pages),
            statement.kind,
            tuple(evidence),
            statement.basis,
            statement.findings,
            statement.checked,
        )

    return each_statement(parts, stored)


def as_written(
    text: str, pages: Sequence[int], present: Sequence[Statement[PageId]], numbers: PageNumbers
) -> Statement[PageId]:
    """What a person wrote, to be stored. A statement of ``present`` that says the same stays as it is, and one that was
    offered this text takes it; with other pages it keeps what it has on those that are left."""
    same = next((each for each in present if each.text in (text, bare(text)[0])), None)
    offered = next((each for each in present if text in (found.instead for found in each.findings)), None)
    if same is None and offered is not None:
        same = replace(offered, text=text, findings=(), checked=None)
    if same is None:
        return Statement(text, numbers.ids(pages))
    if numbers.numbers(same.pages) == sorted(set(pages)):
        return same
    cited = numbers.ids(pages)
    return replace(
        same, pages=cited, evidence=tuple(each for each in same.evidence if each.page in cited), checked=None
    )


def with_pages(text: str, pages: Sequence[int], kind: str = "statement") -> str:
    """ "Zero is even. [3-5]": how a statement reads wherever a guideline is text; a quotation is in its marks."""
    return f"{shown(text, kind)} [{ranges(pages)}]"


def shown(text: str, kind: str) -> str:
    return f"“{text}”" if kind == "quote" else text


def bare(text: str) -> tuple[str, str]:
    """A text as ``shown`` gave it, and its kind."""
    found = re.fullmatch(r"“([^“”]+)”", text)
    return (found[1], "quote") if found else (text, "statement")


def part_text(parts: Parts[int], part: Part) -> str:
    """A line a statement."""
    return "\n".join(with_pages(each.text, each.pages, each.kind) for each in parts.get(part, ()))
