"""The forms in which the model answers, one a stage. A form's version goes up with every change of it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")
    version: ClassVar[str] = "1"


class HeadingForm(Form):
    text: str
    level: int = Field(ge=1, le=3)
    number: str


class ContentsLine(Form):
    title: str
    level: int = Field(ge=1, le=3)
    number: str
    page: int | None


class TermForm(Form):
    term: str
    count: int = Field(ge=1)


class DigestForm(Form):
    summary: list[str] = Field(max_length=8)
    headings: list[HeadingForm]
    terms: list[TermForm] = Field(max_length=40)
    exercises: int = Field(ge=0)
    continues_previous: bool
    running_head: str
    printed_number: int | None
    contents: list[ContentsLine]


class SectionForm(Form):
    """``chapter`` is the title of the topic that the section belongs to; pages are scan numbers."""

    chapter: str
    chapter_number: str
    title: str
    number: str
    first_page: int
    last_page: int
    starts_at: str
    continues_previous: bool


class OutlineForm(Form):
    sections: list[SectionForm]
    front_or_back_matter: list[int]


class StatementForm(Form):
    text: str = Field(min_length=1)
    pages: list[int] = Field(min_length=1)


class GuidelineForm(Form):
    objective: list[StatementForm]
    concepts: list[StatementForm]
    depth: list[StatementForm]
    prerequisites: list[StatementForm]
    misconceptions: list[StatementForm]
    checks: list[StatementForm]
    boundary: list[StatementForm]
    summary: str


class RewordForm(Form):
    sentences: list[str]


class SummaryForm(Form):
    summary: str = Field(min_length=1)


class NameForm(Form):
    title: str = Field(min_length=1, max_length=200)


class SameForm(Form):
    same: bool
    reason: str


FORMS: dict[str, type[Form]] = {
    "digest": DigestForm,
    "outline": OutlineForm,
    "write": GuidelineForm,
    "reword": RewordForm,
    "summarise": SummaryForm,
    "name": NameForm,
    "same": SameForm,
}
