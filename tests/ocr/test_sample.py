"""The whole sample once: how many characters are wrong. What a page costs is for `make bench` to say."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean

import pytest

from books.ocr.accuracy import character_error_rate
from books.ocr.engines.base import OcrText
from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.open import normalise, open_page
from books.structure.base import BookFacts, PageText
from tests.extraction.conftest import text_line
from tests.extraction.printing import outlined, without_type
from tests.extraction.test_offline_outline import f1
from tests.ocr.provoking import PAGES, SAMPLE, TRUTH


@dataclass(frozen=True)
class Result:
    number: int
    is_degraded: bool
    error_rate: float
    text: OcrText
    size: tuple[int, int]


@pytest.fixture(scope="module")
def results(engine: TesseractEngine) -> list[Result]:
    results = []
    for page in PAGES:
        with (SAMPLE / page["file"]).open("rb") as data:
            image = normalise(open_page(data))
        text = engine.read(image)
        rate = character_error_rate(page["text"], text.text)
        results.append(Result(page["page"], bool(page["degradation"]), rate, text, image.size))
    return results


def test_clean_pages(results: list[Result]) -> None:
    assert mean(result.error_rate for result in results if not result.is_degraded) <= 0.012


def test_degraded_pages(results: list[Result]) -> None:
    assert mean(result.error_rate for result in results if result.is_degraded) <= 0.02


def test_no_page_is_bad_or_doubted(results: list[Result]) -> None:
    assert max(result.error_rate for result in results) < 0.05
    assert [result.number for result in results if result.text.text_may_be_missing] == []
    assert min(result.text.confidence for result in results) > 85


def test_lines_words_and_boxes_agree(results: list[Result]) -> None:
    for text in (result.text for result in results):
        assert text.text == "\n".join(line.text for line in text.lines)
        for line in text.lines:
            assert line.text == " ".join(word.text for word in line.words)
            assert 0 <= line.confidence <= 100
            for left, top, right, bottom in (word.box for word in line.words):
                assert line.box[0] <= left < right <= line.box[2]
                assert line.box[1] <= top < bottom <= line.box[3]


def test_the_printed_page_number_comes_last(results: list[Result]) -> None:
    last = [result.text.lines[-1].text for result in results]
    assert sum(text == page["footer"] for text, page in zip(last, PAGES, strict=True)) >= len(PAGES) - 1


def test_its_topics_are_found_in_what_was_read(results: list[Result]) -> None:
    pages = [
        PageText(each.number, each.text.text, tuple(text_line(line, each.size) for line in each.text.lines))
        for each in results
    ]
    starts = [subtopic["first_page"] for topic in TRUTH["topics"] for subtopic in topic["subtopics"]]
    outline = outlined(pages, BookFacts(TRUTH["book"]))
    assert outline.basis == "headings"
    assert f1(starts, outline, len(PAGES)) >= 0.95
    assert f1(starts, outlined(without_type(pages), BookFacts(TRUTH["book"])), len(PAGES)) >= 0.95
