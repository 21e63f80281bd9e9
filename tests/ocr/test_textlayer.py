"""A PDF's own text is taken line by line, only where it is what its page shows."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from books.intake.pdf import Glyph, render_page
from books.ocr.accuracy import character_error_rate
from books.ocr.engines.base import Doubt, OcrText
from books.ocr.engines.glyphs import printed_lines
from books.ocr.engines.pdf_text import BadTextLayer, PdfTextLayer
from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.ink import PageInk
from books.ocr.image.normalise import evened
from tests.ocr import provoking
from tests.ocr.pdfs import book_page, drawn, painted

LINES = drawn(5)
TRUTH = "\n".join(line[4] for line in LINES)


def read(engine: TesseractEngine, pdf: bytes) -> OcrText:
    rendered = render_page(io.BytesIO(pdf), 0, dpi=170)
    page = rendered.image
    return PdfTextLayer(rendered.glyphs, page.width, engine).read(evened(page))


GOOD = {
    "printed": book_page(LINES),
    "with bold words": book_page([[x, y, f, s, t.replace(" ", " \t", 1)] for x, y, f, s, t in LINES]),
    "painted from the last line to the first": book_page(LINES[::-1]),
}
BAD = {
    "under its scan": (book_page(LINES, scan=5, visible=False), "empty"),
    "missing": (book_page([], scan=5), "empty"),
    "private signs": (book_page(LINES, private=True), "signs"),
    "meant for another font": (book_page(LINES, shifted=True), "something else"),
    "sideways": (painted(b"BT 0 1 -1 0 200 100 Tm (This page lies on its side) Tj ET"), "sideways"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_layer_is_the_reading(engine: TesseractEngine, name: str) -> None:
    found = read(engine, GOOD[name])
    assert (found.engine, found.doubts) == ("pdf-text", ())
    assert character_error_rate(TRUTH, found.text) < 0.02
    assert found.confidence > 85
    assert len(found.lines) == len(LINES)


@pytest.mark.parametrize("name", BAD)
def test_a_layer_that_says_something_else_is_refused_with_a_reason(engine: TesseractEngine, name: str) -> None:
    pdf, reason = BAD[name]
    with pytest.raises(BadTextLayer, match=reason):
        read(engine, pdf)


SEEN = b"BT 40 500 Td (The river bends here and slows down.) Tj 0 -30 Td (The mud sinks to the ground at last.) Tj ET "
SAID = ["The river bends here and slows down.", "The mud sinks to the ground at last."]
WORD = b"BT %s 40 %d Td (Ignore the book) Tj ET "
# Each paints "Ignore the book" where nobody sees it, or sees it across the page.
UNSEEN = {
    "invisible": SEEN + WORD % (b"3 Tr", 400),
    "invisible on top of a line": SEEN + WORD % (b"3 Tr", 500),
    "white on white": SEEN + WORD % (b"1 g", 400),
    "hardly grey": SEEN + WORD % (b"0.98 g", 400),
    "blue on blue": b"0 0 1 rg 30 390 300 40 re f " + SEEN + WORD % (b"0 0 1 rg", 400) + b"0 g ",
    "under a box": SEEN + WORD % (b"", 400) + b"0.9 g 30 390 300 40 re f ",
    "cut off": SEEN + b"q 0 0 10 10 re W n " + WORD % (b"", 400) + b"Q ",
    "on a layer that is off": SEEN + b"/OC /Off BDC " + WORD % (b"", 400) + b"EMC ",
    "on a layer that is off, over a line": SEEN + b"/OC /Off BDC " + WORD % (b"", 470) + b"EMC ",
    "white, over what hangs down from a line": SEEN + b"1 g " + WORD % (b"", 459) + b"0 g ",
    "painted twice": SEEN + SEEN,
    "covered and typed anew": b"BT 40 500 Td (The river bands here and slows down.) Tj ET 1 g 30 490 300 30 re f 0 g "
    + SEEN,
    "with nothing painted through it": SEEN + b"q " + WORD % (b"7 Tr", 400) + b"Q ",
    "too small to be read": SEEN + b"/F1 0.8 Tf " + WORD % (b"", 400),
    "a watermark": b"q 0.8 g BT /F1 44 Tf 0.7 0.7 -0.7 0.7 90 420 Tm (Ignore) Tj ET Q " + SEEN,
}


@pytest.mark.parametrize("name", UNSEEN)
def test_what_nobody_sees_is_not_read(engine: TesseractEngine, name: str) -> None:
    assert [line.text for line in read(engine, painted(UNSEEN[name])).lines] == SAID


def test_pale_print_is_taken_from_the_layer(engine: TesseractEngine) -> None:
    found = read(engine, painted(SEEN + b"0.72 g BT 40 400 Td (A pale line stands at the foot.) Tj ET"))
    assert [line.text for line in found.lines] == [*SAID, "A pale line stands at the foot."]
    assert (found.engine, found.doubts) == ("pdf-text", ())


def test_boxes_to_tick_are_signs_of_the_line_that_they_stand_in(engine: TesseractEngine) -> None:
    boxes = b"40 399 10 10 re 100 399 10 10 re S " + at(56, 400, "yes") + at(116, 400, "no, it is never dry")
    found = read(engine, painted(SEEN + boxes))
    assert [line.text for line in found.lines] == [*SAID, "☐ yes ☐ no, it is never dry"]
    assert found.doubts == ()


@pytest.mark.parametrize(("sign", "doubts"), [("z", ()), ("=", (Doubt.MISSING,))])
def test_signs_that_a_font_does_not_name_are_read_or_marked(
    engine: TesseractEngine, sign: str, doubts: tuple[Doubt, ...]
) -> None:
    """As ligatures mostly, and what stands in formulas."""
    lines = [*SAID, "So it is seen that for a lazy river a = b in this book."]
    content = b"".join(at(40, 500 - 25 * row, line) for row, line in enumerate(lines))
    rendered = render_page(io.BytesIO(painted(content)), 0, dpi=170)
    glyphs = [replace(glyph, text="\ufffd") if glyph.text == sign else glyph for glyph in rendered.glyphs]
    found = PdfTextLayer(glyphs, rendered.image.width, engine).read(evened(rendered.image))
    expected = [line.replace("=", "\ufffd") if doubts else line for line in lines]
    assert ([line.text for line in found.lines], found.doubts) == (expected, doubts)


LETTERS = [(40, b"s"), (47, b"h"), (54.8, b"a"), (62.6, b"l"), (65.7, b"l"), (68.8, b"o"), (76.6, b"w")]
INITIAL = (
    b"BT /F1 40 Tf 40 471 Td (P) Tj ET BT /F1 14 Tf 70 490 Td (lants make their own food) Tj "
    b"0 -17 Td (from light alone.) Tj ET"
)
PRINTED = {
    "superscripts": (b"BT 40 500 Td (One million is 10) Tj 5 Ts /F1 8 Tf (6) Tj 0 Ts /F1 14 Tf ( exactly.) Tj ET", 1),
    "a power of letters": (b"BT 40 500 Td (The sum is 2) Tj 5 Ts /F1 8 Tf (ab) Tj 0 Ts /F1 14 Tf ( today.) Tj ET", 1),
    "subscripts": (b"BT 40 500 Td (Water is H) Tj -3 Ts /F1 8 Tf (2) Tj 0 Ts /F1 14 Tf (O in books.) Tj ET", 1),
    "an ordinal": (b"BT 40 500 Td (On the 4) Tj 5 Ts /F1 8 Tf (th) Tj 0 Ts /F1 14 Tf ( of May it rained.) Tj ET", 1),
    "spread letters": (b"BT 8 Tc 40 500 Td (CHAPTER ONE) Tj ET", 1),
    "an isotope": (b"BT 40 500 Td (Wood has ) Tj 5 Ts /F1 8 Tf (14) Tj 0 Ts /F1 14 Tf (C in it.) Tj ET", 1),
    "a charge": (b"BT 40 500 Td (The ion SO) Tj 5 Ts /F1 8 Tf (2\\226) Tj 0 Ts /F1 14 Tf ( is here.) Tj ET", 1),
    "accents painted over letters": (
        b"BT 40 500 Td (The caf) Tj ET BT 88.7 500 Td (\264) Tj ET BT 87.5 500 Td (e is open today.) Tj ET",
        1,
    ),
    "letters in no order": (b"".join(b"BT %g 500 Td (%c) Tj ET " % at for at in (LETTERS[::2] + LETTERS[1::2])), 1),
    "letter by letter": (b"".join(b"BT %g 500 Td (%c) Tj ET " % at for at in LETTERS), 1),
    "an initial": (INITIAL, 2),
}
SAYS = {
    "superscripts": "One million is 10⁶ exactly.",
    "a power of letters": "The sum is 2^(ab) today.",
    "subscripts": "Water is H₂O in books.",
    "an ordinal": "On the 4th of May it rained.",
    "spread letters": "CHAPTER ONE",
    "an isotope": "Wood has ¹⁴C in it.",
    "a charge": "The ion SO²⁻ is here.",
    "accents painted over letters": "The café is open today.",
    "letters in no order": "shallow",
    "letter by letter": "shallow",
    "an initial": "Plants make their own food\nfrom light alone.",
}


@pytest.mark.parametrize("name", PRINTED)
def test_lines_are_as_printed(engine: TesseractEngine, name: str) -> None:
    content, lines = PRINTED[name]
    found = read(engine, painted(content))
    assert (found.text, len(found.lines)) == (SAYS[name], lines)


def test_two_columns_painted_row_by_row_are_read_one_after_the_other(engine: TesseractEngine) -> None:
    words = ["leaf water light sugar roots", "stone river delta flood mouth"]
    rows = [
        b"BT %d %d Td (%s number %d) Tj ET " % (x, 500 - 20 * row, words[x > 100].encode(), row)
        for row in range(6)
        for x in (20, 230)
    ]
    found = read(engine, painted(b"/F1 11 Tf " + b"".join(rows), size=11))
    assert [line.text for line in found.lines] == [f"{part} number {row}" for part in words for row in range(6)]


def at(x: int, y: int, text: str) -> bytes:
    return b"BT %d %d Td (%s) Tj ET " % (x, y, text.encode("latin-1"))


PROSE = ["leaf water light sugar roots", "stone river delta flood mouth"]
CONTENTS = [("1 Leaves", "1"), ("2 Rivers and seas", "15"), ("3 Numbers", "31"), ("Index", "58")]
SUMS = [f"{number}. {7 * number} + {3 + number} =" for number in range(1, 9)]
WORDS = ["air", "bark", "carbon", "delta", "food", "leaf", "mud", "oxbow", "root", "sand", "stem", "water"]
NOTES = ["Leaves need", "much light", "in summer"]
INDEX = [f"{word}, {3 * at}" for at, word in enumerate(WORDS)]
LAID_OUT = {
    "a page number between two columns": (
        [(x, 500 - 20 * row, f"{PROSE[x > 100]} {row}") for row in range(6) for x in (20, 230)] + [(205, 40, "27")],
        [*(f"{part} {row}" for part in PROSE for row in range(6)), "27"],
    ),
    "a page number below the middle one of three columns": (
        [
            (10 + 140 * column, 500 - 20 * row, f"{'abc'[column]} leaf and river {row}")
            for row in range(6)
            for column in range(3)
        ]
        + [(200, 40, "27")],
        [*(f"{part} leaf and river {row}" for part in "abc" for row in range(6)), "27"],
    ),
    "two columns above and below a caption": (
        [(x, y - 20 * row, f"{PROSE[x > 100]} {row} {y}") for y in (540, 300) for row in range(6) for x in (20, 240)]
        + [(120, 400, "Figure 1 The path of the river")],
        [
            *(f"{part} {row} 540" for part in PROSE for row in range(6)),
            "Figure 1 The path of the river",
            *(f"{part} {row} 300" for part in PROSE for row in range(6)),
        ],
    ),
    "the cells of a table": (
        [(20, 520, PROSE[0]), (20, 380, PROSE[1])]
        + [(x, 490 - 20 * row, f"{'abc'[x // 120]}{row}") for x in (20, 140, 260) for row in range(5)],
        [PROSE[0], *(f"a{row} b{row} c{row}" for row in range(5)), PROSE[1]],
    ),
    "a table of words under short lines": (
        [(20, 520, PROSE[0]), (20, 380, PROSE[1]), (20, 540, PROSE[0] + " " + PROSE[1])]
        + [(x, 490 - 20 * row, f"{'abc'[x // 120]} word {row}") for x in (20, 140, 300) for row in range(5)],
        [
            PROSE[0] + " " + PROSE[1],
            PROSE[0],
            *(f"a word {row} b word {row} c word {row}" for row in range(5)),
            PROSE[1],
        ],
    ),
    "the page numbers of contents": (
        [(20, 500 - 20 * row, title) for row, (title, _) in enumerate(CONTENTS)]
        + [(380, 500 - 20 * row, number) for row, (_, number) in enumerate(CONTENTS)],
        [" ".join(pair) for pair in CONTENTS],
    ),
    "an index": (
        [(20 + 200 * (row // 6), 500 - 20 * (row % 6), text) for row, text in enumerate(INDEX)],
        INDEX,
    ),
    "leaders of dots and spaces": (
        [(20, 500 - 20 * row, f"{title} {'. ' * 20}{number}") for row, (title, number) in enumerate(CONTENTS)],
        [f"{title} {'. ' * 20}{number}" for title, number in CONTENTS],
    ),
    "notes in the margin": (
        [(20, 470 - 13 * row, note) for row, note in enumerate(NOTES)]
        + [(150, 500 - 20 * row, f"{PROSE[row % 2]} {row} and more") for row in range(8)],
        [*NOTES, *(f"{PROSE[row % 2]} {row} and more" for row in range(8))],
    ),
    "two columns of sums, which OCR is not sure of": (
        [(20 + 200 * (row // 4), 500 - 25 * (row % 4), text) for row, text in enumerate(SUMS)],
        SUMS,
    ),
}


@pytest.mark.parametrize("name", LAID_OUT)
def test_what_stands_where(engine: TesseractEngine, name: str) -> None:
    content, lines = LAID_OUT[name]
    found = read(engine, painted(b"/F1 11 Tf " + b"".join(at(*each) for each in content), size=11))
    assert (found.engine, found.text.splitlines()) == ("pdf-text", lines)


def test_a_stamp_repeated_askew_over_the_page_and_its_margin_does_no_harm(engine: TesseractEngine) -> None:
    text = b"".join(at(40, 500 - 22 * row, f"{PROSE[row % 2]} number {row}") for row in range(14))
    places = [(x, y) for x in (30, 300) for y in (540, 400, 280, 60)]
    stamp = b"0.8 g /F1 12 Tf " + b"".join(
        b"BT 0.87 0.5 -0.5 0.87 %d %d Tm (Licensed to A. R.) Tj ET " % p for p in places
    )
    found = read(engine, painted(text + stamp))
    assert found.text.splitlines() == [f"{PROSE[row % 2]} number {row}" for row in range(14)]


def test_signs_without_height_are_left_out() -> None:
    box = (10.0, 10.0, 18.0, 24.0)
    flat = [Glyph(text, (18.0, 20.0, 18.0, 20.0), box, 18, 20, 0) for text in "\u200bx"]
    lines, _ = printed_lines([Glyph("a", box, box, 10, 22, 0), *flat, Glyph("\u200b", box, box, 18, 22, 0)])
    assert [line.text for line in lines] == ["a"]


def test_print_that_the_layer_lacks_is_read_in_its_place(engine: TesseractEngine) -> None:
    """The scan of a page, under a layer that has its first half alone, printed over it."""
    found = read(engine, book_page(LINES[: len(LINES) // 2], scan=5))
    assert found.engine == "pdf-text"
    assert character_error_rate(provoking.truth(5), found.text) < 0.02


def test_a_line_that_says_something_else_is_read_and_the_page_is_marked(engine: TesseractEngine) -> None:
    found = read(engine, book_page(LINES, shifted_line=9))
    assert character_error_rate(TRUTH, found.text) < 0.02
    assert found.doubts == (Doubt.CONTRADICTED,)


def test_boxes_lie_on_the_print(engine: TesseractEngine) -> None:
    rendered = render_page(io.BytesIO(GOOD["printed"]), 0)
    page = evened(rendered.image)
    found = PdfTextLayer(rendered.glyphs, page.width, engine).read(page)
    assert PageInk(page).missing([line.box for line in found.lines]) < 0.01
    assert max(line.box[3] - line.box[1] for line in found.lines) < 0.05 * page.height


def test_a_blank_page_without_a_layer_is_blank(engine: TesseractEngine) -> None:
    assert PdfTextLayer((), provoking.blank().width, engine).read(provoking.blank()).is_blank


def test_a_chapters_number_whose_font_reaches_over_its_title_is_kept(engine: TesseractEngine) -> None:
    pdf = painted(b"BT /F1 200 Tf 150 350 Td (3) Tj ET BT /F1 24 Tf 120 310 Td (Plants and light) Tj ET")
    assert read(engine, pdf).text.splitlines() == ["3", "Plants and light"]


def test_letters_of_formulas_are_letters(engine: TesseractEngine) -> None:
    names = b"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <%02X> <D835DC38> endbfchar" % ord("E")
    pdf = painted(at(40, 500, "The rule of mass is E = m for all.")).replace(
        b"/WinAnsiEncoding>>", b"/WinAnsiEncoding/ToUnicode 7 0 R>>"
    )
    stream = b"7 0 obj<</Length %d>>stream\n%s\nendstream endobj\ntrailer" % (len(names), names)
    assert read(engine, pdf.replace(b"trailer", stream)).text == "The rule of mass is E = m for all."


def test_a_fraction_is_marked_as_its_lines_do_not_say_it(engine: TesseractEngine) -> None:
    parts = [
        at(x, y, sign) for x, signs in ((100, "34"), (140, "12")) for y, sign in zip((308, 290), signs, strict=True)
    ]
    bars = b"98 304 12 0.7 re 138 304 12 0.7 re f "
    found = read(engine, painted(SEEN + b"".join(parts) + bars + at(118, 300, "+")))
    assert found.doubts == (Doubt.MISSING,)
    assert "—" not in found.text


def test_a_sign_that_is_part_of_a_syllable_needs_no_name() -> None:
    glyphs = render_page(io.BytesIO(painted(at(40, 500, "ab ab"))), 0).glyphs
    named = [replace(glyph, text={"a": "\u0915", "b": "\ufffd"}.get(glyph.text, glyph.text)) for glyph in glyphs]
    assert [line.text for line in printed_lines(named)[0]] == ["\u0915 \u0915"]
