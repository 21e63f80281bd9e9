"""One page's screen: scan beside text, the decision and the way to the next page, and how pictures are served."""

from __future__ import annotations

import io

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image

from books.admin.page_states import cells_of
from books.models import Comment, OcrStatus, PageReview
from books.ocr.image.open import encoded_thumbnail
from books.ocr.scans import keep_thumbnail
from tests.factories import PageFactory, ReadingFactory, ReadPageFactory


def url(name: str, page) -> str:
    return reverse(f"admin:books_book_{name}", args=[page.book_id, page.number])


def shown(client, page) -> str:
    return client.get(url("page", page)).content.decode()


def decide(client, page, decision="approve", **data):
    return client.post(url("page_decide", page), {"decision": decision, **data}, follow=True)


def test_the_scan_stands_beside_the_text(screens, book):
    page = ReadPageFactory(book=book, reading__confidence=93.6, reading__version="5.5.4 eng-7d4322bd")
    screen = shown(screens, page)
    assert url("scan", page) in screen
    for said in ("Count the apples.", "94 %", "Tesseract 5.5.4, English", page.source.name):
        assert said in screen


def test_lines_the_engine_was_unsure_of_are_marked(screens, book):
    lines = [{"text": "sure", "confidence": 96}, {"text": "un$ure", "confidence": 41}, "malformed"]
    page = ReadPageFactory(book=book, reading__text="sure\nun$ure", reading__lines=lines)
    screen = shown(screens, page)
    assert '<mark title="41 %">un$ure</mark>' in screen
    assert ">sure</mark>" not in screen


def test_ink_that_no_line_covers_is_announced(screens, book):
    page = ReadPageFactory(book=book, reading__text_may_be_missing=True, reading__missing_ink=0.13)
    assert "Text may be missing here" in shown(screens, page)
    assert "Text may be missing here" not in shown(screens, ReadPageFactory(book=book))


def test_a_page_not_read_yet_has_neither_picture_nor_decision(screens, book):
    page = PageFactory(book=book, ocr_status=OcrStatus.FAILED, ocr_error="The picture is cut off.")
    screen = shown(screens, page)
    assert "The picture is cut off." in screen
    assert "This page was not read yet." in screen
    assert 'data-key="a"' not in screen
    assert url("scan", page) not in screen


def test_a_blank_page_says_so(screens, book):
    page = ReadPageFactory(book=book, reading__text="", reading__confidence=0)
    page.ocr_status = OcrStatus.BLANK
    page.save()
    assert "This page is blank" in shown(screens, page)


def test_keys_are_documented_on_their_buttons(screens, book):
    pages = [ReadPageFactory(book=book) for _ in range(3)]
    screen = shown(screens, pages[1])
    for key, label in (("a", "<kbd>a</kbd>"), ("r", "<kbd>r</kbd>"), ("ArrowLeft", "← 1"), ("ArrowRight", "3 →")):
        assert f'data-key="{key}"' in screen
        assert label in screen


@pytest.mark.parametrize(("decision", "review"), [("approve", PageReview.APPROVED), ("reject", PageReview.REJECTED)])
def test_a_decision_goes_on_to_the_next_page_that_waits(screens, book, admin, decision, review):
    first, second, third = (ReadPageFactory(book=book) for _ in range(3))
    decide(screens, second)
    response = decide(screens, first, decision)
    assert response.redirect_chain == [(url("page", third), 302)]
    first.refresh_from_db()
    assert (first.review, first.reviewed_by) == (review, admin)


def test_a_page_is_rejected_with_a_reason_which_stands_wherever_it_is_met(screens, book, admin):
    page, other = ReadPageFactory(book=book), ReadPageFactory(book=book)
    Comment.objects.create(book=book, page=page, text="Said before.", made_by=admin)
    decide(screens, page, "reject", reason=" Too <dark> ", seen=page.mark)
    page.refresh_from_db()
    assert (page.review, page.comments.last().text) == (PageReview.REJECTED, "Too <dark>")
    assert '<p class="notice bad-notice" id="rejection" dir="auto">Too &lt;dark&gt;</p>' in shown(screens, page)
    assert (
        'title="Rejected. Too &lt;dark&gt;"'
        in screens.get(reverse("admin:books_book_map", args=[book.pk])).content.decode()
    )
    decide(screens, other, "reject")
    decide(screens, other, "approve", reason="Not one of an approval.")
    assert not other.comments.exists()
    decide(screens, page)
    assert 'id="rejection"' not in shown(screens, page)


