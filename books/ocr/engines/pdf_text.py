"""The text that a PDF brings along, taken as a reading where it holds what can be seen on the page.

Imports neither Django nor a vendor's SDK. A layer may be another program's poor OCR, meant for a font of its own, or
made to deceive; so it is compared with the ink, and some of its lines are read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Final

from PIL import Image
from rapidfuzz import fuzz

from books.errors import UnreadableImage
from books.intake.pdf import LayerPiece
from books.ocr.engines.base import OcrEngine, OcrLine, OcrText
from books.ocr.engines.lines import Box, surrounding
from books.ocr.image.ink import PageInk

# Characters that stand for no sign a person knows: private use, unassigned, replacement. A font's odd bullet is one.
MOST_STRANGE: Final = 0.02
# Print outside of all the layer's lines, and text where no ink is: of a page of thirty lines, one or two.
MOST_MISSING, MOST_HIDDEN = 0.05, 0.05
# So many lines, spread over the page, are read; OCR and a good layer agree in all but a sign or two.
CHECKED_LINES, LEAST_AGREEMENT = 5, 85.0
# Line boxes of the layer end at the letters; Tesseract wants some white around them.
MARGIN: Final = 8
# Pieces are on one line if they share this much of the lower one's height, and one block's lines are this near.
SHARED_HEIGHT, BLOCK_GAP = 0.5, 0.8


class BadTextLayer(UnreadableImage):
    """The layer does not hold what is seen on the page, which has to be read instead."""

    code = "bad_text_layer"


class PdfTextLayer:
    """Made for one page: ``layer`` is its text, and ``reader`` looks at some of its lines."""

    name = "pdf-text"

    def __init__(self, layer: Sequence[LayerPiece], reader: OcrEngine) -> None:
        self.layer = layer
        self.reader = reader
        self.version = f"pdfium {version('pypdfium2')}"

    def read(self, image: Image.Image, *, is_upright: bool = True) -> OcrText:
        """``image`` is the page as rendered, at any scale, and never turned. The confidence is the agreement with what
        was looked at.

        Raises BadTextLayer.
        """
        ink = PageInk(image)
        lines = _lines(self.layer, image.size)
        if not lines and ink.is_blank:
            return OcrText("", 0.0, (), self.name, self.version)
        _check_signs(lines)
        missing = _check_ink(lines, ink)
        agreement = self._agreement(lines, image)
        if agreement < LEAST_AGREEMENT:
            raise BadTextLayer("The PDF's own text says something else than its page shows.")
        sure = tuple(replace(line, confidence=agreement) for line in lines)
        text = "\n".join(line.text for line in sure)
        return OcrText(text, agreement, sure, self.name, self.version, missing_ink=missing)

    def _agreement(self, lines: Sequence[OcrLine], image: Image.Image) -> float:
        """0 to 100: how far the longest lines of parts of the page say what the reader reads there."""
        step = max(1, len(lines) // CHECKED_LINES)
        parts = [lines[at : at + step] for at in range(0, len(lines), step)][:CHECKED_LINES]
        chosen = [max(part, key=lambda line: len(line.text)) for part in parts]
        boxes = [_widened(line.box, image.size) for line in chosen]
        sheet = Image.new("L", (max(b[2] - b[0] for b in boxes), sum(b[3] - b[1] + 2 * MARGIN for b in boxes)), 255)
        top = 0
        for box in boxes:
            sheet.paste(image.crop(box), (0, top))
            top += box[3] - box[1] + 2 * MARGIN
        read = self.reader.read(sheet).text
        return fuzz.ratio(_bare("".join(line.text for line in chosen)), _bare(read))


def _lines(layer: Iterable[LayerPiece], size: tuple[int, int]) -> list[OcrLine]:
    """The pieces joined to printed lines, in the layer's order."""
    lines: list[OcrLine] = []
    for piece in layer:
        left, top, right, bottom = (round(share * side) for share, side in zip(piece.box, (*size, *size), strict=True))
        box = max(0, left), max(0, top), min(size[0], right), min(size[1], bottom)
        text = " ".join(piece.text.split())
        if not text or box[0] >= box[2] or box[1] >= box[3]:
            continue
        if lines and _is_same_line(lines[-1].box, box):
            gap = "" if box[0] - lines[-1].box[2] < 0.1 * (box[3] - box[1]) else " "
            lines[-1] = replace(lines[-1], text=lines[-1].text + gap + text, box=surrounding((lines[-1].box, box)))
        else:
            lines.append(OcrLine(text, 0.0, box, _block(lines, box)))
    return lines


def _is_same_line(before: Box, box: Box) -> bool:
    shared = min(before[3], box[3]) - max(before[1], box[1])
    is_after = box[0] >= before[2] - (box[3] - box[1]) / 2
    is_near = box[0] - before[2] < 3 * (box[3] - box[1])
    return is_after and is_near and shared > SHARED_HEIGHT * min(before[3] - before[1], box[3] - box[1])


def _block(lines: Sequence[OcrLine], box: Box) -> int:
    if not lines:
        return 0
    before = lines[-1]
    gap = box[1] - before.box[3]
    is_near = gap + (box[3] - box[1]) / 2 >= 0 and gap < BLOCK_GAP * (box[3] - box[1])
    return before.block if is_near and box[0] < before.box[2] and before.box[0] < box[2] else before.block + 1


def _check_signs(lines: Sequence[OcrLine]) -> None:
    signs = "".join(line.text for line in lines).replace(" ", "")
    strange = sum(sign == "\ufffd" or unicodedata.category(sign) in {"Co", "Cn", "Cs", "Cc"} for sign in signs)
    if not any(map(str.isalnum, signs)) or strange > MOST_STRANGE * len(signs):
        raise BadTextLayer("The PDF's own text is empty or made of signs that cannot be read.")


def _check_ink(lines: Sequence[OcrLine], ink: PageInk) -> float:
    """The share of the print that no line covers."""
    missing = ink.missing(line.box for line in lines)
    hidden = sum(len(line.text) for line in lines if not ink.has_ink(line.box))
    if missing > MOST_MISSING or hidden > MOST_HIDDEN * sum(len(line.text) for line in lines):
        raise BadTextLayer("The PDF's own text does not stand where the page's print is.")
    return missing


def _widened(box: Box, size: tuple[int, int]) -> Box:
    left, top, right, bottom = box
    return (
        max(0, left - MARGIN),
        max(0, top - MARGIN // 2),
        min(size[0], right + MARGIN),
        min(size[1], bottom + MARGIN // 2),
    )


def _bare(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
