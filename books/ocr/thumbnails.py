"""The small pictures of pages: made with each reading, or when one is first asked for."""

from __future__ import annotations

import io
from typing import BinaryIO, Final, cast
from uuid import UUID

from django.core.files.storage import default_storage
from PIL import Image

from books.models import Page, Thumbnail
from books.ocr.imaging import open_page

WIDTH: Final = 240
# 6 KB of a page of print, on which headings can be read; a PNG has 17.
WEBP: Final = {"quality": 50, "method": 2}


def encoded_thumbnail(image: Image.Image) -> bytes:
    """The page 240 pixels wide, in proportion, as WebP."""
    height = max(1, round(image.height * WIDTH / image.width))
    small = image.resize((WIDTH, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    target = io.BytesIO()
    small.save(target, "WEBP", **WEBP)
    return target.getvalue()


def keep_thumbnail(page_id: UUID, data: bytes) -> None:
    rows = [Thumbnail(page_id=page_id, data=data)]
    Thumbnail.objects.bulk_create(rows, update_conflicts=True, unique_fields=["page"], update_fields=["data"])


def thumbnail_of(page: Page) -> bytes | None:
    """None where the page has no picture yet."""
    kept = Thumbnail.objects.filter(page=page).values_list("data", flat=True).first()
    if kept is not None:
        return bytes(kept)
    try:
        with default_storage.open(page.image_name) as stored:
            data = encoded_thumbnail(open_page(cast("BinaryIO", stored.file)))
    except FileNotFoundError:
        return None
    keep_thumbnail(page.pk, data)
    return data
