from __future__ import annotations

import pytest

from books.ocr.engines.tesseract import TesseractEngine


@pytest.fixture(scope="session")
def engine() -> TesseractEngine:
    return TesseractEngine()
