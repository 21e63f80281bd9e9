"""What a proposal rests on, what is there before and what would be there after it: a type a kind. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, with_config

from books.stored.guideline import Guideline, numbered
from books.stored.made_with import MadeWith
from books.stored.pages import PageId, PageNumbers

_EXACT = ConfigDict(extra="forbid")


@with_config(_EXACT)
@dataclass(frozen=True, slots=True)
class Values:
    """Fields of a row by their names; what is None is not meant."""

    title: str | None = None
    summary: str | None = None
    storyline: str | None = None
    guideline: Guideline | None = None
    terms: dict[str, int] | None = None
    engine: str | None = None
    made_with: MadeWith | None = None
    provenance: str | None = None
    key: str | None = None
    pages: tuple[PageId, ...] | None = None
    topic_id: int | None = None

    @property
    def given(self) -> dict[str, Any]:
        named = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in named.items() if value is not None}


@with_config(_EXACT)
@dataclass(frozen=True, slots=True)
class Pair:
    """Two subtopics before they are merged."""

    titles: tuple[str, str]
    pages: tuple[tuple[PageId, ...], tuple[PageId, ...]]


@with_config(_EXACT)
@dataclass(frozen=True, slots=True)
class Merge:
    """Ids of subtopics."""

    keeps: int
    takes_in: int


@with_config(_EXACT)
@dataclass(frozen=True, slots=True)
class Order:
    """Ids of topics or subtopics; "" as storyline where there is none to tell."""

    order: tuple[int, ...]
    storyline: str = ""


@with_config(_EXACT)
@dataclass(frozen=True, slots=True)
class Place:
    """Where a subtopic is before a new cut; ``topic`` is a title."""

    title: str
    pages: tuple[PageId, ...]
    topic: str


@with_config(_EXACT)
@dataclass(frozen=True, slots=True)
class TopicFacts:
    key: str
    number: str
    title: str


@with_config(_EXACT)
@dataclass(frozen=True, slots=True)
class Piece:
    """A subtopic of a new cut."""

    key: str
    number: str
    title: str
    start_line: str
    pages: tuple[PageId, ...]
    topic: TopicFacts


@with_config(_EXACT)
@dataclass(frozen=True, slots=True)
class Pieces:
    """What a new cut has in place of a subtopic."""

    pieces: tuple[Piece, ...]


@with_config(_EXACT)
@dataclass(frozen=True, slots=True)
class NewTopic:
    """The topic in which a new cut has a subtopic."""

    topic: TopicFacts


Content = Annotated[Order | Merge | Pieces | NewTopic | Pair | Place | Values, Field(union_mode="left_to_right")]
_JSON: TypeAdapter[Any] = TypeAdapter(Any)


def document_of(content: Content, numbers: PageNumbers) -> dict[str, Any]:
    """As JSON for people and programs: with scan numbers, and without what is not meant."""
    document: dict[str, Any] = _JSON.dump_python(content, mode="json", exclude_none=True)
    if isinstance(content, Pair):
        document["pages"] = [numbers.numbers(pages) for pages in content.pages]
    elif isinstance(content, Pieces):
        pieces = zip(document["pieces"], content.pieces, strict=True)
        document["pieces"] = [each | {"pages": numbers.numbers(piece.pages)} for each, piece in pieces]
    elif isinstance(content, Place | Values) and content.pages is not None:
        document["pages"] = numbers.numbers(content.pages)
    if isinstance(content, Values) and content.guideline is not None:
        document["guideline"] = _JSON.dump_python(numbered(content.guideline, numbers), mode="json")
    return document
