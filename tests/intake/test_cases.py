"""Inputs that people really have, each with what is right for it: pages, what is left out and what is said."""

from __future__ import annotations

import json
import re
import shutil
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from io import BytesIO, StringIO
from pathlib import Path

import psutil
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from PIL import Image
from PIL.TiffImagePlugin import AppendingTiffWriter

from books.errors import UnreadableImage, UploadRejected
from books.intake import limits
from books.intake.box import ask as boxes
from books.intake.files import natural_order
from books.intake.inspect import inspect
from books.intake.pdf import render_page
from books.models import Book
from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.open import normalise, open_page
from jobs.models import Job
from jobs.states import JobStatus
from tests.intake.samples import page, pdf, png, png_chunk, saved, white

CASES = Path(__file__).with_name("cases")
LEAVES = "Plants make their own food from light."
RIVERS = "Rivers shape the land they cross."
# Pages, places in the file that are none, and words of the notes.
RIGHT = {
    "odd/pyramid.tif": (2, (1, 3), ""),
    "odd/fillorder2.tif": (1, (), ""),
    "odd/palette.tif": (1, (), ""),
    "odd/pixel_units.pdf": (1, (), ""),
    "odd/no-eof.pdf": (1, (), "no end mark"),
    "odd/trailing.pdf": (1, (), ""),
    "odd/one_tiny_page.pdf": (1, (1,), "Page 2 of the PDF is 0.7 × 0.7 inches, too small"),
    "odd/empty_password.pdf": (1, (), ""),
    "odd/broken_xref.pdf": (1, (), ""),
    "odd/no_mediabox.pdf": (1, (), ""),
    "odd/no_end.jpg": (1, (), "no end mark"),
    "odd/padded.jpg": (1, (), ""),
    "odd/mpo.jpg": (1, (), ""),
    "odd/trailing.png": (1, (), ""),
    "kinds/p5.gif": (1, (), ""),
    "kinds/p6.bmp": (1, (), ""),
    "kinds/p7.jp2": (1, (), ""),
    "kinds/p8.avif": (1, (), ""),
    "kinds/p9": (1, (), ""),
    "mixed_kinds/IMG_0002.HEIC": (1, (), ""),
    "mixed_kinds/IMG_0004.jfif": (1, (), ""),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_a_viewer_opens_is_taken(name: str) -> None:
    frames, left_out, words = RIGHT[name]
    with (CASES / name).open("rb") as data:
        found = inspect(data, name)
    assert (found.frames, found.left_out) == (frames, left_out)
    assert len(found.notes) == bool(words)
    assert words in "".join(found.notes)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("odd/no_end.jpg", LEAVES),
        ("odd/mpo.jpg", ""),
        ("kinds/p5.gif", ""),
        ("kinds/p7.jp2", ""),
        ("kinds/p8.avif", LEAVES),
        ("mixed_kinds/IMG_0002.HEIC", RIVERS),
        ("odd/pixel_units.pdf", LEAVES),
    ],
)
def test_what_is_taken_is_read(name: str, text: str) -> None:
    with (CASES / name).open("rb") as data:
        image = render_page(data, 0).image if name.endswith("pdf") else open_page(data)
    assert text or "the" in TesseractEngine().read(normalise(image)).text.split()
    assert text in TesseractEngine().read(normalise(image)).text


@pytest.mark.parametrize("options", [{}, {"progressive": True}], ids=["baseline", "progressive"])
def test_a_phones_48_million_pixels_are_reduced_while_they_are_decoded(options: dict[str, bool]) -> None:
    with Image.open(CASES / "mixed_kinds/IMG_0001.jpg") as small:
        photograph = saved("JPEG", small.convert("L").resize((6048, 8064)), quality=20, **options)
    assert inspect(BytesIO(photograph), "IMG_48MP.jpg").frames == 1
    image = open_page(BytesIO(photograph))
    assert image.size == (3024, 4032)
    assert LEAVES in TesseractEngine().read(normalise(image)).text


# ---- of the same kinds ----------------------------------------------------------------------------------------------


