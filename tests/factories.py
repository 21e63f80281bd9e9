"""Rows for tests, valid against every constraint of the database, without running an engine."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO

import factory
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from PIL import Image

from books.guidelines.changes import change
from books.models import (
    DECISIONS,
    ApiToken,
    Book,
    OcrStatus,
    Page,
    Provenance,
    Reading,
    ReviewStatus,
    Source,
    Subtopic,
    Topic,
)
from books.models.page import page_numbers
from books.ocr.job import OCR
from books.stored.guideline import Evidence, Finding, FindingKind, Guideline, Part, Statement, numbered
from books.tokens import give_out
from jobs.models import Item, Job
from jobs.states import ItemState, JobStatus


def _white() -> bytes:
    out = BytesIO()
    Image.new("L", (300, 400), 255).save(out, "PNG")
    return out.getvalue()


# The smallest picture that is a page.
WHITE = _white()


class BookFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Book

    title = factory.Sequence(lambda n: f"Book {n}")


class SourceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Source

    book = factory.SubFactory(BookFactory)
    name = factory.Sequence(lambda n: f"scan_{n:03}.png")
    format = "png"
    sha256 = factory.Sequence(lambda n: sha256(str(n).encode()).hexdigest())
    size = 1000
    frames = 1


class ReadingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Reading

    engine = "tesseract"
    version = "5"
    text = "Whole numbers\nCount the apples."
    confidence = 95.0


class PageFactory(factory.django.DjangoModelFactory):
    """A page that waits for its first reading."""

    class Meta:
        model = Page

    book = factory.SubFactory(BookFactory)
    number = factory.LazyAttribute(lambda page: page.book.pages.count() + 1)
    source = factory.SubFactory(SourceFactory, book=factory.SelfAttribute("..book"))


class ReadPageFactory(PageFactory):
    """A page with a reading (``reading__text=...``) and its picture."""

    class Meta:
        skip_postgeneration_save = True

    @factory.post_generation
    def reading(page, _create, _extracted, **values):  # noqa: N805 - factory_boy hands over the page
        page.reading = ReadingFactory(page=page, **values)
        page.ocr_status = OcrStatus.DONE
        page.image_width = page.image_height = 1
        page.save()
        default_storage.save(page.image_name, ContentFile(WHITE))


def ids(book: Book, numbers) -> tuple[str, ...]:
    """Of the book's pages with these numbers, which are made where they are not there."""
    for number in set(numbers) - page_numbers(book.pk).all():
        PageFactory(book=book, number=number)
    return page_numbers(book.pk).ids(numbers)


def guideline_of(book: Book, said: dict[str, list[dict]]) -> Guideline:
    """As it is stored, from {"concepts": [{"text", "pages": numbers, "evidence": [(page, quote)], "findings"}]}."""
    parts = {
        part: tuple(
            Statement(
                each["text"],
                ids(book, each["pages"]),
                evidence=tuple(Evidence(ids(book, [page])[0], quote) for page, quote in each.get("evidence", ())),
                findings=tuple(Finding(FindingKind(kind)) for kind in each.get("findings", ())),
            )
            for each in said.get(part, ())
        )
        for part in Part
    }
    return parts if said else {}


def shown(row: Subtopic) -> dict[str, list[dict]]:
    """The other way: the parts that say something, with numbers."""
    parts = numbered(row.guideline, page_numbers(row.topic.book_id))
    return {
        str(part): [
            {"text": each.text, "pages": list(each.pages)}
            | ({"findings": [str(found.kind) for found in each.findings]} if each.findings else {})
            for each in statements
        ]
        for part, statements in parts.items()
        if statements
    }


def pages_of(row: Subtopic) -> list[int]:
    return page_numbers(row.topic.book_id).numbers(row.pages)


def ends(topic: Topic) -> tuple[int, int]:
    """Its first page and its last."""
    pages = [page for row in topic.subtopics.all() for page in pages_of(row)]
    return min(pages, default=0), max(pages, default=0)


class _GuidelineFactory(factory.django.DjangoModelFactory):
    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        book = kwargs["book"] if model_class is Topic else kwargs["topic"].book
        with change(book.pk, "Made for a test"):
            return super()._create(model_class, *args, **kwargs)


class TopicFactory(_GuidelineFactory):
    class Meta:
        model = Topic

    book = factory.SubFactory(BookFactory)
    sequence = factory.Sequence(lambda n: n + 2_000)  # Never a number that a test chose.
    title = factory.Sequence(lambda n: f"Topic {n}")


class SubtopicFactory(_GuidelineFactory):
    """``pages``, and those of ``guideline``, are numbers: pages that the book lacks are made. A statement is {"text",
    "pages"}, and "findings" where something is found against it."""

    class Meta:
        model = Subtopic

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        book = kwargs["topic"].book
        kwargs |= {"pages": ids(book, kwargs["pages"]), "guideline": guideline_of(book, kwargs["guideline"])}
        return super()._create(model_class, *args, **kwargs)

    topic = factory.SubFactory(TopicFactory)
    sequence = factory.Sequence(lambda n: n + 2_000)  # Never a number that a test chose.
    key = factory.Sequence(lambda n: f"subtopic-{n}")
    title = factory.Sequence(lambda n: f"Subtopic {n}")
    pages = [1, 2, 3]
    guideline = factory.LazyFunction(lambda: {"objective": [{"text": "The learner can count.", "pages": [1, 2]}]})
    engine = "offline 1"
    provenance = Provenance.OFFLINE
    status = ReviewStatus.PENDING_REVIEW
    reviewed_at = factory.LazyAttribute(lambda subtopic: timezone.now() if subtopic.status in DECISIONS else None)


class JobFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Job

    book = factory.SubFactory(BookFactory)
    kind = OCR.kind
    status = JobStatus.RUNNING
    stage = "read"
    error_message = factory.LazyAttribute(lambda job: "It broke." if job.status == JobStatus.FAILED else "")


class ItemFactory(factory.django.DjangoModelFactory):
    """``FAILED`` items carry a reason."""

    class Meta:
        model = Item

    job = factory.SubFactory(JobFactory)
    stage = "read"
    ordinal = factory.LazyAttribute(lambda item: item.job.items.count() + 1)
    key = factory.Sequence(lambda n: f"item-{n}")
    label = factory.LazyAttribute(lambda item: str(item.ordinal))
    state = ItemState.DONE
    error_code = factory.LazyAttribute(lambda item: "unreadable_image" if item.state == ItemState.FAILED else "")
    error_message = factory.LazyAttribute(lambda item: "It is torn." if item.state == ItemState.FAILED else "")


def secret_of(*scopes: str, owner: User | None = None, **facts) -> str:
    """Of a new API token; of a superuser's, where nobody is named."""
    owner = owner or User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("root")
    return give_out(ApiToken(scopes=[*scopes], **{"name": "Tutor"} | facts), owner=owner)


def program(*scopes: str, **facts) -> Client:
    """A client that sends nothing of a person: as ``secret_of``."""
    return Client(headers={"authorization": f"Bearer {secret_of(*scopes, **facts)}"}, enforce_csrf_checks=True)
