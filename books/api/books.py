"""Books as JSON: their facts, the starting of their jobs, and what goes out of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from ninja import Field, ModelSchema, Query, Router, Schema, Status
from pydantic import BeforeValidator

from books.access import of_open_books
from books.api.base import INTAKE, JOBS, PUBLISH, READ, Number, Paging, Words, document, opened, require
from books.api.jobs import StartedOut, started_document
from books.api.refusals import Refusal
from books.extraction.estimate import Estimate, estimate
from books.extraction.job import EXTRACTION, FINALISATION, resume_extraction, start_extraction, start_finalisation
from books.models import Book, BookStatus, PublishedSet
from books.models.book import BOOK_FIELDS
from books.ocr.start import asks_model, lack_of_language, start_reading
from books.publishing.files.export import book_json
from books.publishing.publish import publish
from books.publishing.text.exports import TEXT_FORMS, text_response
from books.stored.limits import Limits
from books.stored.reader import BookDocument
from jobs.models import Job
from jobs.progress import start_sentence

router = Router(tags=["books"])


class BookIn(ModelSchema):
    class Meta:
        model = Book
        fields = BOOK_FIELDS
        fields_optional = BOOK_FIELDS[1:]


class BookOut(ModelSchema):
    status: BookStatus
    pages: int

    class Meta:
        model = Book
        fields = ("id", *BOOK_FIELDS)

    @staticmethod
    def resolve_status(book: Book) -> str:
        return book.status_now

    @staticmethod
    def resolve_pages(book: Book) -> int:
        return book.page_count


class BookFilter(Paging.Input):
    """``title`` is the whole of it."""

    title: Words | None = None


class BooksOut(Schema):
    """By title; ``count`` is how many there are in all."""

    items: list[BookOut]
    count: int


class ReadIn(Schema):
    pages: list[Number] = []
    engine: str = ""


class GenerateIn(Schema):
    """``first_page`` and ``last_page`` are scan numbers, both or none; ``spending_cap`` is in US dollars.

    ``economy`` asks for the provider's slower tier, at about half the price.
    """

    resume: bool = True
    first_page: Number | None = None
    last_page: Number | None = None
    spending_cap: Decimal | None = None
    economy: bool | None = None


class FinaliseIn(Schema):
    """As for generating."""

    spending_cap: Decimal | None = None
    economy: bool | None = None


# As text with four decimals, so that no cent is lost.
Dollars = Annotated[tuple[str, str], BeforeValidator(lambda amounts: [f"{amount:.4f}" for amount in amounts])]


class StageEstimateOut(Schema):
    """Each pair is [low, high]; ``dollars`` is null where the model has no price. ``basis``: book and ledger are
    earlier calls, for this book or others; sizes are those of the pages."""

    stage: str
    model: str
    calls: tuple[int, int]
    tokens_in: tuple[int, int]
    tokens_out: tuple[int, int]
    dollars: Dollars | None
    basis: str


class EstimateOut(Schema):
    """What generating or finalising may cost from where it stands; ``sentence`` says it to a person."""

    sentence: str
    calls: tuple[int, int]
    tokens: tuple[int, int]
    dollars: Dollars | None
    stages: list[StageEstimateOut]


class GeneratingOut(StartedOut):
    """``message`` says for a person where the job goes on and what it keeps."""

    message: str
    estimate: EstimateOut


@router.post("", auth=INTAKE, response={201: BookOut}, url_name="create_book")
def create_book(request: HttpRequest, facts: BookIn) -> Status[Book]:
    user = require(request, "books.add_book")
    book = Book(owner=user, **{name: value for name, value in facts.dict().items() if value is not None})
    book.full_clean()
    if lack := lack_of_language(book.language):
        raise ValidationError({"language": lack})
    book.save()
    return Status(201, _shown_to(user).get(pk=book.pk))


@router.get("", auth=READ, response=BooksOut, url_name="create_book")
def list_books(request: HttpRequest, wanted: Query[BookFilter]) -> dict[str, object]:
    books = _shown_to(require(request, "books.view_book"))
    if wanted.title is not None:
        books = books.filter(title=wanted.title)
    return {"items": list(books[wanted.offset : wanted.offset + wanted.limit]), "count": books.count()}


@router.get("/{int:book_id}", auth=READ, response=BookOut)
def one_book(request: HttpRequest, book_id: int) -> Book:
    return get_object_or_404(_shown_to(require(request, "books.view_book")), pk=book_id)


TextFormName = Annotated[str, Field(pattern=f"^({'|'.join(TEXT_FORMS)})$")]
FILE = {"description": "The file", "content": {kind.content_type: {} for kind in TEXT_FORMS.values()}}


@router.get("/{int:book_id}/text/{form}", auth=READ, response={503: Refusal}, openapi_extra={"responses": {200: FILE}})
def export_text(request: HttpRequest, book_id: int, form: TextFormName) -> StreamingHttpResponse:
    """The approved text: as a searchable PDF over the scans, EPUB, Markdown, or with places as hOCR or ALTO. A page
    whose text is left out, since nobody approved it, says so."""
    require(request, "books.view_book")
    return text_response(get_object_or_404(Book, pk=book_id), form)


@router.post("/{int:book_id}/ocr", auth=JOBS, response={202: StartedOut})
def read_pages(request: HttpRequest, book_id: int, wanted: ReadIn | None = None) -> Status[StartedOut]:
    """Without a body, all pages not read yet; ``pages`` are read again, with ``engine`` where one is named."""
    wanted = wanted or ReadIn()
    user, book = opened(request, book_id, "books.change_book")
    if asks_model(wanted.engine):
        require(request, "books.ask_model")
    return _accepted(start_reading(book, numbers=wanted.pages, engine=wanted.engine, user=user))


@router.post("/{int:book_id}/guidelines/generate", auth=JOBS, response={202: GeneratingOut})
def generate(request: HttpRequest, book_id: int, options: GenerateIn) -> Status[GeneratingOut]:
    """With ``resume``, goes on with the last job of the same pages and keeps all that it finished; else begins anew."""
    user, book = opened(request, book_id, "books.ask_model")
    start = resume_extraction if options.resume else start_extraction
    limits = Limits(options.first_page, options.last_page, options.spending_cap, options.economy)
    expected = estimate(book, limits)
    job = start(book, limits, user=user)
    return Status(202, document(GeneratingOut, started_document(job), message=start_sentence(job), estimate=expected))


@router.get("/{int:book_id}/guidelines/estimate", auth=READ, response=EstimateOut)
def estimate_guidelines(
    request: HttpRequest,
    book_id: int,
    first_page: Number | None = None,
    last_page: Number | None = None,
    *,
    economy: bool | None = None,
    finalising: bool = False,
) -> Estimate:
    """Of generating, or of ``finalising``, which is always of the whole book."""
    require(request, "books.view_book")
    limits = Limits(first_page, last_page, economy=economy)
    kind = FINALISATION.kind if finalising else EXTRACTION.kind
    return estimate(get_object_or_404(Book, pk=book_id), limits, kind)


@router.post("/{int:book_id}/guidelines/finalize", auth=JOBS, response={202: StartedOut})
def finalise(request: HttpRequest, book_id: int, options: FinaliseIn | None = None) -> Status[StartedOut]:
    user, book = opened(request, book_id, "books.ask_model")
    options = options or FinaliseIn()
    limits = Limits(spending_cap=options.spending_cap, economy=options.economy)
    return _accepted(start_finalisation(book, limits, user=user))


def _accepted(job: Job) -> Status[StartedOut]:
    return Status(202, started_document(job))


def _shown_to(user: User) -> QuerySet[Book]:
    return of_open_books(Book.objects.with_status().with_page_count(), user, "pk")


class LeftOutOut(Schema):
    title: str
    topic: str
    reason: str


class PublishedOut(Schema):
    """``sentence`` says what is new, changed or removed; ``left_out`` what could not go out, and why."""

    version: int
    made_at: datetime
    sentence: str
    left_out: list[LeftOutOut]


@router.get("/{int:book_id}/guidelines.json", auth=READ, response=dict[str, Any], tags=["publishing"])
def export_guidelines(request: HttpRequest, book_id: int) -> BookDocument:
    """All of a book's guidelines as they are now, whatever their status: the file that screens and commands give."""
    require(request, "books.view_subtopic")
    return book_json(get_object_or_404(Book, pk=book_id))


@router.post("/{int:book_id}/guidelines/publish", auth=PUBLISH, response=PublishedOut, tags=["publishing"])
def publish_book(request: HttpRequest, book_id: int) -> PublishedSet:
    """Gives readers whatever of the book is approved. Answers 409 where they have exactly that already."""
    user, _ = opened(request, book_id, "books.publish_guideline")
    return publish(book_id, user=user)
