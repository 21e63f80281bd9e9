"""The OCR job: every waiting page is rendered, normalised, read and stored."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db.models import Q
from PIL import Image

from books.errors import UnreadableImage
from books.intake.pdf import render_page
from books.models import OcrStatus, Page, PageReview, Source
from books.ocr.engine import OcrText
from books.ocr.factory import ocr_engine
from books.ocr.imaging import encode_png, open_page, thumbnail
from books.ocr.normalising import normalise
from books.ocr.orientation import turned
from books.ocr.readings import stored_reading
from jobs.constants import Load
from jobs.handlers import Handler, PlannedItem
from jobs.models import Item, Job
from jobs.planning import finished_before


@dataclass(frozen=True, slots=True)
class PageReading:
    """``width`` and ``height`` are those of the stored page image, in pixels."""

    text: OcrText
    width: int
    height: int
    seconds: float


class ReadStage:
    """One item a page; ``params["pages"]`` (page ids) limits the job to them and reads them again."""

    name = "read"
    title = "Reading pages"
    unit = "page"
    load = Load.CPU
    concurrency = 1
    required = False
    weight = 1
    provider = ""

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        wanted = job.params.get("pages")
        unread = Q(ocr_status__in=[OcrStatus.WAITING, OcrStatus.FAILED])
        finished = Q(pk__in=finished_before(job, self.name), reading__chosen_by="")
        chosen = unread | finished if wanted is None else Q(pk__in=wanted)
        version = ocr_engine().version
        return [
            PlannedItem(
                key=str(page.pk),
                label=str(page.number),
                fingerprint=sha256(f"{page.source.sha256} {page.frame} {page.rotation} {version}".encode()).hexdigest(),
            )
            for page in Page.objects.filter(chosen, book=job.book_id).select_related("source").order_by("number")
        ]

    def work(self, item: Item) -> PageReading:
        page = Page.objects.select_related("source").get(pk=item.key)
        started = time.monotonic()
        image = normalise(turned(_scan(page.source, page.frame), page.rotation))
        text = ocr_engine().read(image)
        image = turned(image, text.rotation)
        _store(page.image_name, image)
        _store(page.thumbnail_name, thumbnail(image))
        return PageReading(text, image.width, image.height, time.monotonic() - started)

    def save(self, item: Item, result: PageReading) -> None:
        """The reading becomes the page's, or part of its history where a person's text has to stay."""
        page = Page.objects.select_related("reading").select_for_update(of=("self",)).get(pk=item.key)
        page.ocr_error = ""
        page.image_width, page.image_height = result.width, result.height
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


OCR = Handler(kind="ocr", title="Reading the pages", stages=(ReadStage(),))


def _scan(source: Source, frame: int) -> Image.Image:
    """The page as it was scanned. Raises UnreadableImage, also where the stored file is gone."""
    try:
        stored = default_storage.open(source.storage_name)
    except FileNotFoundError as error:
        raise UnreadableImage("The uploaded file is no longer in storage; upload the page again.") from error
    with stored:
        if source.format == "pdf":
            return open_page(BytesIO(render_page(_local(stored), frame).png))
        return open_page(cast("BinaryIO", stored.file), frame)


def _local(stored: File[bytes]) -> Path | BinaryIO:
    """A PDF on this machine is read in place; one in a bucket is copied for the child that renders it."""
    if isinstance(default_storage, FileSystemStorage):
        return Path(str(stored.name))
    return cast("BinaryIO", stored.file)


def _store(name: str, image: Image.Image) -> None:
    default_storage.save(name, ContentFile(encode_png(image)))


def _stays(page: Page, job: Job) -> bool:
    """Whether a person typed or restored the page's text, and did not ask for another since."""
    reading = page.reading
    if reading is None or not reading.chosen_by:
        return False
    return "pages" not in job.params or reading.created_at > job.created_at
