"""Rows that own stored files take them along when they are deleted, whichever way that happens.

Those that go with their book leave that to books.intake.clearing, which removes its whole folder.
"""

from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from books.models.book import Book
from books.models.page import Page, Source
from books.models.upload import ExpectedFile


def delete_once_committed(name: str) -> None:
    """A storage that is away then is logged, and keeps nobody from going on."""

    def delete_file() -> None:
        default_storage.delete(name)

    # Not a partial, which has no name for Django to log.
    transaction.on_commit(delete_file, robust=True)


@receiver(post_delete, sender=Source)
def delete_source_file(instance: Source, origin: Any = None, **_: Any) -> None:
    if not _is_book(origin):
        delete_once_committed(instance.storage_name)


@receiver(post_delete, sender=Page)
def delete_page_files(instance: Page, origin: Any = None, **_: Any) -> None:
    for name in () if _is_book(origin) else instance.file_names:
        delete_once_committed(name)


@receiver(post_delete, sender=ExpectedFile)
def delete_unfinished_file(instance: ExpectedFile, origin: Any = None, **_: Any) -> None:
    """A browser may have sent it to the bucket without telling."""
    if not _is_book(origin) and instance.source_id is None and not instance.refusal:
        delete_once_committed(instance.storage_name)


def _is_book(origin: Any) -> bool:
    """``origin``, the row or the rows that somebody deleted."""
    return getattr(origin, "model", type(origin)) is Book
