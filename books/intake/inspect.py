"""Decides whether an uploaded file becomes pages, from its content and before any pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, Literal

from books.errors import UploadRejected
from books.intake import images, limits
from books.intake.byte_reader import sha256_of, size_of
from books.intake.files import shown_name
from books.intake.images import check_jpeg, check_png, check_webp
from books.intake.pdf import count_pages
from books.intake.tiff import check_tiff

Format = Literal["png", "jpeg", "tiff", "webp", "pdf"]
HEAD_BYTES = 1024  # ISO 32000 readers accept the PDF header anywhere in the first 1024 bytes.
TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
KINDS = "PNG, JPEG, TIFF, WebP or PDF"
OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"\0\0\1\0", "an icon"),
    (b"8BPS", "a Photoshop file"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"\xffO\xffQ", "a JPEG 2000 image"),
    (b"\xff\n", "a JPEG XL image"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (b"AT&TFORM", "a DjVu file"),
    (b"%!PS", "a PostScript file"),
    (b"PK\3\4", "a ZIP or Office file"),
    (b"\xd0\xcf\x11\xe0", "an Office file"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf\x27\x1c", "an archive"),
    (b"\x1f\x8b", "an archive"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"#!", "a program"),
)
MARKUP_KINDS = ((b"<svg", "an SVG drawing"), (b"<!doctype html", "a web page"), (b"<html", "a web page"))


def format_of(head: bytes) -> Format:
    """The format whose signature ``head`` (the first 1024 bytes) carries; UploadRejected names what it is instead."""
    if head.startswith(images.PNG_SIGNATURE):
        return "png"
    if head.startswith(images.JPEG_SIGNATURE):
        return "jpeg"
    if head.startswith(TIFF_SIGNATURES):
        return "tiff"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    other = _other_kind(head)
    if other is None and b"%PDF-" in head:
        return "pdf"
    raise UploadRejected(f"This is {other or 'not an image or PDF'}; save the page as {KINDS}.")


def _other_kind(head: bytes) -> str | None:
    for signature, kind in OTHER_KINDS:
        if head.startswith(signature):
            return kind
    if head[4:8] == b"ftyp":
        return "a HEIC, AVIF or video file"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start.startswith((b"<?xml", b"<!doctype", b"<html", b"<svg")):
        return None
    return next((kind for mark, kind in MARKUP_KINDS if mark in start), "a text file")


# A file that would run when someone opens it from a download folder, whatever its content pretends to be.
RUNNABLE_SUFFIXES = frozenset(
    {".app", ".bat", ".cmd", ".com", ".cpl", ".dll", ".exe", ".hta", ".jar", ".js", ".lnk", ".msi", ".php"}
    | {".ps1", ".scr", ".sh", ".vbs", ".wsf"}
)
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True, slots=True)
class Inspected:
    """What is known about an accepted file: ``frames`` is its number of pages (1 to 500), ``size`` is in bytes."""

    format: Format
    frames: int
    sha256: str
    size: int


def inspect(data: BinaryIO, name: str, *, image_bytes: int = limits.BULK_FILE_BYTES) -> Inspected:
    """Judge one file; ``image_bytes`` limits anything but a PDF. ``data`` is seekable and left at its start.

    Raises UploadRejected with the file's shown name and one sentence on what is wrong and what to do. Needs less than
    2 MB whatever the file claims; a PDF is opened in a child process.
    """
    shown = shown_name(name)
    try:
        return _judged(data, shown, image_bytes)
    except UploadRejected as error:
        raise UploadRejected(error.reason, name=shown) from None
    finally:
        data.seek(0)


def check_announced(name: str, size: int, *, image_bytes: int = limits.BULK_FILE_BYTES) -> None:
    """Refuse, before it is sent, a file of ``size`` bytes that could only be refused; UploadRejected without a name."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in RUNNABLE_SUFFIXES:
        raise UploadRejected(f"Files ending in {suffix} are not taken; rename it if it really is a page.")
    if not size:
        raise UploadRejected("The file is empty; scan or copy it again.")
    _check_size(size, image_bytes if suffix in IMAGE_SUFFIXES else limits.PDF_BYTES)


def _judged(data: BinaryIO, shown: str, image_bytes: int) -> Inspected:
    size = size_of(data)
    check_announced(shown, size, image_bytes=limits.PDF_BYTES)
    kind = format_of(data.read(HEAD_BYTES))
    _check_size(size, limits.PDF_BYTES if kind == "pdf" else image_bytes)
    data.seek(0)
    frames = _pages_of(data, kind, size)
    return Inspected(format=kind, frames=frames, sha256=sha256_of(data), size=size)


def _check_size(size: int, most: int) -> None:
    if size > most:
        held, allowed = size / limits.MEBIBYTE, most // limits.MEBIBYTE
        raise UploadRejected(f"The file has {held:.1f} MB, more than the {allowed} MB allowed; save it smaller.")


def _pages_of(data: BinaryIO, kind: Format, size: int) -> int:
    match kind:
        case "png":
            return check_png(data)
        case "jpeg":
            return check_jpeg(data)
        case "tiff":
            return check_tiff(data, size)
        case "webp":
            return check_webp(data, size)
        case "pdf":
            return count_pages(data)
