"""Rows for tests, valid against every constraint of the database, without running an engine."""

from __future__ import annotations

from hashlib import sha256

import factory
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from books.guidelines.changes import change
from books.guidelines.review import DECIDED
from books.models import Book, OcrStatus, Page, Provenance, Reading, ReviewStatus, Source, Subtopic, Topic
from books.ocr.job import OCR
from jobs.models import Item, Job
from jobs.states import ItemState, JobStatus

# A PNG of one grey pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)


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
        default_storage.save(page.image_name, ContentFile(PIXEL))


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
    sequence = factory.Sequence(lambda n: n + 1)
    title = factory.Sequence(lambda n: f"Topic {n}")
    first_page = 1
    last_page = 3


class SubtopicFactory(_GuidelineFactory):
    class Meta:
        model = Subtopic

    topic = factory.SubFactory(TopicFactory)
    sequence = factory.Sequence(lambda n: n + 1)
    key = factory.Sequence(lambda n: f"subtopic-{n}")
    title = factory.Sequence(lambda n: f"Subtopic {n}")
    pages = [1, 2, 3]
    guideline = factory.LazyFunction(lambda: {"objective": [{"text": "The learner can count.", "pages": [1, 2]}]})
    engine = "offline 1"
    provenance = Provenance.OFFLINE
    status = ReviewStatus.PENDING_REVIEW
    reviewed_at = factory.LazyAttribute(lambda subtopic: timezone.now() if subtopic.status in DECIDED else None)


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
