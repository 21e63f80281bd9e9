"""How a book is cut, and the lines of its contents, as stored: pages by id, so that none of it changes when they move.
Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from books.keys import fingerprint, slug
from books.stored.pages import PageId

P = TypeVar("P")
KEY_LENGTH = 80


@dataclass(frozen=True, slots=True)
class CutSubtopic:
    """``pages`` in the order in which they were cut; see ``books.structure.base.SubtopicPlan`` for the rest."""

    title: str
    pages: tuple[PageId, ...]
    number: str = ""
    start_line: str = ""
    note: str = ""

    @property
    def key(self) -> str:
        return subtopic_key(self.title, self.pages)


@dataclass(frozen=True, slots=True)
class CutTopic:
    title: str
    subtopics: tuple[CutSubtopic, ...]
    number: str = ""

    @property
    def key(self) -> str:
        return topic_key(self.number, self.title)

    @property
    def pages(self) -> tuple[PageId, ...]:
        return tuple(page for subtopic in self.subtopics for page in subtopic.pages)


@dataclass(frozen=True, slots=True)
class CutBook:
    """As ``books.structure.base.Outline``."""

    topics: tuple[CutTopic, ...] = ()
    front_matter: tuple[PageId, ...] = ()
    basis: Literal["toc", "headings", "cohesion", "model", ""] = ""


@dataclass(frozen=True)
class ContentsLine(Generic[P]):
    """One line of a table of contents; ``page`` is the printed page number, None where the line gives none.

    ``level`` 1 is a chapter, 2 a section, 3 anything finer; 0 groups chapters (a part) and is no topic itself. ``scan``
    is the page where it begins, where that is settled, and ``is_fixed`` says that a person settled it.
    """

    title: str
    level: int
    number: str = ""
    page: int | None = None
    scan: P | None = None
    is_fixed: bool = False


def subtopic_key(title: str, pages: Sequence[PageId]) -> str:
    """The same while its title, its first and its last page are."""
    return f"{slug(title)[:60]}-{fingerprint(pages[0], pages[-1])[:12] if pages else ''}"


def free_key(key: str, taken: Collection[str]) -> str:
    """``key``, told apart from those that are ``taken``."""
    wanted = (key, *(f"{key[:70]}~{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in wanted if each not in taken)


def topic_key(number: str, title: str) -> str:
    return slug(f"{number} {title}")[:KEY_LENGTH]
