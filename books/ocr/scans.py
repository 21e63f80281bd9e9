"""From a stored upload to what is printed on one page of it, ahead of the calls to a model, and the small picture."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final, cast
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils.translation import gettext as _
from PIL import Image

from books.errors import UnreadableImage
from books.intake.judging import DAMAGED_PICTURE
from books.intake.pdf import Glyph, RenderedPage, render_page
from books.models import Page, Reading, Thumbnail
from books.ocr.engines.base import Doubt, OcrLine, OcrText, OcrWord, missing_if
from books.ocr.engines.model import OpenAIVision, Sight, sight_of
from books.ocr.engines.pdf_text import BadTextLayer, PdfTextLayer
from books.ocr.engines.runs import Edges
from books.ocr.factory import LOCAL, MODEL, default_engine, ocr_engine
from books.ocr.image.curved import leveled
from books.ocr.image.normalise import evened, straightened
from books.ocr.image.open import Picture, encoded_thumbnail, open_page, pictured
from books.ocr.image.parts import before_turn, box_of, part_of, within
from books.ocr.image.shapes import turned
from books.sentences import told
from books.stored.cut import WHOLE, Corners, Cut
from books.stored.regions import StoredLine

logger = logging.getLogger(__name__)


def keep_thumbnail(page_id: UUID, data: bytes) -> None:
    rows = [Thumbnail(page_id=page_id, data=data)]
    Thumbnail.objects.bulk_create(rows, update_conflicts=True, unique_fields=["page"], update_fields=["data"])


def thumbnail_of(page: Page) -> bytes:
    """Raises FileNotFoundError where the page has no picture yet, and StorageAway."""
    kept = Thumbnail.objects.filter(page=page).values_list("data", flat=True).first()
    if kept is not None:
        return bytes(kept)
    with default_storage.open(page.image_name) as stored:
        data = encoded_thumbnail(open_page(cast("BinaryIO", stored.file)))
    keep_thumbnail(page.pk, data)
    return data


def thumbnails_of(pages: Sequence[Page]) -> dict[UUID, bytes]:
    """Of those that have a picture. Raises StorageAway."""
    kept = {page: bytes(data) for page, data in Thumbnail.objects.filter(page__in=pages).values_list("page", "data")}
    for page in pages:
        if page.pk not in kept:
            with suppress(FileNotFoundError, UnreadableImage):
                kept[page.pk] = thumbnail_of(page)
    return kept


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page as it is stored if no engine turns it, and what is read: the image, what a model sees of it, or the text
    where the PDF says itself, and well, what is on it. ``corners`` are those of the picture on the scan."""

    picture: Picture
    material: Image.Image | Sight | OcrText
    corners: Corners = WHOLE
    is_cut: bool = False


def made_of(page: Page, engine: str) -> tuple[object, ...]:
    """All that ``prepare`` makes something of."""
    return page.pk, page.source_id, page.frame, page.part, page.rotation, page.book.language, engine


def prepare(page: Page, engine: str = "") -> Prepared:
    """A PDF's own text is taken where it is good and no ``engine`` is named. Asks the database nothing.

    Raises UnreadableImage.
    """
    whole = _scan(page)
    scan, glyphs, is_damaged, is_cut = whole.image, whole.glyphs, whole.is_damaged, whole.is_cut
    if glyphs and not engine and not page.rotation:
        image = evened(scan)
        try:
            text = PdfTextLayer(glyphs, scan.width, ocr_engine(LOCAL, page.book.language)).read(image)
            doubts = dict.fromkeys((*text.doubts, *missing_if(is_damaged)))
            return Prepared(pictured(image), replace(text, doubts=tuple(doubts)), is_cut=is_cut)
        except BadTextLayer as error:
            logger.info("text layer not used", extra={"page": page.number, "why": error.message})
    if is_damaged:
        raise UnreadableImage(told(DAMAGED_PICTURE, page=page.frame + 1))
    scan = turned(scan, page.rotation or 0)
    if (engine or default_engine()) == MODEL:
        sight = sight_of(scan, is_upright=page.rotation is not None)
        return Prepared(sight.picture, sight, before_turn(sight.corners, page.rotation or 0), is_cut=is_cut)
    straight = straightened(scan)
    corners = before_turn(straight.corners, page.rotation or 0)
    return Prepared(pictured(straight.image), straight.image, corners, is_cut=is_cut)


def read_prepared(page: Page, prepared: Prepared, engine: str = "") -> tuple[OcrText, Picture]:
    """What is printed on the page, and the upright page that the boxes lie on. Raises what the engine raises."""
    text, picture = _read(page, prepared, engine)
    return replace(text, doubts=tuple(dict.fromkeys((*text.doubts, *missing_if(prepared.is_cut))))), picture


