"""Judges and decodes images without ever opening one in this process. Imports no Django."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO, Final

from PIL import Image

from books.errors import UnreadableImage, UploadRejected
from books.intake import limits
from books.intake.box.ask import BoxLimits, ask_for_pages
from books.intake.box.server import Answer, Message
from books.sentences import gettext_noop

PARSER: Final = "books.intake.image_child"
TOO_MUCH: Final = gettext_noop(
    "The image takes too much time or memory to open; scan the page at 300 dpi or save it as a PNG."
)
DAMAGED: Final = gettext_noop("The file is damaged; scan or export it again.")


def judge_image(source: Path | BinaryIO, kind: str) -> Message:
    """What a parser says of the pages in it; raises UploadRejected, without a name."""
    return _ask(source, format=kind, task="judge")[0]


def decode_image(source: Path | BinaryIO, kind: str, frame: int = 0) -> Image.Image:
    """Page ``frame`` (from 0) in mode L: upright, transparency on white, without metadata, a large JPEG reduced.

    Raises UnreadableImage with a sentence for a person.
    """
    try:
        return picture_of(*_ask(source, format=kind, task="decode", frame=frame))
    except UploadRejected as refusal:
        raise UnreadableImage(refusal.reason) from None


def picture_of(header: Message, pixels: bytes) -> Image.Image:
    """The page in grey that a box answered; raises UploadRejected where the answer is none."""
    try:
        return Image.frombytes("L", (int(header["width"]), int(header["height"])), pixels)
    except (ValueError, TypeError, KeyError, OverflowError, MemoryError):
        raise UploadRejected(DAMAGED) from None


def _ask(source: Path | BinaryIO, **question: Any) -> Answer:
    within = BoxLimits(
        limits.IMAGE_MEMORY_BYTES, limits.IMAGE_CPU_SECONDS, limits.IMAGE_WALL_SECONDS, limits.PHONE_PIXELS
    )
    return ask_for_pages(PARSER, source, within, TOO_MUCH, **question)
