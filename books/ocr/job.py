"""The OCR job: every waiting page is rendered, normalised, read and stored."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
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
from books.models import OcrStatus, Page, PageReview, Reading, Source
from books.ocr.engine import OcrLine, OcrText
from books.ocr.factory import ocr_engine
from books.ocr.imaging import encode_png, open_page, thumbnail
from books.ocr.normalising import normalise
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
    """One item a page; ``params["pages"]`` (page numbers) limits the job to them and reads them again."""

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
        chosen = Q(number__in=wanted) if wanted else unread | Q(pk__in=finished_before(job, self.name))
        version = ocr_engine().version
        return [
            PlannedItem(
                key=str(page.pk),
                label=str(page.number),
                fingerprint=sha256(f"{page.source.sha256} {page.frame} {version}".encode()).hexdigest(),
            )
            for page in Page.objects.filter(chosen, book=job.book_id).select_related("source").order_by("number")
        ]

    def work(self, item: Item) -> PageReading:
        page = Page.objects.select_related("source").get(pk=item.key)
        started = time.monotonic()
        image = normalise(_scan(page.source, page.frame))
        text = ocr_engine().read(image)
        _store(page.image_name, image)
        _store(page.thumbnail_name, thumbnail(image))
        return PageReading(text, image.width, image.height, time.monotonic() - started)

    def save(self, item: Item, result: PageReading) -> None:
        page = Page.objects.select_related("reading").get(pk=item.key)
        if page.reading is None or page.reading.text != result.text.text:
            page.review, page.reviewed_by, page.reviewed_at = PageReview.PENDING, None, None
        page.reading = _reading(page, result)
        page.ocr_status = OcrStatus.BLANK if result.text.is_blank else OcrStatus.DONE
        page.ocr_error = ""
        page.image_width, page.image_height = result.width, result.height
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


def _reading(page: Page, result: PageReading) -> Reading:
    text = result.text
    return Reading.objects.create(
        page=page,
        engine=text.engine,
        version=text.version,
        text=text.text.replace("\x00", ""),
        confidence=text.confidence,
        lines=[_line(line) for line in text.lines],
        missing_ink=text.missing_ink,
        text_may_be_missing=text.text_may_be_missing,
        seconds=result.seconds,
    )


def _line(line: OcrLine) -> dict[str, object]:
    return {key: value for key, value in asdict(line).items() if key != "words"}
