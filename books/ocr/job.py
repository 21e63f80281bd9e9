"""The OCR job: every waiting page is rendered, normalised, read and stored."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils.translation import gettext_noop

from books.keys import fingerprint
from books.ledger.asking import asking_for
from books.ledger.choices import model_of
from books.models import OcrStatus, Page, PageReview
from books.ocr.engines.base import OcrText
from books.ocr.factory import MODEL, default_engine, ocr_engine
from books.ocr.image.open import Picture
from books.ocr.prefetch import AHEAD, pages_ahead
from books.ocr.scans import Prepared, cut_of, keep_thumbnail, prepare, read_prepared, stored_reading
from books.stored.cut import Cut
from jobs.models import Item, Job
from jobs.registry import Handler, PlannedItem
from jobs.stages import finished_before
from jobs.states import ItemState, Load


@dataclass(frozen=True, slots=True)
class PageReading:
    text: OcrText
    picture: Picture
    cut: Cut | None
    seconds: float


class ReadStage:
    """One item a page; ``params["pages"]`` (page ids) limits the job to them and reads them again, with the engine
    that ``params["engine"]`` names.

    A model is waited for by many threads, other engines compute. ``is_other`` is for engines whose load is not that of
    the engine in the settings.
    """

    name = "read"
    title = gettext_noop("Reading pages")
    unit = "page"
    required = False
    weight = 1

    def __init__(self, *, is_other: bool = False) -> None:
        self.is_other = is_other

    @property
    def asks_a_model(self) -> bool:
        return (default_engine() == MODEL) != self.is_other

    @property
    def load(self) -> Load:
        return Load.IO if self.asks_a_model else Load.CPU

    @property
    def concurrency(self) -> int:
        return int(settings.LLM_CONCURRENCY) if self.asks_a_model else 1

    @property
    def provider(self) -> str:
        return model_of("ocr").provider if self.asks_a_model else ""

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        wanted = job.params.get("pages")
        unread = Q(ocr_status__in=[OcrStatus.WAITING, OcrStatus.FAILED])
        finished = Q(pk__in=finished_before(job, self.name), reading__chosen_by="")
        chosen = unread | finished if wanted is None else Q(pk__in=wanted)
        reader = _reader(job)
        return [
            PlannedItem(
                key=str(page.pk),
                label=str(page.number),
                fingerprint=fingerprint(page.source.sha256, page.frame, page.part, page.rotation, reader),
            )
            for page in Page.objects.filter(chosen, book=job.book_id).select_related("source").order_by("number")
        ]

    def work(self, item: Item) -> PageReading:
        page = Page.objects.select_related("source", "book").get(pk=item.key)
        engine = item.job.params.get("engine", "")
        started = time.monotonic()
        prepared = self._prepared_ahead(item, page, engine) if self.asks_a_model else prepare(page, engine)
        with asking_for(item):
            text, picture = read_prepared(page, prepared, engine)
        default_storage.save(page.image_name, ContentFile(picture.png))
        return PageReading(text, picture, cut_of(prepared, text, picture), time.monotonic() - started)

    def _prepared_ahead(self, item: Item, page: Page, engine: str) -> Prepared:
        """The page made ready, and a beginning made with those that will be claimed next."""
        prepared = pages_ahead().take(page, engine)
        waiting = Item.objects.filter(
            job=item.job_id, stage=self.name, state=ItemState.PENDING, ordinal__gt=item.ordinal
        )
        following = list(waiting.order_by("ordinal").values_list("key", flat=True)[:AHEAD])
        pages_ahead().begin(Page.objects.filter(pk__in=following).select_related("source", "book"), engine)
        return prepared

    def save(self, item: Item, result: PageReading) -> None:
        """The reading becomes the page's, or part of its history where a person's text has to stay."""
        page = Page.objects.select_related("reading").select_for_update(of=("self",)).get(pk=item.key)
        page.ocr_error = ""
        page.image_width, page.image_height = result.picture.width, result.picture.height
        page.cut = result.cut
        keep_thumbnail(page.pk, result.picture.thumbnail)
        reading = stored_reading(page, result.text, result.seconds)
        if not _stays(page, item.job):
            if page.reading is None or page.reading.text != reading.text:
                page.review, page.reviewed_by, page.reviewed_at = PageReview.PENDING, None, None
            page.reading = reading
            page.ocr_status = OcrStatus.BLANK if result.text.is_blank else OcrStatus.DONE
        page.save()

    def save_failure(self, item: Item, message: str) -> None:
        """A page that was read before keeps that reading."""
        page = Page.objects.get(pk=item.key)
        page.ocr_error = message
        if page.reading_id is None:
            page.ocr_status = OcrStatus.FAILED
        page.save(update_fields=["ocr_error", "ocr_status"])


OCR = Handler(kind="ocr", title=gettext_noop("Reading the pages"), stages=(ReadStage(),))
OCR_ELSEWHERE = Handler(
    kind="ocr_elsewhere", title=gettext_noop("Reading pages with another engine"), stages=(ReadStage(is_other=True),)
)


def handler_of(engine: str) -> Handler:
    """The kind of job that reads with ``engine`` ("" for the one in the settings), so that the right pool works it."""
    is_default_load = not engine or (engine == MODEL) == (default_engine() == MODEL)
    return OCR if is_default_load else OCR_ELSEWHERE


def _reader(job: Job) -> str:
    """All that a reading depends on beside the page."""
    language = job.book.language
    return f"{language} {job.params.get('engine', '')} {ocr_engine(job.params.get('engine', ''), language).version}"


def _stays(page: Page, job: Job) -> bool:
    """Whether a person typed or restored the page's text, and did not ask for another since."""
    reading = page.reading
    if reading is None or not reading.chosen_by:
        return False
    return "pages" not in job.params or reading.created_at > job.created_at