def frames_of(*frames: tuple[Image.Image, dict[int, int]]) -> bytes:
    """A TIFF of these pictures with these tags."""
    target = BytesIO()
    with AppendingTiffWriter(target, new=True) as writer:
        for picture, tags in frames:
            picture.save(writer, "TIFF", tiffinfo=tags)
            writer.newFrame()
        return target.getvalue()


@pytest.mark.parametrize(
    ("tags", "size"),
    [({254: 1}, (150, 210)), ({254: 4}, (300, 420)), ({255: 2}, (150, 210)), ({254: 5}, (150, 210)), ({}, (60, 84))],
    ids=["reduced", "mask", "reduced, the old way", "reduced mask", "thumbnail that does not say so"],
)
def test_a_directory_that_is_no_page(tags: dict[int, int], size: tuple[int, int]) -> None:
    content = frames_of((page(), {}), (page(size=size), tags), (page(seed=2), {}))
    found = inspect(BytesIO(content), "book.tif")
    assert (found.frames, found.left_out, found.notes) == (2, (1,), ())
    assert open_page(BytesIO(content), 2).tobytes() == page(seed=2).tobytes()


def test_a_tiff_that_calls_all_its_pages_copies() -> None:
    large = page("1", (1200, 1700))
    found = inspect(BytesIO(frames_of((large, {254: 1}), (large, {254: 1}))), "fax.tif")
    assert (found.frames, found.left_out) == (2, ())


def test_a_raw_picture_of_a_camera_is_no_page() -> None:
    with pytest.raises(UploadRejected, match="only a preview"):
        inspect(BytesIO(frames_of((page(size=(256, 171)), {254: 1}))), "p.dng")
    with pytest.raises(UploadRejected, match="raw picture"):
        inspect(BytesIO(b"II*\0\x10\0\0\0CR\2\0" + bytes(200)), "p.cr2")


def test_a_png_with_an_odd_remark_is_taken() -> None:
    """Viewers look at the checksums of what the picture needs alone."""
    remark = bytearray(png_chunk(b"tEXt", b"Title\0a page"))
    remark[-1] ^= 1
    content = png(bytes(remark), white())
    assert inspect(BytesIO(content), "p.png").frames == 1
    assert open_page(BytesIO(content)).getextrema() == (255, 255)


REMARKS = {
    "too short a resolution": (b"pHYs", bytes(2)),
    "a profile without its data": (b"iCCP", b"name"),
    "no colour to be transparent": (b"tRNS", b""),
}


@pytest.mark.parametrize("remark", REMARKS)
def test_a_png_with_a_remark_that_cannot_be_read_is_taken(remark: str) -> None:
    content = png(png_chunk(*REMARKS[remark]), white())
    assert inspect(BytesIO(content), "p.png").frames == 1
    assert open_page(BytesIO(content)).getextrema() == (255, 255)


def large(seed: int) -> Image.Image:
    """Grey squares, which look alike at any size."""
    return page(size=(30, 42), seed=seed).resize((1200, 1680), Image.Resampling.NEAREST)


def test_a_smaller_copy_that_does_not_say_so_is_no_page_and_another_smaller_page_is() -> None:
    one, two = large(1), large(2)
    found = inspect(BytesIO(frames_of((one, {}), (one.resize((600, 840)), {}), (two.resize((600, 840)), {}))), "b.tif")
    assert (found.frames, found.left_out, found.notes) == (2, (1,), ())


def test_a_mask_that_pillow_cannot_open_costs_no_page() -> None:
    mask = page("1", (300, 420))
    content = frames_of((page(), {}), (mask, {254: 4, 262: 4}), (page(seed=2), {}))
    found = inspect(BytesIO(content), "book.tif")
    assert (found.frames, found.left_out, found.notes) == (2, (1,), ())
    assert open_page(BytesIO(content), 2).tobytes() == page(seed=2).tobytes()


def test_a_fax_with_half_as_many_dots_down_is_made_as_high_as_it_is_printed() -> None:
    content = saved("TIFF", page("1", (864, 550)), compression="group4", dpi=(204, 98))
    assert open_page(BytesIO(content)).size == (864, 1145)


