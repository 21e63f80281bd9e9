"""Finds the scans the command line was pointed at; what is inside them is judged later, like any upload."""

from __future__ import annotations

import os
from pathlib import Path

from books.errors import UploadRejected
from books.intake.naming import natural_order, shown_name

PAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".pdf"})
KINDS = "PNG, JPEG, TIFF, WebP or PDF"


def files_in(path: Path) -> list[Path]:
    """The page files at ``path`` (a folder, one image or one PDF) in natural order, never empty.

    Folders are not searched deeper; hidden files and files of other kinds are passed over. Raises UploadRejected for a
    path without pages, and for a page that cannot be read, since leaving it out would lose it in silence.
    """
    try:
        found = _pages_of(path) if path.is_dir() else [_single(path)]
    except PermissionError:
        raise UploadRejected("may not be read; check its permissions.", name=shown_name(path.name)) from None
    for file in found:
        if not file.is_file() or not os.access(file, os.R_OK):
            raise UploadRejected("cannot be read; check its permissions or link.", name=shown_name(file.name))
    return found


def _single(path: Path) -> Path:
    if not path.exists():
        raise UploadRejected(f"There is no folder or file {path}.")
    if path.suffix.lower() not in PAGE_SUFFIXES:
        raise UploadRejected(f"is not a {KINDS} file.", name=shown_name(path.name))
    return path


def _pages_of(folder: Path) -> list[Path]:
    pages = {entry.name: entry for entry in folder.iterdir() if _looks_like_page(entry)}
    if not pages:
        raise UploadRejected(f"The folder {folder} holds no {KINDS} files.")
    return [pages[name] for name in natural_order(sorted(pages))]


def _looks_like_page(entry: Path) -> bool:
    return entry.suffix.lower() in PAGE_SUFFIXES and not entry.name.startswith(".") and not entry.is_dir()
