"""The forms in which the model answers, one a stage. A form's version goes up with every change of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    create_model,
    model_validator,
)

from books.keys import fingerprint
from books.stored.guideline import Part

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
NonEmpty = Annotated[Prose, AfterValidator(_not_empty)]
Count = Annotated[int, Field(ge=0, le=10_000)]
Pages = Annotated[list[int], Field(max_length=500)]


class Form(BaseModel):
    """Strict mode knows no other keys; where a server adds some all the same, they are ignored."""

    model_config = ConfigDict(extra="ignore")
    version: ClassVar[str] = "1"


class HeadingForm(Form):
    text: Line = Field(description="as printed, without its number")
    level: int = Field(ge=1, le=3, description="1 chapter or unit, 2 section, 3 anything below")
    number: Line = Field(description="the printed number alone, or empty")


class ContentsLine(Form):
    title: Line = Field(description="as printed, without its number, leaders and page")
    level: int = Field(ge=1, le=3, description="1 chapter or unit, 2 section, 3 anything below")
    number: Line = Field(description="the printed number alone, or empty")
    page: Count | None = Field(description="the page number printed behind the line")


class DigestForm(Form):
    version: ClassVar[str] = "3"

    summary: list[Prose] = Field(max_length=8, description="five or six short sentences; empty without teaching matter")
    headings: list[HeadingForm] = Field(max_length=60, description="in their order on the page; no running heads")
    exercises: Count = Field(description="how many tasks are set to the learner; worked examples do not count")
    continues_previous: bool = Field(description="whether the page goes on with what the page before was teaching")
    running_head: Line = Field(description="the line repeated at the top or foot of pages, or empty")
    printed_number: Count | None = Field(description="the page number printed on the page")
    contents: list[ContentsLine] = Field(max_length=200, description="only of a page of the table of contents")


class SectionForm(Form):
    """``chapter`` is the title of the topic that the section belongs to; pages are scan numbers."""

    chapter: Line = Field(description="the same words for every section of a chapter")
    chapter_number: Line = Field(description="the printed number alone, or empty")
    title: Line = Field(description="without its number")
    number: Line = Field(description="the printed number alone, or empty")
    first_page: int = Field(description="a page of the digests, no printed number")
    last_page: int = Field(description="a page of the digests, no printed number")
    starts_at: Line = Field(description="the heading line that begins the section, or empty at the top of the page")
    continues_previous: bool = Field(description="only of a first section that goes on with the last one of so_far")


class OutlineForm(Form):
    version: ClassVar[str] = "3"

    sections: list[SectionForm] = Field(max_length=MOST_SECTIONS, description="in the order of the book")
    front_or_back_matter: Pages = Field(description="pages that teach nothing")


class EvidenceForm(Form):
    page: int = Field(description="the number of the page in the material on which the words stand")
    quote: Line = Field(description="at most twelve words in a row, exactly as printed on that page")


MOST_STATEMENTS, MOST_QUOTES = 30, 3


class EvidencedForm(Form):
    """Evidence is asked for before the sentence, so that the model looks first and says then. A server that holds to no
    form may name pages alone: such a statement is kept, and the check has it against it that it has no evidence."""

    evidence: list[EvidenceForm] = Field(
        default=[], max_length=30, description="one to three quotes that bear the sentence out"
    )
    plain: ClassVar[str] = "text"

    @model_validator(mode="before")
    @classmethod
    def _with_pages_alone(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "evidence" in given:
            return given
        pages = given.get("pages")
        evidence = [{"page": page, "quote": ""} for page in pages] if isinstance(pages, list) else []
        return {cls.plain: given.get("text")} | given | {"evidence": evidence}

    @property
    def said(self) -> str:
        """The statement as it is shown."""
        raise NotImplementedError

    @property
    def pages(self) -> set[int]:
        return {each.page for each in self.evidence}

    @property
    def quotes(self) -> list[EvidenceForm]:
        return [each for each in self.evidence if each.quote][:MOST_QUOTES]


class StatementForm(EvidencedForm):
    text: NonEmpty = Field(description="one plain sentence in words of your own that says no more than the quotes")

    @property
    def said(self) -> str:
        return self.text


class MisconceptionForm(EvidencedForm):
    plain: ClassVar[str] = "error"

    error: NonEmpty = Field(description="what learners may believe, as one sentence")
    correction: Prose = Field(default="", description="what is right, as one sentence that the quotes bear out")

    @property
    def said(self) -> str:
        return f"{_ended(self.error)} {_ended(self.correction)}".strip()


class QuestionForm(EvidencedForm):
    plain: ClassVar[str] = "question"

    question: NonEmpty = Field(description="a question or task of your own")
    answer: Prose = Field(default="", description="its answer, short")

    @property
    def said(self) -> str:
        return f"{_ended(self.question)} Answer: {_ended(self.answer)}" if self.answer else self.question


class BoundaryForm(EvidencedForm):
    evidence: list[EvidenceForm] = Field(
        default=[], max_length=30, description="where it rests on a quote; otherwise empty"
    )
    rests_on: Literal["later subtopic", "absent", "quote"] = Field(
        default="quote", description="what the sentence rests on"
    )
    text: NonEmpty = Field(description="one plain sentence on what is out of scope")

    @property
    def said(self) -> str:
        return self.text


def _ended(sentence: str) -> str:
    return sentence if not sentence or sentence.endswith((".", "?", "!", "。", "؟")) else f"{sentence}."


# The form of a statement, where a part has one of its own.
FORMS_OF_PARTS: dict[Part, type[EvidencedForm]] = {
    Part.MISCONCEPTIONS: MisconceptionForm,
    Part.CHECKS: QuestionForm,
    Part.BOUNDARY: BoundaryForm,
}


class AboutItsPages(Form):
    """An answer that says nothing, or is about other pages than were asked about (the context in which it is judged),
    is invalid, so that it is asked for once more. One without
    any quote is kept: the check has it against each of its statements."""

    version: ClassVar[str] = f"3.{fingerprint([(part, part.says) for part in Part])[:6]}"
    if TYPE_CHECKING:
        summary: Prose

    @model_validator(mode="after")
    def _is_about_its_pages(self, info: ValidationInfo) -> AboutItsPages:
        said = [each for part in Part for each in getattr(self, part)]
        if not said:
            raise ValueError("there is no statement in it")
        cited = {page for each in said for page in each.pages}
        if cited and cited.isdisjoint(info.context or ()):
            raise ValueError("no statement has a quote from one of the pages given")
        return self


def _without_empty(found: Any) -> Any:
    """Servers that fit an answer to its form fill it up with statements that say nothing."""
    return [each for each in found if not isinstance(each, dict) or _says(each)] if isinstance(found, list) else found


def _says(statement: dict[str, Any]) -> bool:
    words = [value for name, value in statement.items() if name in {"text", "error", "question"}]
    return not words or any(not isinstance(each, str) or each.strip() for each in words)


def _statements(part: Part) -> Any:
    """The field of a part."""
    form = FORMS_OF_PARTS.get(part, StatementForm)
    limited = Field(max_length=MOST_STATEMENTS, description=part.says)
    return Annotated[list[form], limited, BeforeValidator(_without_empty)], ...  # type: ignore[valid-type]


GuidelineForm: type[AboutItsPages] = create_model(
    "GuidelineForm",
    __base__=AboutItsPages,
    **{part.value: _statements(part) for part in Part},
    summary=(Prose, Field(description="15 to 30 words on what the subtopic teaches")),
)


class VerdictForm(Form):
    number: int = Field(description="of the statement judged")
    page: Count | None = Field(description="the page in the material on which the quote stands")
    quote: Line = Field(description="the words that decide, at most twelve in a row, exactly as printed, or empty")
    verdict: Literal["yes", "partly", "no"] = Field(description="whether the pages bear the statement out")
    correction: Prose = Field(description="the nearest sentence that the pages bear out, or empty")


class VerifyForm(Form):
    verdicts: list[VerdictForm] = Field(max_length=300, description="one for every statement, in their order")


class RewordForm(Form):
    sentences: list[Prose] = Field(max_length=300, description="as many as were given, in the same order")


Title = Annotated[Line, AfterValidator(_not_empty)]


class NamedForm(Form):
    number: int = Field(description="of the subtopic in the material")
    title: Title = Field(description="at most eight words, without its number; as given where that is clear")


class NamesForm(Form):
    title: Title = Field(
        description="of the topic: at most eight words, without its number; as given where it is clear"
    )
    subtopics: list[NamedForm] = Field(max_length=500, description="one for every subtopic, in their order")
    summary: NonEmpty = Field(description="20 to 40 words on what the topic covers and in which order")


class PairForm(Form):
    number: int = Field(description="of the pair judged")
    reason: Prose = Field(description="one sentence for the person who decides: what both teach, or what only one does")
    same: bool = Field(description="whether one guideline would do for both; false when in doubt")
    confidence: Annotated[float, Field(ge=0, le=1), BeforeValidator(_share)] = Field(description="from 0 to 1")


class SameForm(Form):
    version: ClassVar[str] = "4"

    pairs: list[PairForm] = Field(max_length=300, description="one for every pair, in their order")


class OrderForm(Form):
    version: ClassVar[str] = "2"

    order: list[int] = Field(max_length=500, description="the numbers of all parts, as they should be taught")
    reason: Prose = Field(default="", description="why in another order than the book's, in one sentence, or empty")
    storyline: Prose = Field(description="of a topic, two to four sentences; of a book, empty")


FORMS: dict[str, type[Form]] = {
    "digest": DigestForm,
    "outline": OutlineForm,
    "write": GuidelineForm,
    "verify": VerifyForm,
    "reword": RewordForm,
    "names": NamesForm,
    "same": SameForm,
    "order": OrderForm,
}
