"""What was read on a page, as a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from books.models import Page, Reading
from books.ocr.engine import OcrLine, OcrText

# Of Tesseract's words below this most hold an error, of those above it few.
UNSURE_CONFIDENCE: Final = 60.0


def stored_reading(page: Page, text: OcrText, seconds: float) -> Reading:
    """PostgreSQL takes no NUL, neither in text nor in JSON."""
    return Reading.objects.create(
        page=page,
        engine=text.engine,
        version=text.version,
        text=text.text.replace("\x00", ""),
        confidence=text.confidence,
        lines=[_line(line) for line in text.lines],
        missing_ink=text.missing_ink,
        text_may_be_missing=text.text_may_be_missing,
        rotation=text.rotation,
        seconds=seconds,
    )


def _line(line: OcrLine) -> dict[str, Any]:
    return {
        "text": line.text.replace("\x00", ""),
        "confidence": line.confidence,
        "box": list(line.box),
        "block": line.block,
        "unsure": list(_unsure(line)),
    }


def _unsure(line: OcrLine) -> Iterator[list[int]]:
    """[start, end, confidence] of each doubtful word, as places in the line's text."""
    at = 0
    for word in line.words:
        start = line.text.find(word.text, at)
        if start < 0:
            continue
        at = start + len(word.text)
        if word.confidence < UNSURE_CONFIDENCE:
            yield [start, at, round(word.confidence)]