def test_a_reason_is_not_kept_for_a_page_that_was_decided_meanwhile(screens, book):
    page = ReadPageFactory(book=book)
    decide(screens, page, "reject", reason="Too dark", seen="1/gone")
    page.refresh_from_db()
    assert (page.review, page.comments.count()) == (PageReview.PENDING, 0)


def test_after_the_last_page_the_way_leads_to_those_before_it(screens, book):
    first, second = ReadPageFactory(book=book), ReadPageFactory(book=book)
    assert decide(screens, second).redirect_chain == [(url("page", first), 302)]


def test_when_none_waits_any_more_the_way_leads_to_the_book(screens, book, said):
    response = decide(screens, ReadPageFactory(book=book))
    assert response.redirect_chain == [(reverse("admin:books_book_overview", args=[book.pk]), 302)]
    assert said(response) == ["No page is waiting for review any more."]


def test_a_page_not_read_yet_cannot_be_approved(screens, book, said):
    page = PageFactory(book=book)
    assert "not read yet" in said(decide(screens, page))[0]
    page.refresh_from_db()
    assert page.review == PageReview.PENDING


@pytest.mark.parametrize(("name", "kind"), [("scan", "image/png"), ("thumbnail", "image/jpeg")])
def test_pictures_are_private_and_never_sniffed(screens, book, name, kind):
    response = screens.get(url(name, ReadPageFactory(book=book)))
    assert response["Content-Type"] == kind
    with Image.open(io.BytesIO(response.getvalue())) as picture:
        assert picture.get_format_mimetype() == kind
    assert response["Cache-Control"] == "private, max-age=86400"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["scan", "thumbnail"])
def test_a_picture_that_is_not_in_storage_is_a_404(screens, book, name):
    page = ReadPageFactory(book=book)
    default_storage.delete(page.image_name)
    assert screens.get(url(name, page)).status_code == 404
    assert screens.get(url(name, PageFactory(book=book))).status_code == 404


def test_a_sheet_has_each_page_in_its_place(screens, book):
    """In the order of the numbers that the address names; a page without a picture leaves its place white."""
    pages = [ReadPageFactory(book=book), PageFactory(book=book), ReadPageFactory(book=book), ReadPageFactory(book=book)]
    shades = dict(zip([pages[0], pages[2], pages[3]], (0, 90, 180), strict=True))
    for page, shade in shades.items():
        keep_thumbnail(page.pk, encoded_thumbnail(Image.new("L", (240, 320), shade)))
    lying = {cell.page.pk: cell.thumb for cell in cells_of(book)}
    assert [lying[page.pk] and lying[page.pk].place for page in pages] == [0, None, 2, 3]
    [address] = {each.sheet for each in lying.values() if each}
    response = screens.get(address)
    assert response["Cache-Control"] == "private, max-age=86400"
    with Image.open(io.BytesIO(response.content)) as sheet:
        seen = [sheet.convert("L").getpixel((60, 80 + 160 * place)) for place in range(5)]
    assert seen == pytest.approx([0, 255, 90, 180, 255], abs=4)
    pages[2].reading = ReadingFactory(page=pages[2])
    pages[2].save()
    assert cells_of(book)[0].thumb.sheet != address
    assert screens.get(reverse("admin:books_book_sheet", args=[book.pk]), {"of": "1-99999999999"}).status_code == 400


def test_a_thumbnail_is_made_once(screens, book):
    """Pages that were read before thumbnails were kept have none."""
    page = ReadPageFactory(book=book)
    made = screens.get(url("thumbnail", page)).getvalue()
    default_storage.delete(page.image_name)
    assert screens.get(url("thumbnail", page)).getvalue() == made
