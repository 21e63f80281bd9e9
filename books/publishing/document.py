"""What a file of guidelines may say: the shape of guidelines.json, and of one row of a sheet. Imports no Django."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints, ValidationError, field_validator

from books.errors import ImportRefused
from books.guidelines.parts import PARTS

MOST_PAGES = 500
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
    guideline: dict[str, list[StatementIn]] = {}

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
    subtopics: list[SubtopicIn] = Field(max_length=1_000)


class DocumentIn(Clean):
    topics: list[TopicIn] = Field(max_length=500)
    front_matter: list[PageNumber] = Field(default=[], max_length=MOST_PAGES)


def document_of(data: Any) -> DocumentIn:
    """Raises ImportRefused that names the first places where ``data`` is not such a document."""
    try:
        return DocumentIn.model_validate(data)
    except ValidationError as error:
        raise ImportRefused(complaint(error)) from error


def complaint(error: ValidationError) -> str:
    found = [f"{' › '.join(map(str, each['loc'])) or 'the file'}: {each['msg']}" for each in error.errors()]
    more = f"; and {len(found) - MOST_COMPLAINTS} more" if len(found) > MOST_COMPLAINTS else ""
    return f"Nothing was imported. {'; '.join(found[:MOST_COMPLAINTS])}{more}."
