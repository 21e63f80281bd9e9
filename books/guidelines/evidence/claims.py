"""What goes into the check of a statement, and what comes out of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FindingKind(StrEnum):
    """What the check has against a statement; ``blocks`` where it may not be published until a person looked."""

    heading: str

    def __new__(cls, value: str, heading: str = "") -> FindingKind:
        kind = str.__new__(cls, value)
        kind._value_, kind.heading = value, heading
        return kind

    QUOTE_NOT_FOUND = "quote_not_found", "Quote not found"
    OTHER_PAGE = "other_page", "Quote on another page"
    OUTSIDE = "outside", "Quote from outside the subtopic"
    NUMBER = "number", "Number not on the page"
    NAME = "name", "Name not on the page"
    COPIED = "copied", "Copied"
    NO_EVIDENCE = "no_evidence", "No evidence"

    @property
    def blocks(self) -> bool:
        """A citation that was moved within the subtopic says so, and is right now."""
        return self is not FindingKind.OTHER_PAGE


@dataclass(frozen=True, slots=True)
class Finding:
    """``sentence`` says to a reviewer what to look at."""

    kind: FindingKind
    sentence: str


@dataclass(frozen=True, slots=True)
class Quote:
    page: int
    words: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement as its writer gives it. ``basis`` is what one without quotes rests on."""

    text: str
    part: str
    pages: tuple[int, ...]
    evidence: tuple[Quote, ...] = ()
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """``evidence`` has the pages' own words where a quote was found, and ``pages`` follow from it."""

    pages: tuple[int, ...]
    evidence: tuple[Quote, ...]
    findings: tuple[Finding, ...]
