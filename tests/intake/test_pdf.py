"""PDFs are counted and rendered in a child process that may die without taking anything with it."""

from __future__ import annotations

import base64
import io
import re
import zlib
from pathlib import Path

import pytest
from PIL import Image

from books.errors import UnreadableImage, UploadRejected
from books.intake import limits
from books.intake.inspect import inspect
from books.intake.pdf import render_page
from books.intake.pdf_streams import MOST_COPIED
from tests.intake.samples import drawn_by, page, pdf, saved

NASTY = Path(__file__).parent.parent / "nasty" / "files"
LETTER = (612, 792)


def count_pages(source: io.BytesIO) -> int:
    return inspect(source, "book.pdf").frames


def stream(content: bytes) -> io.BytesIO:
    return io.BytesIO(content)


def heavy() -> bytes:
    """One page whose single path takes seconds to fill."""
    path = b"0 0 m " + b"".join(b"%d %d l " % (step * 37 % 420, step * 91 % 595) for step in range(300_000)) + b"f"
    return pdf("X").replace(b"BT /F1 24 Tf 40 297.5 Td (X) Tj ET", path)


def test_pages_are_counted() -> None:
    assert count_pages(stream(pdf("one", "two", "three"))) == 3


def test_1500_pages_are_a_file_and_1501_are_not() -> None:
    assert count_pages(stream(pdf(*["x"] * 1500))) == 1500
    with pytest.raises(UploadRejected, match="1501 pages, more than 1500; split it"):
        count_pages(stream(pdf(*["x"] * 1501)))


@pytest.mark.parametrize(
    ("box", "expected"),
    [((40, 595), "too small"), ((14_000, 14_000), "too large"), ((200, 2_100), "narrow")],
)
def test_page_sizes_are_bounded(box: tuple[float, float], expected: str) -> None:
    with pytest.raises(UploadRejected, match=expected):
        count_pages(stream(pdf("x", box=box)))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pdf(), "no pages"),
        (b"%PDF-1.7\n" + b"garbage " * 100 + b"\n%%EOF", "damaged"),
        (pdf("one").replace(b"10 0 obj", b"99 0 obj"), "Page 1 of the PDF cannot be opened"),
        ((NASTY / "encrypted.pdf").read_bytes(), "password"),
        ((NASTY / "recursive_pages.pdf").read_bytes(), "cannot be opened"),
    ],
    ids=["no pages", "garbage", "missing page", "password", "circle"],
)
def test_refused(content: bytes, expected: str) -> None:
    with pytest.raises(UploadRejected, match=expected):
        count_pages(stream(content))


def test_a_page_is_rendered_at_its_resolution_with_its_text() -> None:
    page = render_page(stream(pdf("first", "second", box=LETTER)), 1)
    assert (page.image.mode, page.image.size) == ("L", (1700, 2200))
    assert page.image.getextrema()[0] < 64
    assert "".join(glyph.text for glyph in page.glyphs) == "second"


def test_a_page_without_text_layer_has_no_text() -> None:
    assert render_page(stream(pdf("")), 0).glyphs == ()


def test_hyphens_at_line_ends_are_kept_and_control_characters_are_no_signs() -> None:
    lines = b"(one recog-) Tj 0 -30 Td (nition) Tj 0 -30 Td (and \\007 more) Tj"
    page = render_page(stream(pdf("X").replace(b"(X) Tj", lines)), 0)
    text = "".join(glyph.text for glyph in page.glyphs)
    assert text.replace(" ", "") in ("onerecog-nitionandmore", "onerecog-nitionand\ufffdmore")


def test_resolution_gives_way_to_the_pixel_limit() -> None:
    page = render_page(stream(pdf("poster", box=(4_000, 4_000))), 0)
    pixels = page.image.width * page.image.height
    assert 0.98 * limits.PDF_RENDER_PIXELS < pixels <= 1.001 * limits.PDF_RENDER_PIXELS


@pytest.mark.parametrize("index", [-1, 1])
def test_a_page_that_is_not_there(index: int) -> None:
    with pytest.raises(UnreadableImage, match=f"Page {index + 1} of the PDF"):
        render_page(stream(pdf("only")), index)


