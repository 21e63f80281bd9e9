"""Awkward pages that people really have, through process_book: what is right for each is a rule, not a wording."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from PIL import ImageDraw

from books.models import Book, Page
from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.ink import PageInk
from books.ocr.image.open import open_page
from books.ocr.image.shapes import blanks

pytestmark = pytest.mark.django_db(transaction=True)
CASES = Path(__file__).parent / "cases"
LEAVES = """A green leaf takes in carbon dioxide from the air
and water from the roots below the soil.
Inside each cell a pigment called chlorophyll
catches the energy of the sun and uses it
to build sugar, which feeds the whole plant.
Oxygen leaves the leaf through tiny openings
that botanists call stomata.
At night the process stops, for there is no light.
The plant then lives on what it stored by day.
Farmers choose the spacing of rows so that
every seedling receives enough sunshine.
Write down three things a leaf needs to work.
Compare a leaf in shade with one in bright light.""".splitlines()
RIVERS = """Near the spring the slope is steep and water fast;
it cuts a narrow valley into solid rock.
Further down the current slows and drops its load
of gravel, then sand, and at last fine mud.
A wide bend that grows wider is a meander.
During a flood the river may cut through the neck
and leave an oxbow lake behind.
At the mouth a delta forms where waves are weak.
Towns grew along rivers because boats could land.
Dams hold water back for fields and for power.
They also stop the mud that once fed the delta.
Name two ways in which people change a river.
Explain why old river plains are good for farming.""".splitlines()
LEAVES_TITLE, RIVERS_TITLE = "Plants make their own food from light.", "Rivers shape the land they cross."
BOTH = [LEAVES_TITLE, *LEAVES, RIVERS_TITLE, *RIVERS]


def read(name: str) -> list[Page]:
    """The pages of the book that process_book made of the case."""
    call_command("process_book", str(CASES / name), title=name, stdout=StringIO())
    return list(Book.objects.get(title=name).pages.select_related("reading").order_by("number"))


def lines_of(name: str) -> list[str]:
    (page,) = read(name)
    assert page.reading is not None
    return page.reading.text.splitlines()


EXACT: dict[str, list[str]] = {
    "F07-acroform-values.pdf": [
        "Worksheet: parts of a leaf",
        "1. The green pigment is called chlorophyll",
        "2. The gas taken in is carbon dioxide",
        "3. The tiny openings are the stomata",
        "4. The sugar is used as food for the plant",
        "5. Water comes up from the roots in the soil",
    ],
    "F08-stream-order.pdf": ["Leaves and rivers", *LEAVES, *RIVERS, "14"],
    "F09-columns-interleaved.pdf": ["Leaves and rivers", *LEAVES, *RIVERS],
    "F11-superscript.pdf": [
        "Powers of ten",
        "One million is 10⁶ and a thousand millions are 10⁹",
        "The mass of the earth is about 6 x 10²⁴ kilograms in all, a huge number",
        "The area of a square of side 4 is 4² square metres, that is sixteen",
        "The volume of a cube of side 3 is 3³ cubic metres, that is twenty seven",
        "Light travels about 3 x 10⁸ metres in each second of time",
    ],
    "F13-hidden-layer.pdf": BOTH,
    "P07-ligature-softhyphen.pdf": [
        "The first flower of the field opens early.",
        "A difficult find: the flat fish of the flood plain.",
        "Photosynthesis is the making of sugar from light.",
        "The café by the river serves crème in the spring.",
        "The office of the miller stood by the weir.",
        "Coffee plants need shade and fine soil to flourish.",
        *BOTH[:8],
    ],
    "P10-dropcap-letterspaced.pdf": [
        "CHAPTER ONE",
        "Plants make their own food from light, and they",
        "need water and air for it, as the farmer knows.",
        *BOTH[1:],
    ],
    "P14-diagonal-watermark.pdf": BOTH,
    "P15-white-on-blue-box.png": [LEAVES_TITLE, *LEAVES[:7], *RIVERS[:5]],
    "I40-150.png": ["RIVERS", "3"],
    "I40-230.png": ["RIVERS", "3"],
    "I40-270.png": ["RIVERS", "3"],
    "I40-subtitle.png": ["Rivers", "How water shapes the land"],
    "I29-neighbour-page-sliver.png": [LEAVES_TITLE, *LEAVES, *RIVERS[:7]],
    "I38-tilt-13-degrees.png": [LEAVES_TITLE, *LEAVES, *RIVERS[:7]],
}


@pytest.mark.parametrize("name", EXACT)
def test_read_line_for_line(name: str) -> None:
    assert lines_of(name) == EXACT[name]


def is_marked(page: Page) -> bool:
    return page.reading is not None and page.reading.text_may_be_missing


def has_the_equation(page: Page) -> bool:
    lines = page.reading.text.splitlines() if page.reading else []
    known = [line for line in lines if line in BOTH]
    return known == BOTH and any("mc" in line and "7k" in line for line in lines)


def has_no_hidden_line(page: Page) -> bool:
    text = page.reading.text if page.reading else ""
    return "SYSTEM" not in text and "ignore" not in text and text.count("\n") == 14


def is_kept_in_its_script(page: Page) -> bool:
    text = page.reading.text if page.reading else ""
    return text.startswith("Растения строят пищу из света.\nЗелёный лист") and page.reading.doubts == ["script"]


def keeps_its_blanks(page: Page) -> bool:
    lines = page.reading.text.splitlines() if page.reading else []
    counts = [line.count("____") for line in lines]
    return counts == [0, 1, 1, 1, 1, 1, 0, 3, 0] and all(
        line.startswith(f"{at}.") for at, line in enumerate(lines) if at
    )


def is_a_marked_spread(page: Page) -> bool:
    text = page.reading.text if page.reading else ""
    return (
        text.splitlines() == [LEAVES_TITLE, *LEAVES, "12", RIVERS_TITLE, *RIVERS, "13"]
        and "spread" in page.reading.doubts
    )


RULES: dict[str, Callable[[Page], bool]] = {
    "F12-image-equation-in-born-digital.pdf": lambda page: has_the_equation(page) or is_marked(page),
    "hidden-over-a-figure.pdf": has_no_hidden_line,
    "P01-born-digital-cyrillic.pdf": is_kept_in_its_script,
    "F01-spread.png": is_a_marked_spread,
    "I13-cjk-vertical-default-language.png": lambda page: is_marked(page) and page.reading.rotation == 0,
    "I44-dashed-answer-blanks.png": keeps_its_blanks,
}


@pytest.mark.parametrize("name", RULES)
def test_right_by_its_rule(name: str) -> None:
    (page,) = read(name)
    assert RULES[name](page), page.reading and page.reading.text


@pytest.mark.parametrize("sign", ["____", "....."])
def test_places_to_write_on_under_the_line_are_kept(sign: str) -> None:
    """The case's dashes drawn over by rules and by dots, a little below the line as most worksheets have them."""
    with (CASES / "I44-dashed-answer-blanks.png").open("rb") as data:
        page = open_page(data)
    draw = ImageDraw.Draw(page)
    for left, top, right, bottom in blanks(PageInk(page)):
        draw.rectangle((left - 2, top - 2, right + 2, bottom + 2), fill=255)
        for x in range(left, right - 4, 2 if sign == "____" else 11):
            draw.rectangle((x, bottom + 3, x + 2, bottom + 5), fill=0)
    lines = TesseractEngine().read(page).text.splitlines()
    assert [line.count(sign) for line in lines] == [0, 1, 1, 1, 1, 1, 0, 3, 0]
