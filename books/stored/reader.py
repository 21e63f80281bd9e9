"""What readers, files and programs get of a guideline, as JSON: pages are scan numbers. Pure."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class EvidenceDocument(TypedDict):
    page: int
    quote: str


class FindingDocument(TypedDict):
    kind: str
    sentence: str


class StatementDocument(TypedDict):
    """What is not there has nothing to say. ``printed_pages`` are the numbers that the pages bear in print;
    ``is_checked`` where a person let it stand in spite of ``findings``: who that was is not for readers."""

    text: str
    pages: list[int]
    printed_pages: NotRequired[list[int | None]]
    kind: NotRequired[str]
    basis: NotRequired[str]
    evidence: NotRequired[list[EvidenceDocument]]
    findings: NotRequired[list[FindingDocument]]
    is_checked: NotRequired[bool]


# By the parts of a guideline, each with its statements.
GuidelineDocument = dict[str, list[StatementDocument]]


class FigureDocument(TypedDict):
    """A figure or table: ``box`` is left, top, right and bottom in shares (0 to 1) of the scan ``page``."""

    page: int
    kind: str
    caption: str
    box: list[float]


class SubtopicDocument(TypedDict):
    """One of ``guidelines.json``; its pages are 0 where all were removed."""

    key: str
    number: str
    title: str
    summary: str
    sequence: int
    status: str
    pages: list[int]
    first_page: int
    last_page: int
    figures: list[FigureDocument]
    guideline: GuidelineDocument


class TopicDocument(TypedDict):
    key: str
    number: str
    title: str
    summary: str
    storyline: str
    sequence: int
    first_page: int
    last_page: int
    subtopics: list[SubtopicDocument]


class BookDocument(TypedDict):
    """``guidelines.json``: a file of it can be imported again."""

    book: dict[str, int | str | None]
    engine: str
    topics: list[TopicDocument]
    front_matter: list[int]
