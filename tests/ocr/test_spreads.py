"""A scan of two facing pages: told from a page in columns, offered to be split, split, and made one again."""

from __future__ import annotations

from io import BytesIO, StringIO
from itertools import product

import pytest
from django.core.management import call_command
from django.urls import reverse
from PIL import Image, ImageDraw, ImageFont

from books.errors import ArrangementRefused
from books.intake.order import undo_last
from books.intake.store import Upload, add_files
from books.language import reads_from_right
from books.models import Book, Page
from books.ocr.accuracy import character_error_rate
from books.ocr.engines.base import OcrWord
from books.ocr.image.ink import PageInk
from books.ocr.image.layout import gutter
from books.ocr.spreads import marked_spreads, split_spreads
from books.ocr.start import start_reading
from books.stored.cut import WHOLE, Cut
from jobs.models import Job
from jobs.runner import run_to_end
from tests.factories import ReadPageFactory
from tests.ocr import provoking
from tests.ocr.pdfs import book_page, drawn
from tests.ocr.test_cases import CASES, LEAVES, LEAVES_TITLE, RIVERS, RIVERS_TITLE

pytestmark = pytest.mark.django_db(transaction=True)
LEFT, RIGHT = [LEAVES_TITLE, *LEAVES, "12"], [RIVERS_TITLE, *RIVERS, "13"]
SPREAD = CASES / "F01-spread.png"


def book_of(image: Image.Image, **facts: str) -> Book:
    data = BytesIO()
    image.save(data, "PNG")
    book = Book.objects.create(title="Leaves and rivers", **facts)
    add_files(book, [Upload("p.png", data)])
    run_to_end(start_reading(book).pk)
    return book


def texts(book: Book) -> list[str]:
    return [page.reading.text for page in book.pages.select_related("reading").order_by("number") if page.reading]


def test_a_spread_becomes_two_pages_and_one_again() -> None:
    call_command("process_book", str(SPREAD), title="A book", split_spreads=True, stdout=StringIO())
    book = Book.objects.get(title="A book")
    assert texts(book) == ["\n".join(LEFT), "\n".join(RIGHT)]
    assert not marked_spreads(book)
    assert len({page.source_id for page in book.pages.all()}) == 1
    undo_last(book)
    assert texts(book) == ["\n".join([*LEFT, *RIGHT])]
    assert [page.number for page in marked_spreads(book)] == [1]


@pytest.mark.parametrize("degrees", [3, 90])
def test_the_cut_is_found_on_the_scan_as_it_lies(degrees: int) -> None:
    book = book_of(provoking.turned(Image.open(SPREAD).convert("L"), degrees))
    _, job = split_spreads(book, marked_spreads(book), from_right=True)
    run_to_end(job.pk)
    for lines, text in zip((RIGHT, LEFT), texts(book), strict=True):
        assert character_error_rate("\n".join(lines), text) < 0.01
    left, right = book.pages.order_by("-number")
    assert left.image_height > left.image_width
    assert abs(left.image_width - right.image_width) < 0.2 * left.image_width


@pytest.mark.parametrize(("space", "numbers", "is_spread"), [(60, (), False), (60, (12, 13), True), (160, (), True)])
def test_columns_of_one_page_are_no_spread(space: int, numbers: tuple[int, ...], is_spread: bool) -> None:
    page = provoking.two_columns(provoking.upper_part(3), provoking.upper_part(5), gutter=space)
    words = [OcrWord(str(number), 90, (100 + 1500 * at, 60, 130 + 1500 * at, 80)) for at, number in enumerate(numbers)]
    assert (gutter(PageInk(page), words) is not None) == is_spread


