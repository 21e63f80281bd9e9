"""The forms in which the model answers, one a stage. A form's version goes up with every change of it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from books.stored.guideline import PARTS

# A window has forty pages, and no page of a book begins more sections than this one in three.
MOST_SECTIONS = 120
LONGEST_LINE, LONGEST_PROSE = 200, 1_000


def _line(text: str) -> str:
    return _prose(text)[:LONGEST_LINE].rstrip()


def _prose(text: str) -> str:
    return " ".join(text[: 4 * LONGEST_PROSE].split())[:LONGEST_PROSE].rstrip()


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("there is nothing in it")
    return text


def _share(value: object) -> object:
    """From 0 to 1, also where it was told in percent."""
    try:
        number = float(str(value).strip().removesuffix("%"))
    except ValueError:
        return value
    return number / 100 if 1 < number <= 100 else number


# Cut to what fits a screen and a column: a provider cannot be made to keep to a length.
Line = Annotated[str, AfterValidator(_line)]
Prose = Annotated[str, AfterValidator(_prose)]
Said = Annotated[Prose, AfterValidator(_not_empty)]
Count = Annotated[int, Field(ge=0, le=10_000)]
Pages = Annotated[list[int], Field(max_length=500)]


class Form(BaseModel):
    """Strict mode knows no other keys; where a server adds some all the same, they are ignored."""

    model_config = ConfigDict(extra="ignore")
    version: ClassVar[str] = "1"


class HeadingForm(Form):
    text: Line
    level: int = Field(ge=1, le=3)
    number: Line


class ContentsLine(Form):
    title: Line
    level: int = Field(ge=1, le=3)
    number: Line
    page: Count | None


class DigestForm(Form):
    version: ClassVar[str] = "3"

    summary: list[Prose] = Field(max_length=8)
    headings: list[HeadingForm] = Field(max_length=60)
    exercises: Count
    continues_previous: bool
    running_head: Line
    printed_number: Count | None
    contents: list[ContentsLine] = Field(max_length=200)


class SectionForm(Form):
    """``chapter`` is the title of the topic that the section belongs to; pages are scan numbers."""

    chapter: Line
    chapter_number: Line
    title: Line
    number: Line
    first_page: int
    last_page: int
    starts_at: Line
    continues_previous: bool


class OutlineForm(Form):
    version: ClassVar[str] = "2"

    sections: list[SectionForm] = Field(max_length=MOST_SECTIONS)
    front_or_back_matter: Pages


class StatementForm(Form):
    text: Said
    pages: Pages = Field(min_length=1)


Statements = Annotated[list[StatementForm], Field(max_length=30)]


class GuidelineForm(Form):
    """An answer that says nothing about the pages it was asked about is invalid, so that it is asked for once more."""

    version: ClassVar[str] = "2"
    own_pages: ClassVar[frozenset[int]] = frozenset()

    objective: Statements
    concepts: Statements
    depth: Statements
    prerequisites: Statements
    misconceptions: Statements
    checks: Statements
    boundary: Statements
    summary: Prose

    @model_validator(mode="after")
    def _is_about_its_pages(self) -> GuidelineForm:
        if not any(self.own_pages.intersection(each.pages) for part in PARTS for each in getattr(self, part)):
            raise ValueError("no statement names one of the pages given")
        return self


def guideline_form(pages: frozenset[int]) -> type[GuidelineForm]:
    """GuidelineForm for a subtopic of these pages."""
    return type("GuidelineForm", (GuidelineForm,), {"own_pages": pages, "__module__": __name__})


class RewordForm(Form):
    sentences: list[Prose] = Field(max_length=300)


class SummaryForm(Form):
    version: ClassVar[str] = "2"

    summary: Said


class NameForm(Form):
    version: ClassVar[str] = "2"

    title: Annotated[Line, AfterValidator(_not_empty)]


class SameForm(Form):
    version: ClassVar[str] = "2"

    same: bool
    reason: Prose
    confidence: Annotated[float, Field(ge=0, le=1), BeforeValidator(_share)]


class OrderForm(Form):
    """``order`` lists the numbers of the parts as they should be taught."""

    order: Annotated[list[int], Field(max_length=500)]
    storyline: Said


FORMS: dict[str, type[Form]] = {
    "digest": DigestForm,
    "outline": OutlineForm,
    "write": GuidelineForm,
    "reword": RewordForm,
    "summarise": SummaryForm,
    "name": NameForm,
    "name_topic": NameForm,
    "same": SameForm,
    "order": OrderForm,
}
