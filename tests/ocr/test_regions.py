"""What stands on a page beside text: found by the ink and the lines, and kept with the reading."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageFont

from books.ocr.engines.base import Doubt
from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.open import normalise, open_page
from books.ocr.image.regions import with_captions
from books.stored.notation import plain
from books.stored.regions import Region, RegionKind, beyond_text
from tests.ocr.provoking import PAGES, SAMPLE

PARAGRAPH = """The distributive property is one of the most useful rules of
arithmetic. When a number multiplies a sum it may be multiplied
with each of the addends and the products added. This holds for
whole numbers and for fractions alike, as the learner has met."""
FONT, SMALL = ImageFont.load_default(34), ImageFont.load_default(22)


class Sheet:
    """A page drawn from top to bottom."""

    def __init__(self) -> None:
        self.page = Image.new("L", (1300, 1800), 255)
        self.draw = ImageDraw.Draw(self.page)
        self.y = 80

    def write(self, text: str = PARAGRAPH) -> Sheet:
        for line in text.splitlines():
            self.draw.text((100, self.y), line, fill=0, font=FONT)
            self.y += 52
        self.y += 30
        return self

    def kinds(self, engine: TesseractEngine) -> list[tuple[str, str]]:
        return [(each.kind.value, each.caption) for each in engine.read(self.page).regions]


def test_text_alone_has_no_regions(engine):
    sheet = Sheet().write().write("He said: “It’s a fine day,” and went on.").write()
    sheet.draw.rectangle((80, sheet.y - 10, 1250, sheet.y + 220), outline=0, width=3)
    assert sheet.write().kinds(engine) == []


def test_words_under_a_stamp_are_marked(engine):
    sheet = Sheet().write().write().write()
    stamp = Image.new("L", (620, 240))
    draw = ImageDraw.Draw(stamp)
    draw.rounded_rectangle((6, 6, 614, 234), 20, outline=255, width=9)
    draw.text((60, 70), "RECEIVED", fill=255, font=ImageFont.load_default(100))
    stamp = stamp.rotate(15, expand=True)
    assert engine.read(sheet.page).doubts == ()
    sheet.page.paste(70, (350, 250), stamp)
    assert engine.read(sheet.page).doubts == (Doubt.MISSING,)


@pytest.mark.parametrize("degrees", [0, 0.7])
def test_boxes_to_tick_stand_in_their_lines(engine, degrees):
    sheet = Sheet().write()
    for line in ("Leaves are green.", "Rivers flow up the hill."):
        sheet.draw.rectangle((100, sheet.y + 8, 128, sheet.y + 36), outline=0, width=2)
        sheet.draw.text((145, sheet.y), line, fill=0, font=FONT)
        sheet.y += 60
    found = engine.read(sheet.page.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255))
    assert found.text.splitlines()[4:] == ["☐ Leaves are green.", "☐ Rivers flow up the hill."]


def test_a_fraction_and_a_power(engine):
    sheet = Sheet().write()
    top = sheet.y
    for at, (above, below) in enumerate((("3", "4"), ("12", "5"))):
        left = 300 + 200 * at
        sheet.draw.text((left + 8, top), above, fill=0, font=FONT)
        sheet.draw.rectangle((left, top + 44, left + 52, top + 46), fill=0)
        sheet.draw.text((left + 8, top + 50), below, fill=0, font=FONT)
    sheet.y += 140
    sheet.write().draw.text((100, sheet.y), "The area is a", fill=0, font=FONT)
    right = 100 + sheet.draw.textlength("The area is a", font=FONT)
    sheet.draw.text((right + 1, sheet.y - 12), "2", fill=0, font=SMALL)
    assert [kind for kind, _ in sheet.kinds(engine)] == ["formula"] * 3


def test_a_sign_that_the_engine_does_not_know(engine):
    """Of ≤ Tesseract makes < or a letter; both are formulas."""
    assert [kind for kind, _ in Sheet().write().write("A solution of x < 5 is four.").kinds(engine)] == ["formula"]


def test_a_drawing_with_its_caption(engine):
    sheet = Sheet().write()
    sheet.draw.polygon([(200, sheet.y + 300), (700, sheet.y + 300), (300, sheet.y)], outline=0, width=4)
    sheet.draw.text((170, sheet.y + 300), "A", fill=0, font=FONT)
    sheet.y += 360
    kinds = sheet.write("Figure 6.1 A triangle with a corner A.").write().kinds(engine)
    assert kinds == [("figure", "Figure 6.1 A triangle with a corner A.")]


def test_tables_with_and_without_rules(engine):
    sheet = Sheet().write()
    cells = [["River", "Length", "Mouth"], ["Rhine", "1233 km", "North Sea"], ["Elbe", "1094 km", "North Sea"]]
    for has_rules in (True, False):
        sheet.write(f"Table {2 - has_rules} Rivers and their lengths")
        for row in [*cells, ["Danube", "2850 km", "Black Sea"]]:
            for at, cell in enumerate(row):
                left = 100 + 300 * at
                sheet.draw.text((left + 12, sheet.y), cell, fill=0, font=FONT)
                if has_rules:
                    sheet.draw.rectangle((left, sheet.y - 8, left + 300, sheet.y + 48), outline=0, width=3)
            sheet.y += 56
        sheet.y += 60
        sheet.write()
    captions = [f"Table {number} Rivers and their lengths" for number in (1, 2)]
    assert sheet.kinds(engine) == [("table", caption) for caption in captions]


@pytest.mark.parametrize(("number", "figures"), [(1, 1), (2, 1), (8, 0), (20, 0)])
def test_figures_of_the_sample(engine, number, figures):
    """Two drawings over one caption are one figure; the grain of a bad copy is none."""
    with (SAMPLE / PAGES[number - 1]["file"]).open("rb") as data:
        read = engine.read(normalise(open_page(data)))
    found = [each for each in read.regions if each.kind == RegionKind.FIGURE]
    assert len(found) == figures
    assert all(each.caption in " ".join(read.text.split()) for each in found)


def test_captions_of_a_page_whose_lines_have_no_places():
    figure = Region(RegionKind.FIGURE, (0, 0, 9, 9))
    lines = ["Figure 2: Clouds", "Figure 2 shows clouds."]
    assert with_captions([figure], lines)[0].caption == "Figure 2: Clouds"
    assert with_captions([figure, Region(RegionKind.TABLE, (0, 9, 9, 12))], lines)[0].caption == ""


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("Pens cost $5 and $7.", ()),
        (r"Solve $x \le 5$.", ("formulas",)),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ("tables",)),
    ],
)
def test_why_a_page_is_more_than_its_text(text, reasons):
    assert beyond_text(text, [], is_doubtful=False) == reasons
    figure = [Region(RegionKind.FIGURE, (0, 0, 9, 9))]
    assert beyond_text(text, figure, is_doubtful=True) == (*reasons, "figures", "doubtful reading")


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        (r"Solve $\frac{3}{4}x \le 5$.", "Solve 3/4x ≤5."),
        (r"$\dfrac{a+b}{2} \cdot h$ costs $5 and $6", "(a+b)/2 ·h costs $5 and $6"),
        (r"$\frac{1}$ is none", r"\frac{1} is none"),
        ("$" + "{" * 300 + "x" + "}" * 90 + "$", None),
    ],
)
def test_formulas_in_a_line_of_signs(text, signs):
    assert plain(text) == (text[1:-1] if signs is None else signs)
