"""What a file of guidelines may say: the shape of guidelines.json, and of one row of a sheet. Imports no Django."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Self

from django.utils.translation import gettext as _
from pydantic import BaseModel, FailFast, Field, StringConstraints, ValidationError, field_validator, model_validator

from books.errors import ImportRefused
from books.stored.guideline import PARTS
from books.stored.pages import MOST_PAGES

MOST_COMPLAINTS = 5
# PostgreSQL stores no NUL, and no reader wants the other control characters.
CONTROL = {code: None for code in range(32) if chr(code) not in "\n\t"} | {127: None}
PageNumber = Annotated[int, Field(ge=1, le=MOST_PAGES)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=5_000)]


class Clean(BaseModel):
    @field_validator("*", mode="before")
    @classmethod
    def _without_control_characters(cls, value: Any) -> Any:
        return value.translate(CONTROL).encode("utf-8", "replace").decode() if isinstance(value, str) else value


class StatementIn(Clean):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
    pages: list[PageNumber] = Field(max_length=MOST_PAGES)


class SubtopicIn(Clean):
    """``id`` is the row's own, in sheets alone; a document names its rows by ``key``."""

    id: int | None = None
    key: Annotated[str, StringConstraints(max_length=80)] = ""
    number: Annotated[str, StringConstraints(max_length=20)] = ""
    title: Title
    summary: Prose = ""
    pages: list[PageNumber] = Field(max_length=MOST_PAGES)
    guideline: dict[str, Annotated[list[StatementIn], FailFast()]] = {}

    @field_validator("guideline")
    @classmethod
    def _known_parts(cls, value: dict[str, list[StatementIn]]) -> dict[str, list[StatementIn]]:
        unknown = sorted(set(value) - set(PARTS))
        if unknown:
            raise ValueError(f"{unknown[0]} is no part of a guideline; the parts are {', '.join(PARTS)}")
        return value


class TopicIn(Clean):
    key: Annotated[str, StringConstraints(max_length=80)] = ""
    number: Annotated[str, StringConstraints(max_length=20)] = ""
    title: Title
    summary: Prose = ""
    storyline: Prose = ""
    first_page: int = Field(ge=0, le=MOST_PAGES)
    last_page: int = Field(ge=0, le=MOST_PAGES)
    subtopics: Annotated[list[SubtopicIn], FailFast()] = Field(max_length=1_000)

    @model_validator(mode="after")
    def _can_be_stored(self) -> Self:
        if self.first_page > self.last_page or (self.last_page and not self.first_page):
            raise ValueError(f"its pages cannot go from {self.first_page} to {self.last_page}")
        check_keys(each.key for each in self.subtopics)
        return self


class DocumentIn(Clean):
    topics: Annotated[list[TopicIn], FailFast()] = Field(max_length=500)
    front_matter: list[PageNumber] = Field(default=[], max_length=MOST_PAGES)

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> Self:
        check_keys(each.key for each in self.topics)
        return self


def check_keys(keys: Iterable[str]) -> None:
    """Raises ValueError where one stands twice; "" is none."""
    twice = [key for key, count in Counter(filter(None, keys)).items() if count > 1]
    if twice:
        raise ValueError(f"the key “{twice[0]}” stands twice; leave it out of what is new")


def document_of(data: Any) -> DocumentIn:
    """Raises ImportRefused that names the first places where ``data`` is not such a document."""
    try:
        return DocumentIn.model_validate(data)
    except ValidationError as error:
        raise ImportRefused(complaint(error)) from error


def complaint(error: ValidationError) -> str:
    found = [f"{' › '.join(map(str, each['loc'])) or _('the file')}: {each['msg']}" for each in error.errors()]
    said = "; ".join(found[:MOST_COMPLAINTS])
    if len(found) > MOST_COMPLAINTS:
        said = _("{complaints}; and {count} more").format(complaints=said, count=len(found) - MOST_COMPLAINTS)
    return _("Nothing was imported. {complaints}.").format(complaints=said)