@pytest.mark.parametrize(
    ("limit", "value"),
    [("PDF_CHILD_CPU_SECONDS", 1), ("PDF_CHILD_WALL_SECONDS", 0.5), ("PDF_CHILD_MEMORY_BYTES", 96 * limits.MEBIBYTE)],
)
def test_a_page_that_takes_too_much_ends_the_child_only(
    limit: str, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, limit, value)
    with pytest.raises(UnreadableImage, match="too much time or memory"):
        render_page(stream(heavy()), 0)


# ---- damaged, as viewers take it or as it has to be said -------------------------------------------------------------

ODD = Path(__file__).with_name("cases") / "odd"


@pytest.mark.parametrize(
    ("name", "behind"), [("aes256.pdf", b"trailer"), ("aes256.pdf", b"/Encrypt"), ("aes256_packed.pdf", b"startxref")]
)
def test_an_encrypted_pdf_cut_in_its_trailer_is_opened_where_what_is_left_is_enough(name: str, behind: bytes) -> None:
    content = (ODD / name).read_bytes()
    cut = content[: content.rindex(behind)]
    assert inspect(stream(cut), "book.pdf").frames == 1
    assert [glyph.text for glyph in render_page(stream(cut), 0).glyphs] == list("one")


def picture_pdf(data: bytes, size: tuple[int, int], entries: bytes, text: str = "") -> bytes:
    """A picture of this data over the upper half of a page."""
    content = pdf(text or "x").replace(b"/Resources<<", b"/Resources<</XObject<</Im 99 0 R>>", 1)
    content = content.replace(b"(x) Tj", b"() Tj").replace(b"BT ", b"q 420 0 0 300 0 295 cm /Im Do Q BT ", 1)
    kind = b"/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray" % size
    image = b"99 0 obj<<%s%s/Length %d>>stream\n%s\nendstream endobj\n" % (kind, entries, len(data), data)
    at = content.index(b"trailer")
    return content[:at] + image + content[at:]


def fax(two_dimensional: int) -> bytes:
    """A page of 600 x 800 pixels in the code of older faxes."""
    content = saved("TIFF", page("1", (600, 800)), compression="group3", tiffinfo={292: two_dimensional, 278: 800})
    with Image.open(io.BytesIO(content)) as picture:
        (start,), (length,) = picture.tag_v2[273], picture.tag_v2[279]
    return content[start : start + length]


