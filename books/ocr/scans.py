"""From a stored upload to what is printed on one page of it, with the engine that is asked for or fits."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from PIL import Image

from books.errors import UnreadableImage
from books.intake.pdf import LayerPiece, render_page
from books.models import Page
from books.ocr.engine import OcrText
from books.ocr.factory import LOCAL, MODEL, default_engine, ocr_engine
from books.ocr.imaging import Picture, open_page, pictured
from books.ocr.normalising import evened, normalise
from books.ocr.openai import OpenAIVision, Sight, sight_of
from books.ocr.orientation import turned
from books.ocr.textlayer import BadTextLayer, PdfTextLayer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page as it is stored if no engine turns it, and what is read: the image, what a model sees of it, or the text
    where the PDF says itself, and well, what is on it."""

    picture: Picture
    material: Image.Image | Sight | OcrText


def made_of(page: Page, engine: str) -> tuple[object, ...]:
    """All that ``prepare`` makes something of."""
    return page.pk, page.source_id, page.frame, page.rotation, page.book.language, engine


def prepare(page: Page, engine: str = "") -> Prepared:
    """A PDF's own text is taken where it is good and no ``engine`` is named. Asks the database nothing.

    Raises UnreadableImage.
    """
    scan, layer = _scan(page)
    if layer and not engine and not page.rotation:
        image = evened(scan)
        try:
            text = PdfTextLayer(layer, ocr_engine(LOCAL, page.book.language)).read(image)
            return Prepared(pictured(image), text)
        except BadTextLayer as error:
            logger.info("text layer not used", extra={"page": page.number, "why": error.message})
    scan = turned(scan, page.rotation or 0)
    if (engine or default_engine()) == MODEL:
        sight = sight_of(scan, is_upright=page.rotation is not None)
        return Prepared(sight.picture, sight)
    image = normalise(scan)
    return Prepared(pictured(image), image)


def read_prepared(page: Page, prepared: Prepared, engine: str = "") -> tuple[OcrText, Picture]:
    """What is printed on the page, and the upright page that the boxes lie on. Raises what the engine raises."""
    material = prepared.material
    if isinstance(material, OcrText):
        return material, prepared.picture
    reader = ocr_engine(engine, page.book.language)
    if isinstance(material, Sight):
        return cast("OpenAIVision", reader).read_sight(material), prepared.picture
    text = reader.read(material, is_upright=page.rotation is not None)
    return text, pictured(turned(material, text.rotation)) if text.rotation else prepared.picture


def _scan(page: Page) -> tuple[Image.Image, tuple[LayerPiece, ...]]:
    """The page as it was scanned, and its text layer. Raises UnreadableImage, also where the stored file is gone."""
    try:
        stored = default_storage.open(page.source.storage_name)
    except FileNotFoundError as error:
        raise UnreadableImage("The uploaded file is no longer in storage; upload the page again.") from error
    with stored:
        if page.source.format == "pdf":
            rendered = render_page(_local(stored), page.frame)
            return open_page(BytesIO(rendered.png)), rendered.layer
        return open_page(cast("BinaryIO", stored.file), page.frame), ()


def _local(stored: File[bytes]) -> Path | BinaryIO:
    """A PDF on this machine is read in place; one in a bucket is copied for the child that renders it."""
    if isinstance(default_storage, FileSystemStorage):
        return Path(str(stored.name))
    return cast("BinaryIO", stored.file)
