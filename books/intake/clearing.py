"""The files of deleted books: removed folder by folder once their rows are gone, again and again until nothing comes.

Rows go first, so a crash leaves at worst files that no row names; DeletedBook remembers their folder for the sweep.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, Protocol, cast

from django.core.files.storage import storages
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from books.intake import limits
from books.models import Book, DeletedBook
from jobs import clock
from jobs.states import SWEEP_ROWS
from jobs.sweep import swept

logger = logging.getLogger(__name__)


class Clearable(Protocol):
    """What our storages can do beyond Django's."""

    def remove_folder(self, name: str) -> None: ...


@receiver(post_delete, sender=Book)
def remember(instance: Book, **_: Any) -> None:
    """However a book is deleted. A storage that does not answer now is asked again by the sweep."""
    deleted = DeletedBook.objects.create(number=instance.pk, title=instance.title, deleted_at=clock.now())
    transaction.on_commit(partial(clear, deleted))


@receiver(swept)
def clear_again(**_: Any) -> None:
    for deleted in DeletedBook.objects.all()[:SWEEP_ROWS]:
        clear(deleted)


def clear(deleted: DeletedBook) -> None:
    """Forgets the folder when no browser holds a form any more with which it could still send something there."""
    is_over = clock.now() - deleted.deleted_at > limits.DELIVERY_IDLE
    try:
        cast("Clearable", storages["default"]).remove_folder(deleted.folder)
    except Exception:
        logger.exception("files of a deleted book not removed", extra={"book": deleted.number})
    else:
        if is_over:
            deleted.delete()
