"""RapidOCR: a local engine of neural networks, better with formulas, slower, and in need of 1 GB of memory.

An extra: its packages are in requirements-rapidocr.txt and not among the product's.
"""

from __future__ import annotations

from importlib.metadata import version
from threading import Lock
from typing import Any, Final

import numpy as np
from PIL import Image
from rapidocr import RapidOCR

from books.ocr.engines.base import OcrLine, OcrText, OcrWord, missing_if
from books.ocr.engines.columns import Box, reading_order
from books.ocr.engines.lines import line_of, mean_confidence
from books.ocr.image.regions import find_regions
from books.ocr.image.shapes import Upright, upright

SUSPICIOUS_INK: Final = 0.05
# Below this a box is texture more often than print.
LEAST_SCORE: Final = 0.5


class RapidEngine:
    """Its own order ruins pages of two columns, so its boxes are sorted here. One page at a time in a process."""

    name = "rapidocr"

    def __init__(self, language: str = "eng") -> None:
        """The models of the package read Latin script and Chinese; ``language`` chooses none of them."""
        self.language = language
        self.version = version("rapidocr")
        self._ocr = RapidOCR(params={"Global.use_cls": False, "Global.log_level": "error"})
        self._lock = Lock()

    def read(self, image: Image.Image, *, is_upright: bool = False) -> OcrText:
        page = upright(image, is_upright=is_upright)
        if page.ink.is_blank:
            return self._result([], page)
        with self._lock:
            found = self._ocr(np.asarray(page.page.convert("RGB")))
        return self._result(_lines(found, page.page.size), page)

    def _result(self, lines: list[OcrLine], page: Upright) -> OcrText:
        missing = page.ink.missing(line.box for line in lines)
        return OcrText(
            text="\n".join(line.text for line in lines),
            confidence=mean_confidence(word for line in lines for word in line.words),
            lines=tuple(lines),
            engine=self.name,
            version=self.version,
            missing_ink=missing,
            doubts=missing_if(missing >= SUSPICIOUS_INK or page.ink.hides_print(is_read=bool(lines))),
            rotation=page.degrees if lines else 0,
            regions=find_regions(page.ink, lines),
        )


def _lines(found: Any, size: tuple[int, int]) -> list[OcrLine]:
    if found.boxes is None:
        return []
    words = [
        OcrWord(text.strip(), 100 * float(score), _upright(corners, size))
        for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        if score >= LEAST_SCORE and text.strip()
    ]
    return [line_of([words[at]], block) for at, block in reading_order([word.box for word in words])]


def _upright(corners: Any, size: tuple[int, int]) -> Box:
    """The box around four corners, inside the page."""
    left, top = np.floor(corners.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
    return max(0, left), max(0, top), min(size[0], right), min(size[1], bottom)
