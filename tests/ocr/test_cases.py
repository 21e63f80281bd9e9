"""Awkward pages that people really have, through process_book: what is right for each is a rule, not a wording."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image, ImageDraw, ImageOps

from books.models import Book, Page
from books.ocr.accuracy import character_error_rate
from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.ink import PageInk
from books.ocr.image.open import normalise, open_page
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
NUMBERS_TITLE = "Numbers tell us how many things there are."
BOTH = [LEAVES_TITLE, *LEAVES, RIVERS_TITLE, *RIVERS]
LEAF, RIVER = [LEAVES_TITLE, *LEAVES], [RIVERS_TITLE, *RIVERS]
PAGES = CASES.parents[1] / "intake" / "cases"


def read(name: str) -> list[Page]:
    """The pages of the book that process_book made of the case."""
    file = PAGES / name if "/" in name else CASES / name
    call_command("process_book", str(file), title=name, stdout=StringIO())
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
    # Right from the beginning, and to stay right.
    "F15-jpx-colour-600dpi.pdf": LEAF,
    "I05-phone-perspective.jpg": [*LEAF, *RIVERS[:7]],
    "I06-curved.png": [*LEAF, *RIVERS[:7]],
    "I09-black-border.png": LEAF,
    "I10-sideways-90.png": [*LEAF, *RIVERS[:7]],
    "I11-upside-down-caps.png": ["PLANTS MAKE THEIR OWN FOOD FROM LIC", *(line.upper() for line in LEAVES)],
    "I25-margin-line-numbers.png": [LEAVES_TITLE, "5", "10", "15", "20", *LEAVES, *RIVER[:10]],
    "I42-one-word-page.png": ["Notes"],
    "I43-dark-cover.jpg": ["Science for", "Grade Seven", "Leaves, rivers and numbers"],
    "P21-sideways-chapter-tab.pdf": [*BOTH, "CHAPTER 3 LEAVES AND RIVERS"],
    "P22-rotated-45-label.pdf": [
        *LEAF,
        "direction of sunlight",
        "Figure 1 The path of light through the leaf",
        "The upper side is darker than the lower side.",
    ],
    **{
        f"{name}.pdf": BOTH
        for name in (
            *("F10-fake-bold", "P03-wrong-tounicode", "P04-poor-hidden-ocr-layer", "P05-misaligned-hidden-ocr"),
            *("P08-flipped-mediabox", "P24-two-columns-proper"),
        )
    },
    "odd/fillorder2.tif": LEAF,
    "odd/pixel_units.pdf": LEAF,
    "odd/broken_xref.pdf": BOTH,
    "odd/no_mediabox.pdf": BOTH,
    **{f"odd/{name}.pdf": ["Leaves and rivers", *LEAVES, *RIVERS, "14"] for name in ("trailing", "empty_password")},
    **{f"odd/{name}": LEAF for name in ("mpo.jpg", "padded.jpg", "trailing.png")},
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


def keeps_its_lines(page: Page) -> bool:
    """The lines of one column below those of the other, with what is printed in neither at the end of one, and without
    what was guessed into the grain of the figure."""
    assert page.reading is None or min(line["confidence"] for line in page.reading.lines) > 60
    lines = page.reading.text.splitlines() if page.reading else []
    return [line for line in lines if line in (LEAVES_TITLE, RIVERS_TITLE, "Figure 3.1 A river bend")] == [
        *(LEAVES_TITLE, LEAVES_TITLE, RIVERS_TITLE, "Figure 3.1 A river bend")
    ] and all(any(line.startswith(each[:20]) for line in lines) for each in BOTH)


def has_the_table(page: Page) -> bool:
    lines = page.reading.text.splitlines() if page.reading else []
    return lines[:29] == [*BOTH, NUMBERS_TITLE] and [*map("".join, map(str.split, lines[30:]))] == [
        "Table1:Lightandgrowth",
        "shade4cm_halflight9cm",
        "fulllight15cm",
    ]


def is_nearly(*lines: str) -> Callable[[Page], bool]:
    return lambda page: character_error_rate("\n".join(lines), page.reading.text if page.reading else "") < 0.03


def ends_as_printed(page: Page) -> bool:
    """With the hyphens of its line ends."""
    text = page.reading.text if page.reading else ""
    return text.startswith("Photosynthesis is the process by which chloro-\nphyll") and text.endswith("\n".join(RIVER))


RULES: dict[str, Callable[[Page], bool]] = {
    "F12-image-equation-in-born-digital.pdf": lambda page: has_the_equation(page) or is_marked(page),
    "hidden-over-a-figure.pdf": has_no_hidden_line,
    "P01-born-digital-cyrillic.pdf": is_kept_in_its_script,
    "F01-spread.png": is_a_marked_spread,
    "I13-cjk-vertical-default-language.png": lambda page: is_marked(page) and page.reading.rotation == 0,
    "I44-dashed-answer-blanks.png": keeps_its_blanks,
    "I22-raster-watermark.png": is_nearly(*LEAF, *RIVERS[:7]),
    "I26-two-columns-figure.png": keeps_its_lines,
    "P13-figure-with-text-picture.pdf": has_the_table,
    "P19-hyphenated-lines.pdf": ends_as_printed,
    **{
        f"{name}.png": is_marked
        for name in (
            *("I12-hindi-default-language", "I14-hebrew-default-language", "I20-fractions-math"),
            *("I23-sideways-table-on-portrait", "I31-bleed-through", "I45-degree-minus-units"),
        )
    },
}
SEVERAL = {
    "P06-mixed-rotate.pdf": [LEAF, RIVER],
    "P27-cropbox-shows-half.pdf": [LEAF, RIVER],
    "odd/pyramid.tif": [LEAF, RIVER],
}


@pytest.mark.parametrize("name", SEVERAL)
def test_pages_of_one_file_are_each_read(name: str) -> None:
    assert [page.reading and page.reading.text.splitlines() for page in read(name)] == SEVERAL[name]


def in_another_form(kind: str, file: Path) -> None:
    """A page of the cases as four colours, deep grey, ink in the alpha channel, or a TIFF packed in some way."""
    with Image.open(PAGES / "odd/trailing.png") as page:
        grey = page.convert("L")
    if kind == "deep":
        Image.fromarray(np.asarray(grey).astype(np.uint16) * 257).save(file)
    elif kind == "alpha":
        Image.merge("LA", (Image.new("L", grey.size), ImageOps.invert(grey))).save(file)
    elif kind == "cmyk":
        grey.convert("CMYK").save(file, quality=90)
    else:
        grey.convert("RGB").save(file, compression=kind)


FORMS = {"cmyk": "p.jpg", "deep": "p.png", "alpha": "p.png", "jpeg": "p.tif", "tiff_lzw": "p.tif"}


@pytest.mark.parametrize("kind", FORMS)
def test_a_page_in_another_form_is_read(kind: str, tmp_path: Path) -> None:
    file = tmp_path / FORMS[kind]
    in_another_form(kind, file)
    assert TesseractEngine().read(normalise(open_page(BytesIO(file.read_bytes())))).text.splitlines() == LEAF


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