def _read(page: Page, prepared: Prepared, engine: str) -> tuple[OcrText, Picture]:
    material = prepared.material
    if isinstance(material, OcrText):
        return material, prepared.picture
    reader = ocr_engine(engine, page.book.language)
    if isinstance(material, Sight):
        return cast("OpenAIVision", reader).read_sight(material), prepared.picture
    text = reader.read(material, is_upright=page.rotation is not None)
    if Doubt.UNLEVEL in text.doubts:
        flat = leveled(turned(material, text.rotation))
        again = reader.read(flat, is_upright=True)
        if Doubt.UNLEVEL not in again.doubts:
            return replace(again, rotation=text.rotation), pictured(flat)
    return text, pictured(turned(material, text.rotation)) if text.rotation else prepared.picture


def cut_of(prepared: Prepared, text: OcrText, picture: Picture) -> Cut | None:
    """Where the page is cut if it is split; None where its picture is no wider than high."""
    if picture.width <= picture.height:
        return None
    corners = within(prepared.corners, before_turn(WHOLE, text.rotation))
    return Cut(corners, *(text.gutter or ()))


def _scan(page: Page) -> RenderedPage:
    """The page as it was scanned, and what is seen of a PDF's own text.

    Raises UnreadableImage, also where the stored file is gone.
    """
    whole = _whole_scan(page)
    if page.part is None:
        return whole
    glyphs = _glyphs_in(page.part, whole.image.size, whole.glyphs)
    return replace(whole, image=part_of(whole.image, page.part), glyphs=glyphs)


def _glyphs_in(part: Corners, size: tuple[int, int], glyphs: Iterable[Glyph]) -> tuple[Glyph, ...]:
    """The PDF's own text on a part of its page that was not turned; none of another."""
    box = box_of(part, size)
    if box is None:
        return ()
    left, top = box[:2]

    def moved(edges: Edges) -> Edges:
        return edges[0] - left, edges[1] - top, edges[2] - left, edges[3] - top

    return tuple(
        replace(glyph, box=moved(glyph.box), ink=moved(glyph.ink), x=glyph.x - left, y=glyph.y - top)
        for glyph in glyphs
        if left <= (glyph.box[0] + glyph.box[2]) / 2 < box[2]
    )


def _whole_scan(page: Page) -> RenderedPage:
    try:
        stored = default_storage.open(page.source.storage_name)
    except FileNotFoundError as error:
        raise UnreadableImage(_("The uploaded file is no longer in storage; upload the page again.")) from error
    with stored:
        if page.source.format == "pdf":
            return render_page(_local(stored), page.frame)
        return RenderedPage(open_page(cast("BinaryIO", stored.file), page.frame), ())


def _local(stored: File[bytes]) -> Path | BinaryIO:
    """A PDF on this machine is read in place; one in a bucket is copied for the child that renders it."""
    if isinstance(default_storage, FileSystemStorage):
        return Path(str(stored.name))
    return cast("BinaryIO", stored.file)


# Of Tesseract's words below this most hold an error, of those above it few.
UNSURE_CONFIDENCE: Final = 60.0


def stored_reading(page: Page, text: OcrText, seconds: float) -> Reading:
    """PostgreSQL takes no NUL, neither in text nor in JSON."""
    return Reading.objects.create(
        page=page,
        engine=text.engine,
        version=text.version,
        text=text.text.replace("\x00", ""),
        confidence=text.confidence,
        lines=[_line(line) for line in text.lines],
        missing_ink=text.missing_ink,
        text_may_be_missing=text.text_may_be_missing,
        doubts=list(text.doubts),
        rotation=text.rotation,
        regions=[replace(each, caption=each.caption.replace("\x00", "")) for each in text.regions],
        seconds=seconds,
    )


def _line(line: OcrLine) -> StoredLine:
    return {
        "text": line.text.replace("\x00", ""),
        "confidence": line.confidence,
        "box": list(line.box),
        "block": line.block,
        "unsure": [
            [start, end, round(word.confidence)]
            for start, end, word in _placed(line)
            if word.confidence < UNSURE_CONFIDENCE
        ],
        "words": [[start, end, word.box[0], word.box[2]] for start, end, word in _placed(line)],
    }


def _placed(line: OcrLine) -> Iterator[tuple[int, int, OcrWord]]:
    """The words with their places in the line's text."""
    at = 0
    for word in line.words:
        start = line.text.find(word.text, at)
        if start >= 0:
            at = start + len(word.text)
            yield start, at, word
