"""process_book from start to end in one process, and what it says to bad input."""

from __future__ import annotations

import json
import shutil
from io import BytesIO, StringIO

import pypdfium2
import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from PIL import Image

from books.models import Book, BookStatus, Page, Source, Subtopic
from jobs.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
NASTY_ENCRYPTED = "tests/nasty/files/encrypted.pdf"


def process(*arguments, **options) -> str:
    """What the command printed."""
    out = StringIO()
    call_command("process_book", *map(str, arguments), stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def few(sample, tmp_path):
    """Three pages of the sample under names that only natural order sorts."""
    folder = tmp_path / "scans"
    folder.mkdir()
    for name, page in (("p10.png", "page_003.png"), ("p2.png", "page_002.png"), ("p1.png", "page_001.png")):
        shutil.copy(sample / page, folder / name)
    return folder


def test_the_whole_way_on_the_sample(sample, tmp_path):
    out = tmp_path / "guidelines.json"
    said = process(sample, title="Prealgebra", grade="8", approve=True, out=out)
    assert "Whole Numbers (p. 1–17)" in said
    book = Book.objects.get()
    assert book.status == BookStatus.PENDING_REVIEW
    assert [job.status for job in Job.objects.filter(book=book)] == ["completed"] * 3

    document = json.loads(out.read_text())
    subtopics = [subtopic for topic in document["topics"] for subtopic in topic["subtopics"]]
    assert document["book"]["title"] == "Prealgebra"
    assert document["engine"].startswith("offline")
    covered = set(document["front_matter"]).union(*(subtopic["pages"] for subtopic in subtopics))
    assert covered == set(range(1, 25))
    for subtopic in subtopics:
        statements = [each for part in subtopic["guideline"].values() for each in part]
        assert statements
        assert all(each["text"] and set(each["pages"]) <= set(subtopic["pages"]) for each in statements)
        assert 15 <= len(subtopic["summary"].split()) <= 30
        assert subtopic["status"] == "pending_review"
    markdown = out.with_suffix(".md").read_text()
    assert markdown.startswith("# Prealgebra\n")
    assert "Made offline" in markdown

    said = StringIO()
    call_command("evaluate", str(sample / "truth.json"), stdout=said)
    figures = said.getvalue()
    assert "F1 1.000" in figures
    assert "no front matter: none" in figures


def test_pages_come_in_natural_order_and_a_second_run_adds_nothing(few):
    process(few, title="Three")
    names = Page.objects.order_by("number").values_list("source__name", flat=True)
    assert list(names) == ["p1.png", "p2.png", "p10.png"]
    assert process(few, title="Three").count("It is already in this book") == 3
    assert (Book.objects.count(), Page.objects.count(), Job.objects.count()) == (1, 3, 1)


def test_only_the_pages_asked_for(few):
    process(few, pages=range(2, 4))
    assert list(Page.objects.order_by("number").values_list("source__name", flat=True)) == ["p2.png", "p10.png"]


def test_a_pdf_becomes_its_pages(sample, tmp_path):
    pdf = tmp_path / "scan.pdf"
    first, second = (Image.open(sample / f"page_00{n}.png").convert("L") for n in (1, 2))
    first.save(pdf, save_all=True, append_images=[second], resolution=170)
    assert "2 pages added" in process(pdf)
    assert Page.objects.get(number=1).reading.text.startswith("Chapter")


def test_images_can_be_listed_and_the_reading_left_to_the_workers(few):
    said = process(few / "p1.png", few / "p2.png", no_wait=True)
    assert "reading started" in said
    assert Job.objects.get().status == "pending"


def test_without_approval_it_stops_after_the_reading(few):
    assert "Review its pages" in process(few)
    assert not Subtopic.objects.exists()


def test_a_table_of_contents_binds_the_cut(few, tmp_path):
    toc = tmp_path / "toc.txt"
    toc.write_text("1 Numbers ..... 1\n1.1 Counting ..... 1\n1.2 Place value ..... 3\n")
    process(few, approve=True, toc=toc)
    assert [row.title for row in Subtopic.objects.order_by("sequence")] == ["Counting", "Place value"]


def pdf_of(pages: int) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(300, 400)
    data = BytesIO()
    document.save(data)
    return data.getvalue()


BAD = {
    "missing folder": (None, "There is no folder or file"),
    "no images": ({"notes.txt": b"hello"}, "There are no pages to add.\nnotes.txt: This is not"),
    "a text named png": ({"page.png": b"just text"}, "page.png: "),
    "an empty file": ({"page.png": b""}, "page.png: The file is empty"),
    "501 pages": ({"book.pdf": pdf_of(501)}, "502 pages are too many"),
    "an encrypted PDF": ("encrypted.pdf", "encrypted.pdf: "),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_sentence_and_stores_nothing(case, tmp_path, sample):
    content, sentence = BAD[case]
    folder = tmp_path / "in"
    if content is not None:
        folder.mkdir()
        shutil.copy(sample / "page_001.png", folder / "a_good_page.png") if case != "no images" else None
    if isinstance(content, dict):
        for name, data in content.items():
            (folder / name).write_bytes(data)
    if isinstance(content, str):
        shutil.copy(NASTY_ENCRYPTED, folder / content)
    with pytest.raises(CommandError) as refusal:
        process(folder)
    assert sentence in str(refusal.value)
    assert str(refusal.value).count("\n") <= 1
    assert (Book.objects.count(), Source.objects.count(), Job.objects.count()) == (0, 0, 0)
    assert not default_storage.exists("books") or default_storage.listdir("books")[0] == []


def test_five_hundred_and_one_images_store_nothing(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for n in range(501):
        Image.new("L", (120, 160), 255 if n < 256 else n - 256).save(folder / f"{n}.png", pnginfo=_noted(n))
    with pytest.raises(CommandError, match="at most 500"):
        process(folder)
    assert not Page.objects.exists()


def _noted(n: int):
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("n", str(n))
    return info


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"toc": "missing.txt"}, "There is no file"),
        ({"out": "/no/such/folder/out.json"}, "There is no folder"),
    ],
)
def test_bad_options_are_told_before_the_work(few, options, sentence):
    from pathlib import Path

    with pytest.raises(CommandError, match=sentence):
        process(few, **{name: Path(value) for name, value in options.items()})
    assert not Book.objects.exists()


@pytest.mark.parametrize("text", ["0-4", "5-3", "x", "1-"])
def test_bad_page_ranges_are_refused(few, text):
    from books.management.commands.process_book import page_range

    with pytest.raises(Exception, match="is not a page range"):
        page_range(text)


def test_evaluate_says_what_is_wrong(tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        call_command("evaluate", str(tmp_path / "none.json"))
    odd = tmp_path / "odd.json"
    odd.write_text("[1]")
    with pytest.raises(CommandError, match="is not a truth file"):
        call_command("evaluate", str(odd))
