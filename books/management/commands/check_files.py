"""manage.py check_files: whether the storage has every file that the database names, as after a restore."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, cast

from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError

from books.models import Page, Source

SHOWN = 20


class Listing(Protocol):
    """What our storages can do beyond Django's."""

    def names(self, folder: str) -> Iterator[str]: ...


class Command(BaseCommand):
    help = "Names the files that the database knows and the storage lacks; ends with 1 where there are any."

    def handle(self, **_: Any) -> None:
        present = set(cast("Listing", storages["default"]).names("books"))
        named = dict(_named())
        missing = [f"{what}: {name}" for name, what in named.items() if name not in present]
        for line in missing[:SHOWN]:
            self.stderr.write(line)
        if missing:
            raise CommandError(
                f"{len(missing)} of {len(named)} files are missing. Bring them back from the bucket's versions or its "
                "copy; a page image alone is made again when OCR is run on its page."
            )
        others = len(present - set(named))
        self.stdout.write(
            f"All {len(named)} files are there; {others} more, such as of uploads under way, are not named."
        )


def _named() -> Iterator[tuple[str, str]]:
    """Each file with what it is, also those of pages that were removed and may come back."""
    for source in Source._base_manager.select_related("book").iterator():
        yield source.storage_name, f"{source.book}, {source.name}"
    for page in Page._base_manager.exclude(image_width=None).select_related("book").iterator():
        yield page.image_name, f"{page.book}, image of page {page.number}"
