"""Names of uploaded files, for people to read and to sort by, and finding the scans a command was pointed at."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from natsort import natsorted, ns

from books.errors import UploadRejected
from books.intake.limits import SHOWN_NAME_CHARACTERS

UNNAMED = "unnamed file"
SORTED_CHARACTERS = 255  # file systems allow no more, and Python refuses to read numbers of 4,300 digits


def shown_name(name: str) -> str:
    """The last part of an uploaded name, on one line and at most 120 characters, start and ending kept.

    Invisible characters are gone, among them the bidirectional overrides that make ``gnp.exe`` read as ``exe.png``.
    The result still holds quotes and angle brackets: templates escape it.
    """
    leaf = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    visible = "".join(_visible(character) for character in leaf)
    return _shortened(unicodedata.normalize("NFC", " ".join(visible.split()))) or UNNAMED


def natural_order(names: Iterable[str]) -> list[str]:
    """Names as a person counts them: p1, p2, p10, p11; capitals do not matter, equal names keep their order."""
    return natsorted(names, key=lambda name: name[:SORTED_CHARACTERS], alg=ns.IGNORECASE | ns.PATH)


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cc" or category.startswith("Z"):
        return " "
    return "" if category.startswith("C") else character


def _shortened(name: str) -> str:
    if len(name) <= SHOWN_NAME_CHARACTERS:
        return name
    ending = 20
    return f"{name[: SHOWN_NAME_CHARACTERS - ending - 1]}…{name[-ending:]}"


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
