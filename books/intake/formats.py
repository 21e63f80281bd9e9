"""Tells what a file is from its first bytes, whatever it is called."""

from __future__ import annotations

from typing import Literal

from books.errors import UploadRejected
from books.intake import jpeg, png

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
    if head.startswith(png.SIGNATURE):
        return "png"
    if head.startswith(jpeg.SIGNATURE):
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
