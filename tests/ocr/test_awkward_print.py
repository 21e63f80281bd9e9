"""Print that awkward books have: initials, openers of chapters, lines drawn through it, and lines beside others. Drawn
with Pillow's own font: the same pixels every time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from books.ocr.engines.base import Doubt, OcrLine, OcrText, OcrWord
from books.ocr.engines.beside import parted
from books.ocr.engines.lines import line_of, with_ends, with_page_numbers
from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.layout import with_dark_print
from books.ocr.image.open import normalise
from tests.ocr.test_cases import LEAVES, RIVERS

SIZE = (1240, 1754)
STEP = 50


@pytest.fixture(scope="module")
def read() -> Callable[[Image.Image], OcrText]:
    engine = TesseractEngine()
    return lambda page: engine.read(normalise(page))


def font(size: int) -> ImageFont.FreeTypeFont:
    found = ImageFont.load_default(size)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found


def page_of(lines: Sequence[str], top: int = 150, left: int = 140) -> Image.Image:
    page = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(page)
    for at, line in enumerate(lines):
        draw.text((left, top + at * STEP), line, 0, font(32))
    return page


# ---- initials --------------------------------------------------------------------------------------------------------


def with_initial(letter: str, first: str, rows: int, *, is_boxed: bool = False) -> Image.Image:
    """A paragraph that begins with a letter of so many lines, and goes on with the leaves."""
    page = page_of(LEAVES[rows:], 300 + rows * STEP)
    draw = ImageDraw.Draw(page)
    height = (rows - 1) * STEP + 23
    large = font(round(height / 0.71))
    left, top, right, _ = large.getbbox(letter)
    if is_boxed:
        draw.rectangle((134, 298, 150 + right - left, 316 + height), 0)
    draw.text((140 - left, 307 - top), letter, 255 if is_boxed else 0, large)
    for at, line in enumerate([first, *LEAVES[1:rows]]):
        draw.text((160 + right - left, 300 + at * STEP), line, 0, font(32))
    return page


@pytest.mark.parametrize("rows", [2, 3, 4])
@pytest.mark.parametrize("letter", ["P", "I"])
def test_an_initial_is_the_first_letter_of_its_line(read, letter: str, rows: int) -> None:
    first = {"P": "lants make their own food from light,", "I": "t is the light that feeds a plant,"}[letter]
    found = read(with_initial(letter, first, rows))
    assert found.text.splitlines() == [letter + first, *LEAVES[1:]]
    assert found.doubts == ()


def test_an_initial_that_is_light_in_a_dark_box(read) -> None:
    first = "lants make their own food from light,"
    assert read(with_initial("P", first, 3, is_boxed=True)).text.splitlines() == ["P" + first, *LEAVES[1:]]


def with_raised_initial(letter: str, first: list[str], height: int, rise: int = 0) -> Image.Image:
    """One that stands on the base line of the last of these lines, or above it, and rises above the first."""
    page = page_of(LEAVES[2:], 520)
    draw, large = ImageDraw.Draw(page), font(round(height / 0.71))
    left, _, right, bottom = large.getbbox(letter, anchor="ls")
    base = 470 + 33
    draw.text((140 - left, base - bottom - rise), letter, 0, large, anchor="ls")
    for at, line in enumerate(reversed(first)):
        draw.text((147 + right - left, base - at * STEP), line, 0, font(32), anchor="ls")
    return page


@pytest.mark.parametrize(("height", "rise"), [(70, 0), (120, 0), (120, 20)])
@pytest.mark.parametrize("letter", ["P", "W"])
def test_an_initial_that_rises_above_its_line_begins_it(read, letter: str, height: int, rise: int) -> None:
    first = {"P": "lants make their own food from light,", "W": "hen the sun shines on a green leaf"}[letter]
    found = read(with_raised_initial(letter, [first], height, rise))
    assert found.text.splitlines() == [letter + first, *LEAVES[2:]]


def test_an_initial_of_two_lines_that_rises_above_both(read) -> None:
    first = ["he light of the sun feeds a plant", "and water comes from the soil."]
    found = read(with_raised_initial("T", first, 122))
    assert found.text.splitlines() == ["T" + first[0], first[1], *LEAVES[2:]]


def test_the_large_number_of_a_title_keeps_its_space(read) -> None:
    page = page_of(LEAVES, 520)
    draw = ImageDraw.Draw(page)
    draw.text((140, 440), "3", 0, font(110), anchor="ls")
    draw.text((240, 440), "Leaves and light", 0, font(40), anchor="ls")
    assert read(page).text.splitlines()[0] == "3 Leaves and light"


# ---- what stands beside the page, paper with lines, pale boxes -------------------------------------------------------


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_scrap_of_the_facing_page_is_left_out_and_said(read, side: str) -> None:
    page = page_of(LEAVES, left=240)
    other = page_of(["whatever stands", "on its next page"], 700, 0).crop((0, 0, 110, SIZE[1]))
    page.paste(
        other.transpose(Image.Transpose.ROTATE_180) if side == "left" else other, (0 if side == "left" else 1130, 0)
    )
    found = read(page)
    assert found.text.splitlines()[1:] == LEAVES[1:]
    assert found.doubts == (Doubt.STRIP,)


def test_short_labels_at_the_edge_of_a_picture_cut_close_stay(read) -> None:
    page = page_of(LEAVES[:3], left=120)
    draw = ImageDraw.Draw(page)
    for at in range(3):
        draw.text((6, 150 + at * STEP), f"({at + 1})", 0, font(32))
    assert "(1)" in read(page).text


def ruled(shade: int, *, is_squared: bool = False) -> Image.Image:
    page = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(page)
    for y in range(120, SIZE[1] - 60, 44):
        draw.line((0, y, SIZE[0], y), shade, 2)
    for x in range(20, SIZE[0], 44) if is_squared else [150]:
        draw.line((x, 0, x, SIZE[1]), shade, 2)
    return page


@pytest.mark.parametrize("shade", [190, 220])
@pytest.mark.parametrize(("degrees", "is_squared"), [(0, False), (1.5, False), (0, True)])
def test_paper_with_pale_lines_is_blank(read, shade: int, degrees: float, *, is_squared: bool) -> None:
    page = ruled(shade, is_squared=is_squared).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255)
    assert read(page).is_blank


def test_faint_print_on_ruled_paper_is_not_blank(read) -> None:
    print_ = np.asarray(page_of(LEAVES, 115)).astype(int)
    faint = Image.fromarray((255 - (255 - print_) * 14 // 255).astype(np.uint8))
    page = Image.fromarray(np.minimum(np.asarray(faint), np.asarray(ruled(205))))
    assert not read(page).is_blank


@pytest.mark.parametrize("shade", [196, 215, 228])
def test_white_print_in_a_pale_box_is_read_and_black_beside_it_too(read, shade: int) -> None:
    page = page_of(LEAVES)
    draw = ImageDraw.Draw(page)
    draw.rectangle((100, 900, 1140, 1250), shade)
    for at, line in enumerate(RIVERS[5:11]):
        draw.text((140, 920 + at * STEP), line, 255 if at < 4 else 0, font(32))
    assert read(page).text.splitlines()[1:] == [*LEAVES[1:], *RIVERS[5:11]]


def test_places_left_white_in_a_pale_box_stay_white() -> None:
    page = page_of(LEAVES)
    draw = ImageDraw.Draw(page)
    draw.rectangle((100, 900, 1140, 1400), 222)
    for at in range(9):
        draw.rectangle((160, 920 + at * STEP, 900, 955 + at * STEP), 255)
        draw.text((170, 920 + at * STEP), "a cell of a table", 0, font(28))
    assert with_dark_print(page) is page


# ---- openers of chapters, and pages with a sign or two ---------------------------------------------------------------


def with_stroke(width: int, height: int) -> Image.Image:
    page = Image.new("L", SIZE, 255)
    ImageDraw.Draw(page).rectangle((620, 500, 619 + width, 499 + height), 0)
    return page


@pytest.mark.parametrize(("width", "height"), [(2, 70), (2, 400), (5, 150), (12, 600)])
def test_a_hairline_is_no_blank_page(read, width: int, height: int) -> None:
    found = read(with_stroke(width, height))
    assert not found.is_blank


@pytest.mark.parametrize("number", ["3", "III", "I"])
def test_a_chapter_s_number_above_its_title_is_read_or_marked(read, number: str) -> None:
    page = page_of(["How water shapes the land"], 900, 400)
    ImageDraw.Draw(page).text((620, 500), number, 0, font(300), anchor="mm")
    found = read(page)
    assert number in found.text.splitlines() or Doubt.MISSING in found.doubts
    assert "How water shapes the land" in found.text.splitlines()


def test_a_large_number_stands_once(read) -> None:
    page = Image.new("L", SIZE, 255)
    ImageDraw.Draw(page).text((620, 600), "10", 0, font(330), anchor="mm")
    assert read(page).text == "10"


def test_a_page_s_small_number_is_all_that_stands_on_it(read) -> None:
    page = Image.new("L", SIZE, 255)
    ImageDraw.Draw(page).text((620, 1640), "5", 0, font(23), anchor="mm")
    found = read(page)
    assert found.text == "5" or not found.is_blank


# ---- lines drawn through print ---------------------------------------------------------------------------------------


def squared(shade: int) -> Image.Image:
    page = page_of(LEAVES)
    lines = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(lines)
    for x in range(20, SIZE[0], 26):
        draw.line((x, 0, x, SIZE[1]), shade, 2)
    for y in range(20, SIZE[1], 26):
        draw.line((0, y, SIZE[0], y), shade, 2)
    return Image.fromarray(np.minimum(np.asarray(page), np.asarray(lines)))


@pytest.mark.parametrize("shade", [60, 120])
def test_print_on_squared_paper_is_not_blank(read, shade: int) -> None:
    found = read(squared(shade))
    assert Doubt.MISSING in found.doubts
    assert len(found.text.splitlines()) >= len(LEAVES) - 1


@pytest.mark.parametrize(("down", "is_marked"), [(24, True), (36, False)])
def test_lines_that_are_struck_out_are_marked_and_underlined_ones_are_read(read, down: int, *, is_marked: bool) -> None:
    page = page_of(LEAVES)
    for line in (1, 4, 7):
        ImageDraw.Draw(page).line((140, 150 + line * STEP + down, 800, 150 + line * STEP + down), 40, 3)
    found = read(page)
    assert (Doubt.MISSING in found.doubts) == is_marked
    if not is_marked:
        assert found.text.splitlines()[1:] == LEAVES[1:]


def test_print_under_the_ring_of_a_stamp_is_marked(read) -> None:
    page = page_of([*LEAVES, *RIVERS[:6]])
    draw = ImageDraw.Draw(page)
    draw.ellipse((450, 450, 850, 850), outline=40, width=8)
    draw.ellipse((480, 480, 820, 820), outline=40, width=4)
    draw.text((650, 650), "LIBRARY", 40, font(64), anchor="mm")
    assert Doubt.MISSING in read(page).doubts


# ---- lines beside others ---------------------------------------------------------------------------------------------


def line(text: str, left: int, top: int, *others: tuple[str, int]) -> OcrLine:
    """A line of words of ten dots a letter, and what goes on at other places."""
    words = []
    for part, begin in ((text, left), *others):
        x = begin
        for word in part.split():
            words.append(OcrWord(word, 96.0, (x, top, x + 10 * len(word), top + 20)))
            x += 10 * len(word) + 6
    return line_of(words, 0)


def text_of(lines: Sequence[OcrLine]) -> list[str]:
    return [each.text for each in lines]


def test_a_note_in_the_margin_follows_the_text_that_it_stands_beside() -> None:
    body = [line(each, 100, 40 * at) for at, each in enumerate(LEAVES)]
    merged = list(body)
    for at, note in enumerate(["stomata are", "tiny openings"], start=4):
        merged[at] = line(LEAVES[at], 100, 40 * at, (note, 700))
    assert text_of(parted(merged)) == [*LEAVES, "stomata are", "tiny openings"]


def test_rows_of_cells_stay_together() -> None:
    rows = [line(each, 100, 40 * at, ("twenty metres", 700)) for at, each in enumerate(("Oak", "Beech", "Lime tree"))]
    choices = [line("a) oxygen", 100, 300, ("b) water", 400), ("c) sugar", 700))] * 2
    for lines in (rows, [*map(line, LEAVES, [100] * 13, range(0, 520, 40)), *choices]):
        assert parted(lines) == lines


def test_text_beside_a_caption_follows_the_text_above_it() -> None:
    column = [line(each, 600, 40 * at) for at, each in enumerate(("The leaf is green", "on both of its", "sides and"))]
    lines = [*column, line("Figure 2 A leaf", 100, 120, ("darker above.", 600)), line("seen from below", 100, 160)]
    assert text_of(parted(lines)) == [*text_of(column), "darker above.", "Figure 2 A leaf", "seen from below"]


def test_the_page_s_number_between_two_columns_ends_the_page() -> None:
    left, number, right = line("left column", 100, 0), line("14", 450, 400), line("right column", 600, 40)
    assert text_of(with_ends([left, number, right])) == ["left column", "right column", "14"]
    assert text_of(with_ends([left, line("14", 450, 30), right])) == ["left column", "14", "right column"]
    heading = line("Index", 450, -60)
    assert text_of(with_ends([left, heading, number, right])) == ["Index", "left column", "right column", "14"]


@pytest.mark.parametrize("number", ["7", "14", "208"])
@pytest.mark.parametrize("is_round", [False, True])
def test_a_page_s_number_in_a_dark_box_is_read(read, number: str, *, is_round: bool) -> None:
    page = page_of(LEAVES)
    draw = ImageDraw.Draw(page)
    (draw.ellipse if is_round else draw.rectangle)((1080, 1600, 1160, 1680), 40)
    draw.text((1120, 1640), number, 255, font(32), anchor="mm")
    assert read(page).text.splitlines()[1:] == [*LEAVES[1:], number]


def test_the_counters_of_bold_letters_are_no_print(read) -> None:
    page = page_of(LEAVES, 400)
    ImageDraw.Draw(page).text((140, 200), "BOARD 0689 QPO", 0, font(100), stroke_width=4)
    assert read(page).text.splitlines()[0] == "BOARD 0689 QPO"


def test_numbers_of_contents_stand_with_their_titles_below_the_heading() -> None:
    titles = ["Leaves", "Rivers", "Numbers", "Index"]
    entries = [line(title, 100, 100 + 60 * at) for at, title in enumerate(titles)]
    pages = [line(str(at + 3), 700, 100 + 60 * at) for at in range(4)]
    joined = text_of(with_page_numbers([*entries, *pages, line("Contents", 620, 0)]))
    assert joined == ["Contents", *(f"{title} {at + 3}" for at, title in enumerate(titles))]
