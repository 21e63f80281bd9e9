"""What is known of a book's pages and how it is cut, as plain data that passes between rooms. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from books.stored.outline import ContentsLine


@dataclass(frozen=True, slots=True)
class BookFacts:
    """What is known of the book before a page is read; ``language`` as "eng" or "deu+eng"."""

    title: str
    grade: str = ""
    subject: str = ""
    board: str = ""
    country: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A printed line; ``top``, ``left`` and ``height`` are shares (0 to 1) of the page's height, width and height."""

    text: str
    top: float
    left: float
    height: float
    width: float = 0.0
    block: int = 0


@dataclass(frozen=True, slots=True)
class PageText:
    """The approved text of one page, with its layout where the OCR engine gave one (else ``lines`` is empty).

    ``captions`` are those of its figures and tables, ``misread`` the lines of formulas and the words of which the
    engine was not sure, which may say something else in print ("≤" is read as "<"). ``image`` is a PNG of a page that a
    model has to see, as its text does not tell all that is on it; else empty.
    """

    number: int
    text: str
    lines: tuple[TextLine, ...] = ()
    captions: tuple[str, ...] = ()
    misread: tuple[str, ...] = ()
    image: bytes = b""


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that looks like a heading; ``level`` 1 is a chapter, 2 a section, 3 anything below.

    ``size`` is the height of its type relative to the page's body text; ``line`` its index in the page's lines;
    ``number`` its printed number ("3", "3.2") or "".
    """

    text: str
    level: int
    number: str = ""
    size: float = 1.0
    line: int = 0


# With scan numbers.
TocEntry = ContentsLine[int]


@dataclass(frozen=True, slots=True)
class Digest:
    """The facts of one page: all that the outline may look at.

    ``continues_previous``: body text stands above the page's first heading. Each heading is one printed line.

    ``captions`` are those of its figures and tables.

    ``terms`` maps a stemmed content word to its count on the page (body only, no running heads). ``printed_number``
    is the page number printed on the page. ``toc`` holds the entries where the page is part of the book's contents.
    """

    page: int
    summary: tuple[str, ...] = ()
    headings: tuple[Heading, ...] = ()
    terms: dict[str, int] = field(default_factory=dict)
    exercises: int = 0
    continues_previous: bool = False
    running_head: str = ""
    printed_number: int | None = None
    toc: tuple[TocEntry, ...] = ()
    captions: tuple[str, ...] = ()
    is_blank: bool = False
    starts_mid_sentence: bool = False


@dataclass(frozen=True, slots=True)
class SubtopicPlan:
    """A subtopic as the outline cuts it. Neighbours may share the page on which one ends and the next begins.

    ``start_line`` is the text of the heading on ``first_page`` where it begins (so that the writer can leave out what
    stands before it), or "" for the top of the page. ``note`` says where the cut was put right.
    """

    title: str
    first_page: int
    last_page: int
    number: str = ""
    start_line: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class TopicPlan:
    title: str
    first_page: int
    last_page: int
    subtopics: tuple[SubtopicPlan, ...]
    number: str = ""


Basis = Literal["toc", "headings", "cohesion", "model", ""]


@dataclass(frozen=True, slots=True)
class Outline:
    """Topics in book order; every page of the book is in a subtopic or in ``front_matter``. ``basis`` says why so."""

    topics: tuple[TopicPlan, ...] = ()
    front_matter: tuple[int, ...] = ()
    basis: Basis = ""
