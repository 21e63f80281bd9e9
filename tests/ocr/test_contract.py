"""What every OCR engine promises, tried on each of them; RapidOCR where it is installed."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from books.intake.pdf import render_page
from books.ocr.accuracy import character_error_rate
from books.ocr.engines.base import OcrEngine, OcrText
from books.ocr.engines.model import OpenAIVision
from books.ocr.engines.pdf_text import BadTextLayer, PdfTextLayer
from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.normalise import evened, normalise
from books.ocr.image.shapes import turned
from books.providers.request import Choice, ModelRequest
from tests.ocr import provoking
from tests.ocr.pdfs import book_page, drawn

NUMBER = 5


class Reader:
    """An engine with the page it is tried on: its picture, and what is printed there."""

    def __init__(self, engine: Callable[[], OcrEngine], page: Callable[[], Image.Image], truth: str) -> None:
        self.engine = engine()
        self.page = page()
        self.truth = truth


def model(request: ModelRequest) -> object:
    """A model that reads page 5 where it stands upright, and sees nothing anywhere else."""
    with Image.open(io.BytesIO(request.images[0])) as seen:
        known = normalise(provoking.sample(NUMBER)).resize(seen.size)
        is_known = np.abs(np.asarray(known, dtype=float) - np.asarray(seen, dtype=float)).mean() < 5
    lines = provoking.truth(NUMBER).splitlines() if is_known else []
    return request.schema.model_validate({"lines": [{"text": line, "confidence": 95} for line in lines]})


def scan() -> Image.Image:
    return normalise(provoking.sample(NUMBER))


RENDERED = render_page(io.BytesIO(book_page(drawn(NUMBER))), 0, dpi=170)
PRINTED = "\n".join(line[4] for line in drawn(NUMBER))


def rapid() -> OcrEngine:
    from books.ocr.engines.rapidocr import RapidEngine

    return RapidEngine()


READERS: dict[str, Callable[[], Reader]] = {
    "tesseract": lambda: Reader(TesseractEngine, scan, provoking.truth(NUMBER)),
    "openai": lambda: Reader(lambda: OpenAIVision(model, lambda _stage: Choice("gpt")), scan, provoking.truth(NUMBER)),
    "pdf-text": lambda: Reader(
        lambda: PdfTextLayer(RENDERED.glyphs, RENDERED.image.width, TesseractEngine()),
        lambda: evened(RENDERED.image),
        PRINTED,
    ),
    **({"rapidocr": lambda: Reader(rapid, scan, provoking.truth(NUMBER))} if find_spec("rapidocr") else {}),
}


@pytest.fixture(scope="module", params=list(READERS))
def reader(request: pytest.FixtureRequest) -> Reader:
    return READERS[request.param]()


@pytest.fixture(scope="module")
def found(reader: Reader) -> OcrText:
    return reader.engine.read(reader.page)


def test_says_who_read(reader: Reader, found: OcrText) -> None:
    assert (found.engine, found.version) == (reader.engine.name, reader.engine.version)
    assert 0 < len(found.engine) <= 40
    assert 0 < len(found.version) <= 80


def test_reads_the_page_in_order(reader: Reader, found: OcrText) -> None:
    assert character_error_rate(reader.truth, found.text) < 0.05
    assert found.rotation == 0


def test_has_a_line_for_each_printed_line(reader: Reader, found: OcrText) -> None:
    printed = len(reader.truth.splitlines())
    assert abs(len(found.text.splitlines()) - printed) <= 0.1 * printed
    assert all(line.strip() == line != "" for line in found.text.splitlines())


def test_is_sure_of_good_print_and_marks_nothing(found: OcrText) -> None:
    assert 80 < found.confidence <= 100
    assert 0 <= found.missing_ink < 0.05
    assert not found.text_may_be_missing
    assert not found.is_blank


def test_lines_are_the_text_and_lie_on_the_page(reader: Reader, found: OcrText) -> None:
    if not found.lines:
        assert found.engine == "openai"
        return
    assert found.text == "\n".join(line.text for line in found.lines)
    ink = np.asarray(reader.page) < 128
    for line in found.lines:
        left, top, right, bottom = line.box
        assert 0 <= left < right <= reader.page.width
        assert 0 <= top < bottom <= reader.page.height
        assert ink[top:bottom, left:right].mean() > 0.02
        assert 0 <= line.confidence <= 100


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_tells_how_it_turned_the_page(reader: Reader, degrees: int) -> None:
    page = turned(reader.page, degrees)
    try:
        read = reader.engine.read(page)
    except BadTextLayer:
        return  # its boxes are on the page as rendered, and another engine reads what is turned
    assert read.rotation == 360 - degrees
    assert character_error_rate(reader.truth, read.text) < 0.05
    ink = np.asarray(turned(page, read.rotation)) < 128
    assert all(ink[line.box[1] : line.box[3], line.box[0] : line.box[2]].mean() > 0.02 for line in read.lines)


def test_turns_nothing_that_a_person_turned(reader: Reader) -> None:
    try:
        assert reader.engine.read(turned(reader.page, 180), is_upright=True).rotation == 0
    except BadTextLayer:
        return


@pytest.mark.parametrize("blank", [provoking.blank, lambda: normalise(provoking.noisy(provoking.blank(), 8))])
def test_invents_nothing_for_a_blank_page(reader: Reader, blank: Callable[[], Image.Image]) -> None:
    try:
        read = reader.engine.read(blank())
    except BadTextLayer:
        return
    assert (read.text, read.lines, read.confidence, read.is_blank) == ("", (), 0.0, True)


HIDDEN: dict[str, Callable[[], Image.Image]] = {
    "a lone letter": lambda: provoking.lettered("A", 700),
    "out of level": lambda: provoking.turned(provoking.sample(NUMBER), 40),
    "faint": lambda: provoking.as_image(
        190 + np.asarray(provoking.sample(NUMBER)) / 25.5 + provoking.noise((992, 1405), 6)
    ),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_calls_no_page_blank_that_hides_print(reader: Reader, name: str) -> None:
    try:
        assert not reader.engine.read(evened(HIDDEN[name]())).is_blank
    except BadTextLayer:
        return


def test_marks_what_it_does_not_read(reader: Reader) -> None:
    """Print in rows that is no known page to the model and no words to the others."""
    shuffled = np.asarray(reader.page).copy()
    height = shuffled.shape[0]
    for top in range(0, height - 3, 3):
        shuffled[top : top + 3] = np.roll(shuffled[top : top + 3], 17 * (top % 7), axis=1)
    try:
        read = reader.engine.read(Image.fromarray(shuffled))
    except BadTextLayer:
        return
    assert read.text_may_be_missing
    assert not read.is_blank


def test_reads_the_same_in_two_threads_at_once(reader: Reader, found: OcrText) -> None:
    read: list[OcrText] = []
    threads = [threading.Thread(target=lambda: read.append(reader.engine.read(reader.page))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == [found, found]