def test_a_sideways_table_of_short_cells_is_no_spread() -> None:
    table = Image.new("L", (1754, 1240), 255)
    draw = ImageDraw.Draw(table)
    for row, x in product(range(14), (200, 1070)):
        draw.text((x, 200 + 60 * row), f"Beans and peas {row}", fill=0, font=ImageFont.load_default(34))
    with Image.open(SPREAD) as spread:
        found = [gutter(PageInk(each), is_turned=True) for each in (table, spread.convert("L"))]
    assert [each is None for each in (*found, gutter(PageInk(table)))] == [True, False, False]


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("has_fold", [True, False])
def test_a_spread_of_which_a_page_is_blank_is_one(side: int, has_fold: bool) -> None:
    page = provoking.upper_part(3)
    spread = Image.new("L", (2 * page.width, page.height), 255)
    spread.paste(page, (side * page.width, 0))
    if has_fold:
        spread.paste(170, (page.width - 6, 0, page.width + 6, page.height))
    found = gutter(PageInk(spread))
    assert found is not None
    assert found[0] == pytest.approx(0.5, abs=0.01)
    spread.paste(60, (page.width // 2 + (1 - side) * page.width, 300, page.width + (1 - side) * page.width - 50, 700))
    assert gutter(PageInk(spread)) is None


def test_numbers_that_follow_each_other_tell_a_spread_with_a_title_alone_on_a_page() -> None:
    page, title = provoking.upper_part(3), provoking.upper_part(3, 160)
    spread = Image.new("L", (2 * page.width, page.height), 255)
    for at, side in enumerate((page, title)):
        spread.paste(side, (at * page.width, 0))
    words = [OcrWord(str(12 + at), 90, (120 + at * page.width, 20, 150 + at * page.width, 40)) for at in (0, 1)]
    assert gutter(PageInk(spread), words) is not None


def test_a_pdf_says_itself_what_is_on_its_halves() -> None:
    lines = [*drawn(5), *([420 + x, *line] for x, *line in drawn(7))]
    data = book_page(lines).replace(b"[0 0 420 595]", b"[0 0 840 595]")
    book = Book.objects.create(title="A book")
    add_files(book, [Upload("p.pdf", BytesIO(data))])
    run_to_end(start_reading(book).pk)
    _, job = split_spreads(book, marked_spreads(book))
    run_to_end(job.pk)
    for page, number in zip(book.pages.select_related("reading").order_by("number"), (5, 7), strict=True):
        assert page.reading.engine == "pdf-text"
        assert character_error_rate(provoking.truth(number), page.reading.text) < 0.05


@pytest.fixture
def spread() -> Page:
    """A page that was read as a spread, without reading one."""
    page = ReadPageFactory(
        number=1, cut=Cut(WHOLE, 0.52, 0.5), reading__doubts=["spread"], reading__text_may_be_missing=True
    )
    ReadPageFactory(book=page.book, number=2)
    return page


def test_the_screen_shows_the_cut_and_splits_where_a_person_moved_it(client, admin, spread: Page) -> None:
    client.force_login(admin)
    book = spread.book
    assert "Split 1 spread" in client.get(reverse("admin:books_book_map", args=[book.pk])).content.decode()
    shown = client.get(reverse("admin:books_book_spreads", args=[book.pk])).content.decode()
    assert '<line x1="0.52" y1="0" x2="0.5" y2="1">' in shown
    form = {"page": str(spread.pk), f"at-{spread.pk}": "40", "first": "right"}
    client.post(reverse("admin:books_book_spreads_split", args=[book.pk]), form)
    first, second, last = book.pages.order_by("number")
    assert [round(x, 3) for x, _ in (*first.part, *second.part)] == [0.41, 1, 1, 0.39, 0, 0.41, 0.39, 0]
    assert (last.part, Job.objects.get().params["pages"]) == (None, [str(first.pk), str(second.pk)])
    Job.objects.all().delete()
    client.post(reverse("admin:books_book_arrange_undo", args=[book.pk]))
    assert list(book.pages.order_by("number")) == [spread, last]


def test_the_api_offers_splits_and_takes_back(client, admin, spread: Page) -> None:
    client.force_login(admin)
    address = f"/api/books/{spread.book_id}"
    assert client.get(f"{address}/spreads").json() == [{"number": 1, "top": 0.52, "bottom": 0.5}]
    refused = client.post(f"{address}/spreads/split", {"pages": [2]}, content_type="application/json")
    assert (refused.status_code, "cannot be split" in refused.json()["message"]) == (422, True)
    made = client.post(f"{address}/spreads/split", {}, content_type="application/json")
    assert (made.status_code, made.json()["numbers"]) == (201, [1, 2])
    Job.objects.all().delete()
    assert client.post(f"{address}/pages/undo").json() == {"undone": "Page 1 split in two", "job_id": None}


def test_a_book_read_from_the_right_begins_with_the_right_page(spread: Page) -> None:
    assert [reads_from_right(language) for language in ("eng", "ara+eng", "jpn_vert", "jpn")] == [0, 1, 1, 0]
    split_spreads(spread.book, [spread], from_right=True)
    assert spread.book.pages.get(number=1).part[1] == (1, 0)


def test_no_more_halves_than_a_book_may_have_pages(spread: Page, monkeypatch) -> None:
    monkeypatch.setattr("books.intake.limits.PAGES_PER_BOOK", 2)
    with pytest.raises(ArrangementRefused, match="more than the 2 of a book"):
        split_spreads(spread.book, [spread])


@pytest.mark.parametrize("is_right", [False, True])
def test_a_title_page_beside_a_page_of_text_is_a_spread(*, is_right: bool) -> None:
    text = provoking.upper_part(3)
    whole = Image.new("L", (2 * text.width, text.height), 255)
    whole.paste(text, (0 if is_right else text.width, 0))
    at = text.width // 3 + (text.width if is_right else 0)
    ImageDraw.Draw(whole).text((at, 300), "Leaves", 0, ImageFont.load_default(40))
    found = gutter(PageInk(whole))
    assert found is not None
    assert abs(found[0] - 0.5) < 0.05
