"""A contents page as scanned, in three forms: from the picture to the drafted contents, line for line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import ImageDraw

from books.extraction.contents import drafted
from books.extraction.engines.offline.digest import digest
from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.ink import PageInk
from books.ocr.image.open import open_page
from books.ocr.image.shapes import leaders
from books.structure.base import BookFacts, PageText, TextLine
from books.structure.contents import toc_text
from tests.extraction.conftest import text_line
from tests.extraction.contents_forms import FORMS

FOLDER = Path(__file__).parents[1] / "ocr" / "cases"
RIGHT = """1 Leaves ..... 1
  1.1 Light and leaves ..... 2
  1.2 Water and roots ..... 9
2 Rivers ..... 15
  2.1 Springs and valleys ..... 16
  2.2 Meanders and deltas ..... 23
3 Numbers ..... 31
  3.1 Place value ..... 32
  3.2 Rounding ..... 40
Answers ..... 52
Index ..... 58
"""


@pytest.mark.parametrize("form", FORMS)
def test_contents_are_drafted_line_for_line_whatever_their_form(form):
    sheet, rows = FORMS[form]()
    image = sheet.scanned()
    read = TesseractEngine().read(image)
    lines = tuple(text_line(line, image.size) for line in read.lines)
    assert toc_text(digest(PageText(1, read.text, lines), "", "").toc).splitlines() == rows, read.text


def test_numbers_whose_ones_and_noughts_are_read_as_letters():
    text = "Contents\n1 Leaves ..... l\n1.1 Light ...... 2)\n2 Rivers . . . . l7\n2.1 Springs l8\nAnswers ----- 1O4"
    drafted = toc_text(digest(PageText(1, text), "", "").toc)
    right = "1 Leaves ..... 1\n  1.1 Light ..... 2\n2 Rivers ..... 17\n  2.1 Springs ..... 18\nAnswers ..... 104\n"
    assert drafted == right


@pytest.mark.parametrize("form", ["b-solid-dots", "c-spaced-dots", "d-no-leader"])
def test_the_draft_has_each_line_with_its_page(form):
    with (FOLDER / f"I34-{form}.png").open("rb") as data:
        image = open_page(data)
    read = TesseractEngine().read(image)
    leader = " " if form == "d-no-leader" else " ..... "
    assert f"1 Leaves{leader}1\n1.1 Light and leaves{leader}2" in read.text
    lines = tuple(text_line(line, image.size) for line in read.lines)
    assert toc_text(digest(PageText(1, read.text, lines), "", "").toc) == RIGHT
    without_layout = toc_text(digest(PageText(1, read.text, ()), "", "").toc)
    assert [row.strip() for row in without_layout.splitlines()] == [row.strip() for row in RIGHT.splitlines()]


@pytest.mark.parametrize("leader", ["dashes", "rule", "raised dots"])
def test_whatever_leads_to_the_number_it_stands_on_the_line_of_its_title(leader):
    """The leaders of the case with solid dots, drawn over by others."""
    with (FOLDER / "I34-b-solid-dots.png").open("rb") as data:
        page = open_page(data)
    draw = ImageDraw.Draw(page)
    for left, top, right, bottom in leaders(PageInk(page)):
        draw.rectangle((left - 4, top - 3, right + 3, bottom + 3), fill=255)
        step = {"dashes": 24, "raised dots": 12}.get(leader, 1)
        for x in range(left, right - 10, step):
            if leader == "raised dots":
                draw.ellipse((x, top - 9, x + 3, top - 6), fill=0)
            else:
                draw.line((x, bottom, x + step // 2, bottom), fill=0, width=2)
    read = TesseractEngine().read(page).text
    for row in RIGHT.splitlines():
        title, number = row.strip().split(" ..... ")
        assert re.search(rf"^{re.escape(title)}( \.\.\.\.\.)? {number}$", read, re.MULTILINE), read


def test_numbers_apart_are_joined_by_row_where_only_the_layout_tells():
    rows = [("Contents", 0.1), ("Rivers", 0.2), ("Seas", 0.25), ("Lakes", 0.3)]
    lines = [TextLine(text, top, 0.1, 0.02, 0.2) for text, top in rows]
    lines += [TextLine(str(page), top, 0.85, 0.02, 0.02) for page, (_, top) in zip((1, 7, 9), rows[1:], strict=True)]
    page = PageText(1, "\n".join(line.text for line in lines), tuple(lines))
    assert toc_text(digest(page, "", "").toc) == "Rivers ..... 1\nSeas ..... 7\nLakes ..... 9\n"


# Pages as text, whose lines are indented as printed; each with its draft. A form feed begins another page.
AS_TEXT = {
    "an index beside the parts": (
        "Contents\nPart I Force\n  1 Motion ..... 3\n  2 Work ..... 19\nPart II Heat\n  3 Gas ..... 57\nIndex ..... 90",
        "Part I Force\n1 Motion ..... 3\n2 Work ..... 19\nPart II Heat\n3 Gas ..... 57\nIndex ..... 90",
    ),
    "answers beside the chapters": (
        "Contents\n1 Sets ..... 1\n2 Limits ..... 47\nAnswers ..... 78",
        "1 Sets ..... 1\n2 Limits ..... 47\nAnswers ..... 78",
    ),
    "words of other languages": (
        "Оглавление\nГлава 1. Силы ..... 5\n  § 1. Трение ..... 6\nГлава 2. Тепло ..... 20\nОтветы ..... 40",
        "1 Силы ..... 5\n  1 Трение ..... 6\n2 Тепло ..... 20\nОтветы ..... 40",
    ),
    "Hindi": (
        "विषय-सूची\nअध्याय 1 संख्याएँ ..... 1\nअध्याय 2 समीकरण ..... 15\nउत्तरमाला ..... 60",
        "1 संख्याएँ ..... 1\n2 समीकरण ..... 15\nउत्तरमाला ..... 60",
    ),
    "ranges of pages": (
        "Contents\n1 Light ..... 1-18\n  1.1 Mirrors 2–11\n2 Sound (pp. 19-35)\n3 Heat 36-50\nReprint 2024-25",
        "1 Light ..... 1\n  1.1 Mirrors 2\n2 Sound ..... 19\n3 Heat 36",
    ),
    "misread digits": (
        "Contents\nl Air ..... l\n2 Soil ..... lO\n3 Fire ..... 2l\n4 Water ..... 3S\n5 Ice ..... 5o",
        "1 Air ..... 1\n2 Soil ..... 10\n3 Fire ..... 21\n4 Water ..... 35\n5 Ice ..... 50",
    ),
    "leaders read as letters": (
        "Contents\n1 Leaves .......ccccsseeeess 1\n2 Rivers ....scscsssseee 15\n3 Numbers ......cccss 31",
        "1 Leaves ..... 1\n2 Rivers ..... 15\n3 Numbers ..... 31",
    ),
    "the page beside the chapter's number": (
        "CONTENTS\nCHAPTER 1 ..... 3\nIntegers\nCHAPTER 2 ..... 20\nPowers\nCHAPTER 3 ..... 38\nRoots",
        "1 Integers ..... 3\n2 Powers ..... 20\n3 Roots ..... 38",
    ),
    "titles above their authors": (
        "Contents\nThe River\nAda Miles ..... 3\nA Letter\nLin Wei ..... 14\nWinter\nRosa Marin ..... 35",
        "The River Ada Miles ..... 3\nA Letter Lin Wei ..... 14\nWinter Rosa Marin ..... 35",
    ),
    "a table": (
        "Contents\n| No. | Title | Page |\n| --- | --- | --- |\n| 1 | Leaves | 1 |\n| 2 | Rivers | 15 |",
        "1 Leaves 1\n2 Rivers 15",
    ),
    "a list": (
        "Contents\n- Chapter 1: Leaves ..... 1\n- 1.1 Light ..... 2\n- Chapter 2: Rivers ..... 15",
        "1 Leaves ..... 1\n  1.1 Light ..... 2\n2 Rivers ..... 15",
    ),
    "a page that begins within a chapter": (
        "Contents\nChapter 1 Celts ..... 1\n  Huts 2\fContents (continued)\n  Gold ..... 20\nChapter 2 Rome 26",
        "1 Celts ..... 1\n  Huts 2\n  Gold ..... 20\n2 Rome 26",
    ),
    "the chapters alone before": (
        "Brief Contents\n1 Heat ..... 1\n2 Light ..... 18\fContents\n1 Heat ..... 1\n  Fire ..... 2\n2 Light 18",
        "1 Heat ..... 1\n  Fire ..... 2\n2 Light 18",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", AS_TEXT)
def test_contents_are_drafted_from_text_line_for_line(form):
    printed, right = AS_TEXT[form]
    pages = [PageText(number, text) for number, text in enumerate(printed.split("\f"), 1)]
    entries, _ = drafted(BookFacts("B"), [digest(page, "", "") for page in pages])
    assert toc_text(entries).replace(" ..... ", " ").splitlines() == right.replace(" ..... ", " ").splitlines()