def test_line_art_of_a3_at_600_dpi_is_reduced_once_it_is_decoded() -> None:
    content = saved("TIFF", large(1).convert("1").resize((7016, 9921)), compression="group4")
    assert inspect(BytesIO(content), "p.tif").frames == 1
    assert open_page(BytesIO(content)).size == (3508, 4961)


def test_a_thumbnail_may_stand_first() -> None:
    found = inspect(BytesIO(frames_of((page(size=(150, 210)), {254: 1}), (page(), {}))), "scan.tif")
    assert (found.frames, found.left_out) == (1, (0,))


def test_a_small_page_of_another_shape_is_left_out_by_name() -> None:
    found = inspect(BytesIO(frames_of((page(), {}), (page(size=(90, 90)), {}))), "book.tif")
    assert found.left_out == (1,)
    assert "Page 2 of the TIFF is 90 × 90 pixels, too small" in found.notes[0]


@pytest.mark.parametrize(
    ("content", "frames"),
    [
        (b"\n\nHTTP/1.1 200 OK\n\n" + pdf("one"), 1),
        (b"\xef\xbb\xbf" + pdf("one"), 1),
        (pdf("one") + b"<!-- page sent by a portal -->" * 3000, 1),
        (pdf("one", end=b""), 1),
        (pdf("one").replace(b"%PDF-1.4", b"%PDF-9.9"), 1),
        (pdf("one") + bytes(5000), 1),
        (pdf("one", "two").replace(b"12 0 obj", b"99 0 obj"), 1),
        (pdf("one", box=(7016, 9921)), 1),
    ],
    ids=[
        "before",
        "mark before",
        "markup behind",
        "no end",
        "another version",
        "zeros",
        "a page missing",
        "A3 in dots",
    ],
)
def test_pdfs_as_viewers_take_them(content: bytes, frames: int) -> None:
    found = inspect(BytesIO(content), "book.pdf")
    assert found.frames == frames
    assert render_page(BytesIO(content), 0).image


@pytest.mark.parametrize("behind", ["/Root", "trailer", "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj"])
def test_a_pdf_cut_in_its_trailer_is_opened(behind: str) -> None:
    """PDFium looks for the pages where a trailer says, and viewers look for a catalog."""
    content = pdf("one", "two")
    content = content[: max(content.rindex(behind.encode()), content.rindex(b"endobj") + 6)]
    found = inspect(BytesIO(content), "book.pdf")
    assert (found.frames, len(found.notes)) == (2, 1)
    assert [glyph.text for glyph in render_page(BytesIO(content), 1).glyphs] == list("two")


def test_a_pdf_cut_in_its_trailer_with_its_objects_compressed_is_opened() -> None:
    content = pdf("one")
    catalog, rest = content.split(b"endobj\n", 1)
    body = b"<<" + catalog.partition(b"<<")[2]
    packed = zlib.compress(b"1 0 " + body)
    stream = b"7 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj\n"
    content = b"%PDF-1.5\n" + stream % (len(packed), packed) + rest[: rest.index(b"trailer")]
    assert b"Catalog" not in content
    assert inspect(BytesIO(content), "book.pdf").frames == 1
    assert [glyph.text for glyph in render_page(BytesIO(content), 0).glyphs] == list("one")


def test_a_page_cut_to_a_place_outside_of_it_is_shown_whole() -> None:
    content = pdf("one").replace(b"/Type/Page/Parent", b"/Type/Page/CropBox[2000 2000 2400 2500]/Parent")
    assert inspect(BytesIO(content), "book.pdf").notes == ()
    assert [glyph.text for glyph in render_page(BytesIO(content), 0).glyphs] == list("one")


def test_a_pdf_of_an_encrypted_book_cut_in_its_trailer_is_not_guessed_at() -> None:
    content = pdf("one").replace(b"3 0 obj", b"4 0 obj<</Filter/Standard/V 1>>endobj\n3 0 obj")
    with pytest.raises(UploadRejected, match="damaged"):
        inspect(BytesIO(content[: content.index(b"trailer")]), "book.pdf")


