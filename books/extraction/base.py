"""The data that passes between the stages of extraction, and the contract of an engine that makes it.

Imports neither Django nor a vendor's SDK. Pages are scan numbers from 1; page ranges are inclusive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Protocol

from books.stored import guideline
from books.stored.guideline import PARTS, Part, Parts
from books.stored.made_with import MadeWith
from books.structure.base import BookFacts, Digest, Outline, PageText, TocEntry

# A file for each question that a model is asked.
PROMPTS: Final = Path(__file__).resolve().parent / "prompts"
NO_OUTLINE: Final = Outline()
# With scan numbers, as all that passes between the stages.
Statement = guideline.Statement[int]


@dataclass(frozen=True, init=False)
class Guideline:
    """What to teach in a subtopic and how deep; every part is a list of supported statements. Made and read by the
    names of the parts: ``Guideline(summary, concepts=found).concepts``; a part that is not given is empty."""

    parts: Parts[int]
    summary: str

    def __init__(self, summary: str = "", **parts: Sequence[Statement]) -> None:
        unknown = set(parts) - set(PARTS)
        if unknown:
            raise TypeError(f"A guideline has no part {unknown}.")
        object.__setattr__(self, "parts", {part: tuple(parts.get(part, ())) for part in Part})
        object.__setattr__(self, "summary", summary)

    def __getattr__(self, name: str) -> tuple[Statement, ...]:
        if name not in PARTS:
            raise AttributeError(name)
        return self.parts[Part(name)]

    @classmethod
    def of(cls, parts: Parts[int], summary: str) -> Guideline:
        return cls(summary, **{str(part): found for part, found in parts.items()})


@dataclass(frozen=True, slots=True)
class SubtopicSource:
    """What the writer of one subtopic sees: its own pages (trimmed to it), its place in the book and what was written
    before its pages changed."""

    book: BookFacts
    topic: str
    subtopic: str
    pages: tuple[PageText, ...]
    previous: Guideline | None = None
    earlier_subtopics: tuple[str, ...] = ()
    later_subtopics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a second reading says of a statement: ``quote`` on ``page`` decides ("" where nothing does), and
    ``correction`` is the nearest sentence that the pages bear out, or ""."""

    verdict: Literal["yes", "partly", "no"]
    page: int | None
    quote: str
    correction: str


@dataclass(frozen=True, slots=True)
class NamedSubtopic:
    """A written subtopic as finalisation sees it; ``key`` is opaque and unique in the book."""

    key: str
    topic: str
    title: str
    summary: str
    pages: tuple[int, ...]
    terms: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NamedTopic:
    """As ``NamedSubtopic``, with what is in it, in the book's order."""

    key: str
    title: str
    summary: str
    subtopics: tuple[NamedSubtopic, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Titles of a topic and, by their keys, of its subtopics, with 20 to 40 words on what the topic covers."""

    title: str
    subtopics: Mapping[str, str]
    summary: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """Whether two subtopics teach the same, why, and how sure the engine is (0 to 1)."""

    is_same: bool
    reason: str
    confidence: float


@dataclass(frozen=True, slots=True)
class TeachingOrder:
    """``keys`` are those of all that was to be ordered, ``reason`` why in another order than was given; ``storyline``
    says how each part of a topic builds on the one before, and is empty of the book's topics."""

    keys: tuple[str, ...]
    storyline: str = ""
    reason: str = ""


class GuidelineEngine(Protocol):
    """One method per stage, each depending on its arguments alone.

    ``window_pages`` is how many pages ``outline`` looks at together; ``reads_layout`` whether ``digest`` and ``write``
    look at where the lines of a page stand. Raises ``books.errors.ProviderError`` leaves. Reads no settings.
    """

    @property
    def name(self) -> str: ...

    def made_with(self, *asked: str) -> MadeWith:
        """Of the question that the result answers, and those that may follow it."""
        ...

    @property
    def window_pages(self) -> int: ...

    @property
    def reads_layout(self) -> bool: ...

    def digest(self, book: BookFacts, page: PageText, before: str, after: str) -> Digest:
        """The facts of ``page``; ``before`` and ``after`` are a few lines of its neighbours ("" at the ends)."""
        ...

    def outline(
        self,
        book: BookFacts,
        window: Sequence[Digest],
        so_far: Outline,
        toc: Sequence[TocEntry],
        previous: Outline = NO_OUTLINE,
    ) -> Outline:
        """``so_far`` extended by the pages of ``window``, which follow it directly; all of them belong to the chapter
        that a ``toc`` of one entry names. ``previous`` is how the book was cut before, to be kept where it holds.
        """
        ...

    def write(self, source: SubtopicSource) -> Guideline: ...

    def verify(self, source: SubtopicSource, statements: Sequence[tuple[Part, str]]) -> Sequence[Verdict]:
        """One for each of ``statements``, in their order. Asked only of an engine that asks a model."""
        ...

    def reword(self, source: SubtopicSource, copied: Sequence[str]) -> Sequence[str]:
        """Each of ``copied``, which repeat the book word for word, in other words, in the same order."""
        ...

    def refine_names(self, book: BookFacts, topic: NamedTopic, others: Sequence[NamedTopic]) -> TopicNames:
        """Titles that are clear by themselves and unlike those of the book's ``others``; the given one where it is."""
        ...

    def are_same(self, book: BookFacts, pairs: Sequence[tuple[NamedSubtopic, NamedSubtopic]]) -> Sequence[Likeness]:
        """One for each of ``pairs``, which look alike, in their order."""
        ...

    def order_subtopics(self, book: BookFacts, topic: str, subtopics: Sequence[NamedSubtopic]) -> TeachingOrder:
        """The order in which to teach the ``subtopics`` of one topic, which come in the book's."""
        ...

    def order_topics(self, book: BookFacts, topics: Sequence[NamedTopic]) -> TeachingOrder: ...
