"""Rows that own stored files take them along when they are deleted, whichever way that happens."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from books.models.page import Page, Source


@receiver(post_delete, sender=Source)
def delete_source_file(instance: Source, **_: Any) -> None:
    transaction.on_commit(partial(default_storage.delete, instance.storage_name))


@receiver(post_delete, sender=Page)
def delete_page_files(instance: Page, **_: Any) -> None:
    for name in (instance.image_name, instance.thumbnail_name):
        transaction.on_commit(partial(default_storage.delete, name))