def test_a_pdf_of_small_pages_in_large_units_is_as_large_as_it_says() -> None:
    content = pdf("", box=(42, 60)).replace(b"/Type/Page/Parent", b"/Type/Page/UserUnit 14.0/Parent")
    assert inspect(BytesIO(content), "poster.pdf").notes == ()
    assert render_page(BytesIO(content), 0).image.size == (1634, 2334)


def test_a_damaged_jpeg_in_a_pdf_costs_its_page_alone() -> None:
    pages = [page("L", (600, 800), seed) for seed in range(4)]
    content = saved("PDF", pages[0], save_all=True, append_images=pages[1:])
    pictures = re.findall(rb"(?s)\xff\xd8\xff.*?\xff\xd9(?=\s*endstream)", content)
    for picture, kept in zip(pictures[1:], (len(pictures[1]) // 2, len(pictures[2]) - 2, 0), strict=True):
        content = content.replace(picture, picture[:kept] + bytes(len(picture) - kept))
    assert inspect(BytesIO(content), "book.pdf").frames == 4
    for frame in (0, 2):
        assert render_page(BytesIO(content), frame).image.getextrema()[0] < 100
    for frame in (1, 3):
        with pytest.raises(UnreadableImage, match=f"The picture on page {frame + 1} of the PDF is damaged"):
            render_page(BytesIO(content), frame)


def test_a_fax_in_a_pdf_that_was_cut_costs_its_page_alone() -> None:
    content = saved("PDF", page("1", (600, 800)))
    (picture,) = re.findall(rb"(?s)/CCITTFaxDecode.*?stream\n(.*?)\nendstream", content)
    for kept in (len(picture), len(picture) - 3):
        whole = content.replace(picture, picture[:kept] + bytes(len(picture) - kept))
        assert render_page(BytesIO(whole), 0).image.getextrema()[0] < 100
    cut = content.replace(picture, picture[: len(picture) // 2] + bytes(len(picture) - len(picture) // 2))
    with pytest.raises(UnreadableImage, match="The picture on page 1 of the PDF is damaged"):
        render_page(BytesIO(cut), 0)


def test_a_page_that_comes_out_empty_as_nothing_can_decode_its_picture_is_not_blank() -> None:
    content = saved("PDF", page("L", (600, 800))).replace(b"/DCTDecode", b"/JPXDecode")
    with pytest.raises(UnreadableImage, match="damaged"):
        render_page(BytesIO(content), 0)


@pytest.mark.parametrize("before", [b"\r\n", bytes(4), b"\xef\xbb\xbf", b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_stands_before_a_picture_is_overlooked(kind: str, before: bytes) -> None:
    content = before + saved(kind)
    assert inspect(BytesIO(content), "p").notes[0].startswith("The file has something else before its picture")
    assert open_page(BytesIO(content)).size == (300, 420)


def test_what_stands_before_the_first_marker_of_a_jpeg_is_overlooked() -> None:
    content = saved("JPEG")
    content = content[:2] + b"\0\x12junk" + content[2:]
    assert len(inspect(BytesIO(content), "p.jpg").notes) == 1
    assert open_page(BytesIO(content)).size == (300, 420)


def test_a_jpeg_cut_in_its_picture_is_refused() -> None:
    whole = saved("JPEG", page("RGB", (600, 800)), quality=90)
    for cut in (len(whole) // 2, len(whole) - 200):
        with pytest.raises(UploadRejected, match="ends too early"):
            inspect(BytesIO(whole[:cut]), "p.jpg")
    for cut in (len(whole) - 2, len(whole) - 1):
        assert inspect(BytesIO(whole[:cut]), "p.jpg").notes
        assert open_page(BytesIO(whole[:cut])).size == (600, 800)


def test_a_jpeg_of_endless_scans_ends_the_box_alone(monkeypatch) -> None:
    monkeypatch.setattr(limits, "IMAGE_CPU_SECONDS", 1)
    picture = saved("JPEG", page("L", (3000, 4000)), progressive=True, quality=30)
    last = picture.rindex(b"\xff\xda")
    scans = picture[:last] + picture[last:-2] * 100 + b"\xff\xd9"
    with pytest.raises(UploadRejected, match="takes too much time"):
        inspect(BytesIO(scans), "p.jpg", image_bytes=len(scans))


# ---- folders, forms and the API alike -------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db(transaction=True)


def processed(folder: Path, **options: object) -> tuple[Book, str]:
    told = StringIO()
    call_command("process_book", str(folder), no_wait=True, stdout=told, **options)
    return Book.objects.get(), told.getvalue()


def names(book: Book) -> list[str]:
    return list(book.pages.order_by("number").values_list("source__name", flat=True))


def test_a_folder_of_a_phone() -> None:
    book, _ = processed(CASES / "mixed_kinds")
    assert names(book) == ["IMG_0001.jpg", "IMG_0002.HEIC", "IMG_0003.jpg", "IMG_0004.jfif"]


def test_a_folder_is_judged_by_content_and_what_is_not_taken_is_named(tmp_path: Path) -> None:
    folder = shutil.copytree(CASES / "kinds", tmp_path / "scans")
    (folder / "notes.txt").write_text("not a page")
    (folder / "IMG_2.MOV").write_bytes(b"\0\0\0\x14ftypqt  " + bytes(64))
    (folder / "IMG_2.AAE").write_text('<?xml version="1.0"?><plist/>')
    (folder / "more").mkdir()
    book, told = processed(folder)
    assert names(book) == ["p5.gif", "p6.bmp", "p7.jp2", "p8.avif", "p9"]
    for name in ("._p1.jpg", "Thumbs.db", "desktop.ini", "book.cbz", "notes.txt", "IMG_2.MOV", "IMG_2.AAE", "more"):
        assert f"Not taken: {name}: " in told


def test_a_folder_of_folders_alone_names_them(tmp_path: Path) -> None:
    for chapter in ("chapter 1", "chapter 2"):
        (tmp_path / chapter).mkdir()
        shutil.copy(CASES / "kinds/p9", tmp_path / chapter / "p9.png")
    with pytest.raises(CommandError, match=r"(?s)no pages.*chapter 1: is a folder.*chapter 2: is a folder"):
        processed(tmp_path)


def test_a_folder_with_damaged_pages_stops_and_names_them_all(tmp_path: Path) -> None:
    folder = shutil.copytree(CASES / "mixed_kinds", tmp_path / "scans")
    for name in ("IMG_0005.png", "IMG_0006.png"):
        (folder / name).write_bytes(saved("PNG")[:900])
    (folder / "IMG_0007.jxl").write_bytes(b"\xff\n" + bytes(100))
    with pytest.raises(CommandError) as refusal:
        processed(folder)
    for words in ("IMG_0005.png: ", "IMG_0006.png: ", "IMG_0007.jxl: This is a JPEG XL image"):
        assert words in str(refusal.value)
    assert not Book.objects.exists()


def test_600_pages_are_taken_in_parts() -> None:
    with pytest.raises(CommandError, match=r"600 pages are too many: a book has at most 500.* process_book --pages"):
        processed(CASES / "odd/600_pages.pdf")
    assert not Book.objects.exists()
    book, _ = processed(CASES / "odd/600_pages.pdf", pages=range(501, 601))
    assert list(book.pages.order_by("number").values_list("frame", flat=True)) == list(range(500, 600))


def test_what_is_called_a_page_and_is_none_stops_a_folder(tmp_path: Path) -> None:
    shutil.copy(CASES / "kinds/p9", tmp_path / "p1.jpg")
    (tmp_path / "p2.jpg").write_bytes(bytes(5000))
    (tmp_path / "p3.png").touch()
    (tmp_path / "empty.log").touch()
    with pytest.raises(CommandError, match=r"(?s)p2\.jpg: This is not an image.*p3\.png: The file is empty"):
        processed(tmp_path)


def test_what_to_look_at_is_told_by_the_command(tmp_path: Path) -> None:
    for name in ("no_end.jpg", "one_tiny_page.pdf"):
        shutil.copy(CASES / "odd" / name, tmp_path)
    book, told = processed(tmp_path)
    assert book.pages.count() == 2
    assert "Look at no_end.jpg: The JPEG has no end mark" in told
    assert "Look at one_tiny_page.pdf: Page 2 of the PDF" in told


def blank_twice() -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (CASES / "blank_twice").iterdir()}


def test_two_identical_scans_are_two_pages_for_the_command() -> None:
    book, told = processed(CASES / "blank_twice")
    assert names(book) == ["p1.tif", "p2.tif", "p3.tif", "p4.tif", "p5.tif"]
    assert "p4.tif: It has the same content as a file before it" in told
    Job.objects.update(status=JobStatus.COMPLETED)
    again, told = processed(CASES / "blank_twice", title=book.title)
    assert again.pages.count() == 5
    assert "p4.tif: It is already in this book, as page 4." in told


def test_two_identical_scans_are_two_pages_for_form_and_api(client, admin) -> None:
    client.force_login(admin)
    book = Book.objects.create(title="A book")
    url = f"/api/books/{book.pk}/pages/bulk"
    files = [SimpleUploadedFile(name, content) for name, content in blank_twice().items()]
    answer = client.post(url, {"files": files}).json()
    assert (answer["pages"], answer["refused"]) == (5, [])
    assert answer["notes"] == ["p4.tif: It has the same content as a file before it, and was taken as well."]
    files = [SimpleUploadedFile(name, content) for name, content in blank_twice().items()]
    refused = client.post(url, {"files": files}).json()["refused"]
    assert [each["reason"][-7:] for each in refused] == [f"page {number}." for number in range(1, 6)]
    other = Book.objects.create(title="Another book")
    files = [SimpleUploadedFile(name, content) for name, content in blank_twice().items()]
    told = client.post(reverse("admin:books_book_upload", args=[other.pk]), {"files": files}, follow=True)
    assert other.pages.count() == 5
    assert "4.tif: It has the same content" in told.content.decode()


def test_two_identical_scans_are_two_pages_of_an_upload_in_many_requests(client, admin) -> None:
    client.force_login(admin)
    book = Book.objects.create(title="A book")
    url = f"/api/books/{book.pk}/uploads"
    files = dict(sorted(blank_twice().items()))

    def announced() -> dict:
        rows = [{"name": name, "size": len(data), "sha256": sha256(data).hexdigest()} for name, data in files.items()]
        return client.post(url, json.dumps({"files": rows}), content_type="application/json").json()

    delivery = announced()
    assert [each["state"] for each in delivery["files"]] == ["send"] * 5
    for each in delivery["files"][:3]:
        client.post(
            f"{url}/{delivery['id']}/files/{each['id']}", {"file": SimpleUploadedFile("p", files[each["name"]])}
        )
    delivery = announced()
    assert [each["state"] for each in delivery["files"]] == ["here"] * 3 + ["send"] * 2
    for each in delivery["files"][3:]:
        file = SimpleUploadedFile("p", files[each["name"]])
        answer = client.post(f"{url}/{delivery['id']}/files/{each['id']}", {"file": file}).json()
        assert answer["state"] == "stored"
        assert ("same content" in answer["reason"]) == (each["name"] == "p4.tif")
    assert names(book) == list(files)
    assert [each["state"] for each in announced()["files"]] == ["here"] * 5


def test_all_three_name_what_the_system_keeps(client, admin) -> None:
    client.force_login(admin)
    book = Book.objects.create(title="A book")
    files = [SimpleUploadedFile(each.name, each.read_bytes()) for each in sorted((CASES / "kinds").iterdir())]
    answer = client.post(f"/api/books/{book.pk}/pages/bulk", {"files": files}).json()
    assert answer["stored"] == ["p5.gif", "p6.bmp", "p7.jp2", "p8.avif", "p9"]
    assert {each["name"] for each in answer["refused"]} == {"._p1.jpg", "Thumbs.db", "desktop.ini", "book.cbz"}


ORDERS = [
    "cover, inside cover, i, ii, iv, ix, x, 1, 2, 10, inside back cover, back cover",
    "front_cover, p_iii, p_iv, p_1, p. 2, p. 2 copy, p-10, back-cover",
    "page 12 left, page 12 right, page 13 left, page 13 right",
    "3 recto, 3 verso, 4 recto, 4 verso",
    "12L, 12R, 13L, 13R",
    "3r, 3v, 4r, 4v",
    "left 001, right 001, left 002, right 002",
    "L001, R001, L002, R002",
    "couverture, 1, 2, quatrième de couverture",
    "Titelseite, Impressum, Seite 1, Seite 2, Register",
    "indice, 1, 2, glosario",
    "i, ii, lxxxix, xc, xcix, c, ci, 1, 2",
    "a, b, c, d, e",
    "c, d",
    "p1, p2, Copy of p2, p3",
    "image, image copy, image copy 2, image2, image10",
    "IMG_1234, IMG_E1234, IMG_1235",
    "page9, page10, page10b, page11",
    "p９, p１０, p١١",
    "第1页, 第2页, 第10页",
    "Part I p1, Part I p2, Part II p1, Part IV p1",
    "page 1 of 20, page 2 of 20, page 10 of 20",
    "image, image (1), image (2), image (10)",
    "MyBook_cover, MyBook_title, MyBook_v, MyBook_vi, MyBook_001, MyBook_index, MyBook_back_cover",
    "page_i, page_ii, page_iii, page_1",
    "front_01, front_02, body_001, body_010, back_01",
    "preface 1, chapter1_p2, chapter1_p10, chapter2_p1, chapter10_p1, appendix_1, index",
    "00_cover, 01_i, 02_ii, 03_1",
    "001-front, 001-back, 002-front",
    "p१, p२, p१०",
    "shot at 9.58.30 AM, shot at 10.15.30 AM, shot at 12.01.00 PM, shot at 1.15.31 PM",
    "page one, page two, page three, page ten",
    "Cover1, Cover2, 001, 002, Cover3, Cover4",
    "Titel, Inhalt, 1, 2, Anhang",
    "tapa, 1, 2, contratapa",
    "scan_2024-01-05_1, scan_2024-01-05_2, scan_2024-01-05_10",
]


@pytest.mark.parametrize("order", ORDERS)
def test_pages_are_ordered_as_a_person_would(order: str) -> None:
    right = [f"{name}.jpg" for name in order.split(", ")]
    assert natural_order(reversed(right)) == right
    assert natural_order(sorted(right)) == right


def test_the_form_asks_for_the_same_order(client, admin) -> None:
    client.force_login(admin)
    book = Book.objects.create(title="A book")
    names = [
        "scans/p_10.jpg",
        "scans/p_2.jpg",
        "scans/p_ii.jpg",
        "scans/back cover.jpg",
        "scans/cover.jpg",
        "scans/p_i.jpg",
    ]
    answer = client.post(f"/api/books/{book.pk}/uploads/order", json.dumps({"names": names}), "application/json")
    assert answer.json() == {"places": [4, 5, 2, 1, 0, 3]}


def test_boxes_are_bounded_together() -> None:
    """A PDF of two kilobytes whose objects expand to hundreds of megabytes, sixteen times at once."""
    boxes.means_found()
    assert boxes._server is not None
    server, seen, content = psutil.Process(boxes._server.pid), [0], (CASES / "odd/objstm.pdf").read_bytes()

    def judge(_: int) -> None:
        with suppress(UploadRejected):
            inspect(BytesIO(content), "objstm.pdf")

    with ThreadPoolExecutor(16) as threads:
        under_way = [threads.submit(judge, number) for number in range(16)]
        while not all(each.done() for each in under_way):
            with suppress(psutil.NoSuchProcess):
                seen.append(sum(each.memory_info().rss for each in server.children()))
    assert 0 < max(seen) < boxes.AT_ONCE * (limits.PDF_CHILD_MEMORY_BYTES + 100 * limits.MEBIBYTE)
