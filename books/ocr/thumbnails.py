"""The small pictures of pages: made with each reading, or when one is first asked for."""

from __future__ import annotations

from typing import BinaryIO, cast
from uuid import UUID

from django.core.files.storage import default_storage

from books.models import Page, Thumbnail
from books.ocr.imaging import encoded_thumbnail, open_page


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
