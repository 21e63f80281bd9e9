"""Contents pages drawn in the forms that books give them, each with its right draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

CHAPTERS = (
    ("Whole Numbers", 1, (("Place value", 2), ("Rounding and estimating", 9))),
    ("Fractions", 17, (("Equal parts", 18), ("Adding fractions", 25))),
    ("Decimals", 36, (("Tenths and hundredths", 37), ("Money and measures", 44))),
    ("Geometry", 53, (("Angles around a point", 54), ("Area of a triangle", 61))),
)
LEFT, INNER, RIGHT = 120, 190, 1100
# What leads to a number: from one sign to the next, and how it is drawn around a place on the base line.
LEADERS: dict[str, tuple[int, tuple[int, int, int, int]]] = {
    "dots": (9, (0, -3, 3, 0)),
    "dots far apart": (26, (0, -3, 3, 0)),
    "dashes": (22, (0, -9, 10, -7)),
    "a rule": (2, (0, -2, 2, -1)),
    "bullets": (18, (0, -11, 4, -7)),
    "nothing": (2000, (0, 0, 0, 0)),
}


@dataclass
class Sheet:
    """A page that is drawn from top to bottom."""

    title: str = "Contents"
    y: int = 120

    def __post_init__(self) -> None:
        self.image = Image.new("L", (1240, 1754), 250)
        self.draw = ImageDraw.Draw(self.image)
        self.say(LEFT, self.title, 44)
        self.y = 240

    def say(self, x: float, text: str, size: int = 28) -> float:
        font = ImageFont.load_default(size)
        self.draw.text((x, self.y), text, 20, font)
        return x + self.draw.textlength(text, font)

    def row(self, x: int, text: str, page: object = "", lead: str = "nothing", right: int = RIGHT) -> None:
        at = self.say(x, text) + 14
        width = self.draw.textlength(str(page), ImageFont.load_default(28))
        self.say(right - width, str(page))
        step, (left, top, end, bottom) = LEADERS[lead]
        while page and at < right - width - 24:
            self.draw.rectangle((at + left, self.y + 27 + top, at + end, self.y + 27 + bottom), 20)
            at += step
        self.y += 48

    def scanned(self) -> Image.Image:
        grain = np.random.default_rng(3).normal(0, 5, self.image.size[::-1])
        shades = np.asarray(self.image.filter(ImageFilter.GaussianBlur(0.6))) + grain
        return Image.fromarray(shades.clip(0, 255).astype(np.uint8))


def right(chapter: str = "{n} {title} ..... {page}", section: str = "  {n}.{m} {title} ..... {page}") -> list[str]:
    rows = []
    for n, (title, page, sections) in enumerate(CHAPTERS, 1):
        rows.append(chapter.format(n=n, title=title, page=page))
        rows += [section.format(n=n, m=m, title=name, page=at) for m, (name, at) in enumerate(sections, 1)]
    return rows


def led(lead: str) -> tuple[Sheet, list[str]]:
    sheet = Sheet("Table of Contents")
    for n, (title, page, sections) in enumerate(CHAPTERS, 1):
        sheet.row(LEFT, f"{n}  {title}", page, lead)
        for m, (name, at) in enumerate(sections, 1):
            sheet.row(INNER, f"{n}.{m}  {name}", at, lead)
    return sheet, right()


def numbers_first() -> tuple[Sheet, list[str]]:
    sheet = Sheet()
    for title, page, sections in CHAPTERS:
        for name, at, x in ((title, page, INNER), *((*each, INNER + 40) for each in sections)):
            sheet.say(LEFT, str(at))
            sheet.row(x, name)
    return sheet, right("{title} ..... {page}", "  {title} ..... {page}")


def numbers_before_numbers() -> tuple[Sheet, list[str]]:
    sheet = Sheet("CONTENTS")
    for n, (title, page, sections) in enumerate(CHAPTERS, 1):
        sheet.say(LEFT, str(page))
        sheet.row(INNER, f"Chapter {n}: {title}")
        for m, (name, at) in enumerate(sections, 1):
            sheet.say(LEFT, str(at))
            sheet.row(INNER + 40, f"{n}.{m} {name}")
    return sheet, right()


def two_columns() -> tuple[Sheet, list[str]]:
    sheet = Sheet()
    for n, (title, page, sections) in enumerate(CHAPTERS, 1):
        x, sheet.y = (90, sheet.y) if n < 3 else (650, sheet.y if n > 3 else 240)
        sheet.row(x, f"{n}  {title}", page, "dots", x + 490)
        for m, (name, at) in enumerate(sections, 1):
            sheet.row(x + 40, f"{n}.{m}  {name}", at, "dots", x + 490)
    return sheet, right()


def parts_of_units() -> tuple[Sheet, list[str]]:
    sheet, rows = Sheet(), right(section="  {m} {title} ..... {page}")
    for n, (title, page, sections) in enumerate(CHAPTERS, 1):
        if n in (1, 3):
            sheet.row(LEFT, "PART ONE  THE LAND" if n == 1 else "PART TWO  THE PEOPLE")
        sheet.row(LEFT, f"Unit {n}  {title}", page, "dots")
        for m, (name, at) in enumerate(sections, 1):
            sheet.row(INNER, f"Lesson {m}  {name}", at, "dots")
    return sheet, ["PART ONE THE LAND", *rows[:6], "PART TWO THE PEOPLE", *rows[6:]]


def roman_numerals() -> tuple[Sheet, list[str]]:
    """Some are read as other signs; pages before the first are no part of the draft."""
    sheet, rows = Sheet(), []
    sheet.row(LEFT, "Preface", "vii", "dots")
    for numeral, (title, page, sections) in zip(("I", "II", "III", "IV"), CHAPTERS, strict=True):
        sheet.row(LEFT, f"{numeral}.  {title.upper()}", page, "dots")
        rows.append(f"{numeral}. {title.upper()} ..... {page}")
        for name, at in sections:
            sheet.row(INNER, name, at, "dots")
            rows.append(f"  {name} ..... {at}")
    return sheet, rows


def titles_of_two_lines() -> tuple[Sheet, list[str]]:
    sheet = Sheet()
    sheet.row(LEFT, "1  How Plants Make Food", 1, "dots")
    sheet.row(INNER, "1.1  The leaf as a kitchen that works by the")
    sheet.row(INNER + 70, "light of the day alone", 2, "dots")
    sheet.row(INNER, "1.2  Roots, stems and water", 9, "dots")
    sheet.row(LEFT, "2  Rivers and the Towns That Grew")
    sheet.row(LEFT + 40, "Along Their Banks", 17, "dots")
    sheet.row(INNER, "2.1  Springs", 18, "dots")
    sheet.row(INNER, "2.2  Dams, canals and the long history", 25, "dots")
    sheet.row(INNER + 70, "of keeping water")
    sheet.row(LEFT, "3  Numbers", 36, "dots")
    return sheet, [
        "1 How Plants Make Food ..... 1",
        "  1.1 The leaf as a kitchen that works by the light of the day alone ..... 2",
        "  1.2 Roots, stems and water ..... 9",
        "2 Rivers and the Towns That Grew Along Their Banks ..... 17",
        "  2.1 Springs ..... 18",
        "  2.2 Dams, canals and the long history of keeping water ..... 25",
        "3 Numbers ..... 36",
    ]


def chapters_without_pages() -> tuple[Sheet, list[str]]:
    sheet = Sheet()
    for n, (title, _, sections) in enumerate(CHAPTERS, 1):
        sheet.row(LEFT, f"Chapter {n}  {title}")
        for m, (name, at) in enumerate(sections, 1):
            sheet.row(INNER, f"{n}.{m}  {name}", at, "dots")
    return sheet, right("{n} {title}")


def the_word_page() -> tuple[Sheet, list[str]]:
    sheet = Sheet("In This Book")
    for n, (title, page, sections) in enumerate(CHAPTERS, 1):
        sheet.row(LEFT, f"{n}  {title}", f"page {page}")
        for m, (name, at) in enumerate(sections, 1):
            sheet.row(INNER, f"{n}.{m}  {name}", f"p. {at}")
    return sheet, right()


def titles_below_numbers() -> tuple[Sheet, list[str]]:
    sheet = Sheet()
    for n, (title, page, sections) in enumerate(CHAPTERS, 1):
        sheet.row(LEFT, f"CHAPTER {n}")
        sheet.row(LEFT, title, page)
        for name, at in sections:
            sheet.row(INNER, name, at)
    return sheet, right(section="  {title} ..... {page}")


FORMS: dict[str, Callable[[], tuple[Sheet, list[str]]]] = {
    **{f"led by {lead}": lambda lead=lead: led(lead) for lead in LEADERS},
    **{
        form.__name__.replace("_", " "): form
        for form in (
            *(numbers_first, numbers_before_numbers, two_columns, parts_of_units, roman_numerals),
            *(titles_of_two_lines, chapters_without_pages, the_word_page, titles_below_numbers),
        )
    },
}
