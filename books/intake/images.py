"""Judges and decodes images without ever opening one in this process. Imports no Django."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO, Final

from PIL import Image

from books.errors import UnreadableImage, UploadRejected
from books.intake import limits
from books.intake.box.ask import BoxDied, BoxLimits, ask

PARSER: Final = "books.intake.image_child"
TOO_DEMANDING: Final = "The image takes too much time or memory to open; scan the page at 300 dpi or save it as a PNG."


def judge_image(source: Path | BinaryIO, kind: str) -> dict[str, Any]:
    """What a parser says of the pages in it; raises UploadRejected, without a name."""
    header, _ = _ask(source, format=kind, task="judge")
    return header


def decode_image(source: Path | BinaryIO, kind: str, frame: int = 0) -> Image.Image:
    """Page ``frame`` (from 0) in mode L: upright, transparency on white, without metadata, a large JPEG reduced.

    Raises UnreadableImage with a sentence for a person.
    """
    try:
        header, pixels = _ask(source, format=kind, task="decode", frame=frame)
        size = int(header["width"]), int(header["height"])
        return Image.frombytes("L", size, pixels)
    except (UploadRejected, ValueError, KeyError) as refusal:
        raise UnreadableImage(getattr(refusal, "reason", TOO_DEMANDING)) from None


def _ask(source: Path | BinaryIO, **question: Any) -> tuple[dict[str, Any], bytes]:
    within = BoxLimits(
        limits.IMAGE_MEMORY_BYTES, limits.IMAGE_CPU_SECONDS, limits.IMAGE_WALL_SECONDS, limits.PHONE_PIXELS
    )
    try:
        header, body = ask(PARSER, source, within, **question)
    except BoxDied:
        raise UploadRejected(TOO_DEMANDING) from None
    if "refused" in header:
        raise UploadRejected(str(header["refused"]))
    return header, body
