"""Decides whether an uploaded file becomes pages, from its content and before any pixel is decoded."""

from __future__ import annotations

import os
from hashlib import file_digest
from pathlib import PurePosixPath
from typing import Annotated, Any, BinaryIO, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from books.errors import NoPage, UploadRejected
from books.intake import limits
from books.intake.box.ask import short
from books.intake.files import check_hidden, shown_name
from books.intake.images import judge_image
from books.intake.judging import HEAD_BYTES, picture_start
from books.intake.pdf import judge_pdf
from books.sentences import gettext_noop, told
from books.stored.sentence import Sentence

Format = Literal["png", "jpeg", "tiff", "webp", "heic", "avif", "gif", "bmp", "jp2", "pdf"]
SIGNATURES: tuple[tuple[bytes, Format], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8", "jpeg"),
    *((each, "tiff") for each in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    (b"GIF8", "gif"),
    (b"\0\0\0\x0cjP  ", "jp2"),
    (b"\xffO\xffQ", "jp2"),
)
# ISO 14496-12: who can read the file, the first of them is what it is.
BRANDS: dict[bytes, Format] = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "heic"),
    **dict.fromkeys((b"avif", b"avis"), "avif"),
}
# What pages are kept in, but not read here: somebody has to save them otherwise.
PICTURE_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"8BPS", gettext_noop("a Photoshop file")),
    (b"\xff\n", gettext_noop("a JPEG XL image")),
    (b"\0\0\0\x0cJXL ", gettext_noop("a JPEG XL image")),
    (b"AT&TFORM", gettext_noop("a DjVu file")),
    (b"%!PS", gettext_noop("a PostScript file")),
)
RAW = gettext_noop("a camera's raw picture")
OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"\0\0\1\0", gettext_noop("an icon")),
    (b"PK\3\4", gettext_noop("a ZIP or Office file")),
    (b"\xd0\xcf\x11\xe0", gettext_noop("an Office file")),
    (b"Rar!", gettext_noop("an archive")),
    (b"7z\xbc\xaf\x27\x1c", gettext_noop("an archive")),
    (b"\x1f\x8b", gettext_noop("an archive")),
    (b"MZ", gettext_noop("a program")),
    (b"\x7fELF", gettext_noop("a program")),
    (b"#!", gettext_noop("a program")),
)


def format_of(head: bytes) -> Format:
    """The format whose signature ``head`` (the first 1024 bytes) carries; UploadRejected names what it is instead, and
    NoPage where that is nothing that pages are kept in."""
    head = head[picture_start(head) :]
    for signature, kind in SIGNATURES:
        if head.startswith(signature) and not is_raw(head):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return _format_of_brands(head)
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in BMP_HEADERS:
        return "bmp"
    picture = RAW if is_raw(head) else _named(head, PICTURE_KINDS)
    other = _named(head, OTHER_KINDS) or _markup(head)
    if picture is None and other is None and b"%PDF-" in head:
        return "pdf"
    refused = UploadRejected if picture else NoPage
    found = picture or other
    if found is None:
        raise refused(gettext_noop("This is not an image or PDF; save the page as PNG, JPEG or PDF."))
    raise refused(told("This is {kind}; save the page as PNG, JPEG or PDF.", kind=told(found)))


def is_raw(head: bytes) -> bool:
    """Canon's looks like a TIFF and holds small pictures beside what the sensor saw."""
    return head[8:10] == b"CR" and head.startswith(b"II*\0")


BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}


def _format_of_brands(head: bytes) -> Format:
    length = min(int.from_bytes(head[:4]), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, length, 4))]
    # mif1 alone says only that it holds pictures: one that also says avif is one.
    known = [kind for brand in brands if (kind := BRANDS.get(brand))]
    if not known:
        raise NoPage(gettext_noop("This is a video or another media file; save the page as PNG, JPEG or PDF."))
    return "avif" if brands[0] in (b"mif1", b"msf1") and "avif" in known else known[0]


def _named(head: bytes, kinds: tuple[tuple[bytes, str], ...]) -> str | None:
    return next((kind for signature, kind in kinds if head.startswith(signature)), None)