@pytest.mark.parametrize("two_dimensional", [0, 1])
def test_a_fax_of_the_older_kind_that_was_cut_is_no_page(two_dimensional: int) -> None:
    data = fax(two_dimensional)
    entries = b"/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K %d/Columns 600/Rows 800>>" % (
        4 * two_dimensional
    )
    assert render_page(stream(picture_pdf(data, (600, 800), entries)), 0).image.getextrema()[0] < 100
    with pytest.raises(UnreadableImage, match="The picture on page 1 of the PDF is damaged"):
        render_page(stream(picture_pdf(data[: len(data) * 2 // 5], (600, 800), entries)), 0)


@pytest.mark.parametrize(("mode", "bits"), [("L", 8), ("1", 1)])
def test_a_packed_picture_that_was_cut_is_no_page(mode: str, bits: int) -> None:
    data = zlib.compress(page(mode, (600, 800)).tobytes())
    entries = b"/BitsPerComponent %d/Filter/FlateDecode" % bits
    for whole in (data, data[:-4]):  # some leave the checksum out
        assert render_page(stream(picture_pdf(whole, (600, 800), entries)), 0).image.getextrema()[0] < 100
    with pytest.raises(UnreadableImage, match="The picture on page 1 of the PDF is damaged"):
        render_page(stream(picture_pdf(data[: len(data) * 2 // 5], (600, 800), entries)), 0)


@pytest.mark.parametrize("kind", [b"/DCTDecode", b"/JPXDecode"])
def test_a_damaged_figure_beside_text_costs_no_page_and_is_said(kind: bytes) -> None:
    data = saved("JPEG", page("L", (600, 800)))
    entries = b"/BitsPerComponent 8/Filter" + kind
    found = render_page(stream(picture_pdf(data[: len(data) // 2], (600, 800), entries, "one")), 0)
    assert ([glyph.text for glyph in found.glyphs], found.is_damaged) == (list("one"), True)
    if kind == b"/DCTDecode":
        assert not render_page(stream(picture_pdf(data, (600, 800), entries, "one")), 0).is_damaged


def test_a_pdf_cut_in_the_picture_of_its_last_page_keeps_the_others() -> None:
    content = pdf("one", "")
    picture = saved("JPEG", page("L", (600, 800)))
    image = b"99 0 obj<</Subtype/Image/Width 600/Height 800/Filter/DCTDecode/Length %d>>stream\n" % len(picture)
    cut = content[: content.index(b"trailer")] + image + picture[:2000]
    assert inspect(stream(cut), "book.pdf").frames == 2
    assert [glyph.text for glyph in render_page(stream(cut), 0).glyphs] == list("one")


def packed(content: bytes, number: int) -> bytes:
    """With the object of this number, which is taken out, in a compressed stream of objects."""
    found = re.search(rb"(?s)\n%d 0 obj(.*?)endobj" % number, content)
    assert found
    data = zlib.compress(b"%d 0 %s" % (number, found[1]))
    head = b"98 0 obj<</Type/ObjStm/N 1/First %d/Filter/FlateDecode/Length %d>>" % (len(b"%d 0 " % number), len(data))
    rest = content.replace(found[0], b"")
    return rest[: rest.index(b"trailer")] + head + b"stream\n" + data + b"\nendstream endobj\n"


def test_how_large_a_unit_of_a_small_page_is_may_be_packed() -> None:
    content = packed(pdf("", box=(42, 60)).replace(b"/Type/Page/Parent", b"/Type/Page/UserUnit 14.0/Parent"), 10)
    assert render_page(stream(content), 0).image.size == (1634, 2334)


def recounted(count: int) -> bytes:
    content = pdf("one", "two", "three")
    assert b"/Count 3" in content
    return content.replace(b"/Count 3", b"/Count %d" % count)


LISTS = {
    "too low": recounted(1),
    "packed": packed(recounted(1), 2),
}


@pytest.mark.parametrize("kind", LISTS)
def test_pages_that_the_pdfs_own_count_leaves_out_are_taken(kind: str) -> None:
    assert inspect(stream(LISTS[kind]), "book.pdf").frames == 3
    shown = [render_page(stream(LISTS[kind]), index).glyphs for index in range(3)]
    assert ["".join(glyph.text for glyph in page) for page in shown] == ["one", "two", "three"]


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_page_that_a_later_list_leaves_out_stays_out(is_packed: bool) -> None:
    old = recounted(3)
    kids = re.search(rb"/Kids\[(\d+ 0 R)", old)
    assert kids
    later = b"2 0 obj<</Type/Pages/Kids[%s]/Count 1/MediaBox[0 0 420 595]>>endobj\n" % kids[1]
    content = (packed(old, 2) if is_packed else old) + later + old[old.index(b"trailer") :]
    assert inspect(stream(content), "book.pdf").frames == 1


TEXT = b"BT /F1 24 Tf 40 500 Td (one) Tj ET " + b" ".join(b"%d 0 0 0 re f" % at for at in range(400))
DRAWN = {
    "whole": (b"/Filter/FlateDecode", zlib.compress(TEXT), False),
    "empty": (b"", b"", False),
    "without its checksum": (b"/Filter/FlateDecode", zlib.compress(TEXT)[:-4], False),
    "in letters": (b"/Filter[/ASCII85Decode/FlateDecode]", base64.a85encode(zlib.compress(TEXT)) + b"~>", False),
    "a picture within": (b"", b"BI /W 1 /H 1 /BPC 8 /CS /G ID ( EI " + TEXT, False),
    "an end within a picture": (b"", b"BI /W 9 /H 1 /BPC 8 /CS /G ID ( EI ((( EI " + TEXT, False),
    "a remark": (b"", TEXT + b"% half a ( string\n", False),
    "a pattern that is not there": (b"", TEXT + b" /Pattern cs /P1 scn 0 0 9 9 re f", True),
    "cut": (b"/Filter/FlateDecode", zlib.compress(TEXT)[:300], True),
    "cut in letters": (b"/Filter[/ASCII85Decode/FlateDecode]", base64.a85encode(zlib.compress(TEXT))[:400], True),
    "cut in a string": (b"", TEXT + b"BT (two", True),
    "a picture that is not there": (b"", TEXT + b" /Im Do", True),
    "packed in no known way": (b"/Filter/Odd", b"x", True),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_a_page_whose_drawing_is_cut_is_told_from_a_whole_one(kind: str) -> None:
    entries, data, is_cut = DRAWN[kind]
    found = render_page(stream(drawn_by(entries, data)), 0)
    assert found.is_cut == is_cut
    assert is_cut or [glyph.text for glyph in found.glyphs] == list("one" if data else "")


def named(contents: bytes) -> bytes:
    """A page that says to be drawn by these; 11 draws, 97 is a form that paints /Im, which nothing is named."""
    content = drawn_by(b"", TEXT + b" /Fm Do" * (b"/Fm" in contents)).replace(b"/Contents 11 0 R", contents)
    form = b"97 0 obj<</Subtype/Form/BBox[0 0 1 1]/Length 6>>stream\n/Im Do\nendstream endobj\n"
    return content.replace(b"trailer", form + b"96 0 obj[11 0 R 99 0 R]endobj\ntrailer")


NAMED = {
    "itself": (b"/Contents 11 0 R", False),
    "a list": (b"/Contents[11 0 R 11 0 R]", False),
    "nothing": (b"", False),
    "an empty list": (b"/Contents[]", False),
    "what is not there": (b"/Contents 99 0 R", True),
    "a list with what is not there": (b"/Contents[11 0 R 99 0 R]", True),
    "such a list elsewhere": (b"/Contents 96 0 R", True),
    "what draws nothing": (b"/Contents 3 0 R", True),
    "a form that paints what is not there": (b"/Contents 11 0 R/X<</Fm 97 0 R>>", True),
    "the same, but paints no form": (b"/Contents 11 0 R/X<</Fn 97 0 R>>", False),
}


@pytest.mark.parametrize("is_packed", [False, True])
@pytest.mark.parametrize("kind", NAMED)
def test_a_page_that_names_what_the_file_lacks_is_told_from_a_blank_one(kind: str, is_packed: bool) -> None:
    contents, is_cut = NAMED[kind]
    whole = named(contents)
    content = packed(whole, 10) + whole[whole.index(b"trailer") :] if is_packed else whole
    assert render_page(stream(content), 0).is_cut == is_cut


@pytest.mark.parametrize("kind", ["whole", "cut"])
def test_drawings_of_large_files_are_looked_through_too(kind: str) -> None:
    entries, data, is_cut = DRAWN[kind]
    image = b"95 0 obj<</Length %d>>stream\n%s\nendstream endobj\n" % (MOST_COPIED, bytes(MOST_COPIED))
    content = drawn_by(entries, data).replace(b"11 0 obj", image + b"11 0 obj")
    assert render_page(stream(content), 0).is_cut == is_cut


CATALOGS = {
    "files": (
        b"/Names<</EmbeddedFiles<</Names[(a) 90 0 R(b) 91 0 R]>>>>",
        "The PDF carries unit 2.pdf, which were not taken",
    ),
    "form": (b"/NeedsRendering true/AcroForm<</Fields[]/XFA[(template) 92 0 R]>>", "a form that Adobe's program alone"),
}


@pytest.mark.parametrize("kind", CATALOGS)
def test_what_its_pages_do_not_show_is_said(kind: str) -> None:
    entries, words = CATALOGS[kind]
    content = pdf("one").replace(b"/Type/Catalog", b"/Type/Catalog" + entries)
    files = b"".join(
        b"%d 0 obj<</Type/Filespec/F(%s)/UF(%s)/EF<</F 92 0 R>>>>endobj\n" % (at, name, name)
        for at, name in ((90, b"unit 2.pdf"), (91, b"invoice.xml"))
    )
    at = content.index(b"trailer")
    content = content[:at] + files + b"92 0 obj<</Length 4>>stream\n<x/>\nendstream endobj\n" + content[at:]
    (note,) = inspect(stream(content), "book.pdf").notes
    assert words in str(note)