def _markup(head: bytes) -> str | None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start.startswith((b"<?xml", b"<!doctype", b"<html", b"<svg")):
        return None
    page = gettext_noop("a web page")
    kinds = ((b"<svg", gettext_noop("an SVG drawing")), (b"<html", page), (b"<!doctype html", page))
    return next((kind for mark, kind in kinds if mark in start), gettext_noop("a text file"))


# A file that would run when someone opens it from a download folder, whatever its content pretends to be.
RUNNABLE_SUFFIXES = frozenset(
    {".app", ".bat", ".cmd", ".com", ".cpl", ".dll", ".exe", ".hta", ".jar", ".js", ".lnk", ".msi", ".php"}
    | {".ps1", ".scr", ".sh", ".vbs", ".wsf"}
)
IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jfif", ".tif", ".tiff", ".webp", ".heic", ".heif", ".avif", ".gif", ".bmp", ".jp2"}
)
Note = Annotated[Sentence, AfterValidator(short)]


class Inspected(BaseModel):
    """What is known about an accepted file: ``frames`` is its number of pages, ``left_out`` are the places (from 0)
    within it of what is no page, ``notes`` what a person should look at, ``size`` is in bytes."""

    model_config = ConfigDict(frozen=True)

    format: Format
    frames: Annotated[int, Field(ge=1, le=limits.PAGES_PER_FILE)]
    left_out: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(max_length=limits.TIFF_DIRECTORIES)] = ()
    notes: Annotated[tuple[Note, ...], Field(max_length=20)] = ()
    sha256: str
    size: int


def inspect(data: BinaryIO, name: str, *, image_bytes: int = limits.BULK_FILE_BYTES) -> Inspected:
    """Judge one file; ``image_bytes`` limits anything but a PDF. ``data`` is seekable and left at its start.

    Raises UploadRejected with the file's shown name and one sentence on what is wrong and what to do. Needs less than
    2 MB whatever the file claims: it is opened in a box, and not in this process.
    """
    shown = shown_name(name)
    try:
        return _judged(data, shown, image_bytes)
    except UploadRejected as error:
        raise type(error)(error.reason, name=shown) from None
    finally:
        data.seek(0)


def check_announced(name: str, size: int, *, image_bytes: int = limits.BULK_FILE_BYTES) -> None:
    """Refuse, before it is sent, a file of ``size`` bytes that could only be refused; UploadRejected without a name."""
    check_hidden(name)
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in RUNNABLE_SUFFIXES:
        raise UploadRejected(
            told("Files ending in {suffix} are not taken; rename it if it really is a page.", suffix=suffix)
        )
    if not size:
        raise _refusal(name, gettext_noop("The file is empty; scan or copy it again."))
    _check_size(size, image_bytes if suffix in IMAGE_SUFFIXES else limits.PDF_BYTES)


def _judged(data: BinaryIO, shown: str, image_bytes: int) -> Inspected:
    size = data.seek(0, os.SEEK_END)
    check_announced(shown, size, image_bytes=limits.PDF_BYTES)
    data.seek(0)
    try:
        kind = format_of(data.read(HEAD_BYTES))
    except NoPage as error:
        raise _refusal(shown, error.reason) from None
    _check_size(size, limits.PDF_BYTES if kind == "pdf" else image_bytes)
    said = judge_pdf(data) if kind == "pdf" else judge_image(data, kind)
    data.seek(0)
    facts = {"format": kind, "sha256": file_digest(cast("Any", data), "sha256").hexdigest(), "size": size}
    try:
        return Inspected.model_validate({name: said.get(name) for name in SAID if said.get(name)} | facts)
    except ValidationError:  # what a box says is made by whoever sent the file
        raise UploadRejected(gettext_noop("The file is damaged; scan or export it again.")) from None


SAID = ("frames", "left_out", "notes")


def _refusal(name: str, reason: str) -> UploadRejected:
    """What is called a page and is none was damaged: nobody may overlook it."""
    is_called_page = PurePosixPath(name).suffix.lower() in {*IMAGE_SUFFIXES, ".pdf"}
    return UploadRejected(reason) if is_called_page else NoPage(reason)


def _check_size(size: int, most: int) -> None:
    if size > most:
        held, allowed = size / limits.MEBIBYTE, most // limits.MEBIBYTE
        raise UploadRejected(
            told(
                "The file has {held:.1f} MB, more than the {allowed} MB allowed; save it smaller.",
                held=held,
                allowed=allowed,
            )
        )
