"""The review workbench and the page map: who may do what, what it costs, and what each action does."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from books.admin.page_states import STATES
from books.models import OcrStatus, Page, PageReview
from books.models.page import PERSON
from books.ocr.factory import MODEL
from books.ocr.review import next_to_review, review_queue
from books.stored.regions import Region, RegionKind
from jobs.models import Job
from jobs.states import ItemState, JobStatus
from tests.admin.test_books import queries_of
from tests.factories import BookFactory, ItemFactory, JobFactory, PageFactory, ReadingFactory, ReadPageFactory

EVIL = "<script>alert('x')</script><img src=x onerror=\"alert(1)\">"
LONG = "The same words stand on both of these pages, from the first to the last."
VIEW, CHANGE, DECIDE = "books.view_book", "books.change_book", "books.change_page"
ADDRESSES = {
    "books_book_map": ("get", VIEW),
    "books_book_clean": ("get", DECIDE),
    "books_book_pages_decide": ("post", DECIDE),
    "books_book_decision_undo": ("post", DECIDE),
    "books_book_decision_redo": ("post", DECIDE),
    "books_book_page_edit": ("post", DECIDE),
    "books_book_page_restore": ("post", DECIDE),
    "books_book_pages_read": ("post", CHANGE),
    "books_book_read_failed": ("post", CHANGE),
    "books_book_arrange": ("post", CHANGE),
    "books_book_arrange_undo": ("post", CHANGE),
    "books_book_arrange_redo": ("post", CHANGE),
    "books_book_insert": ("post", CHANGE),
}
DATA = {"decision": "approve", "act": "move", "to": "1", "at": "1", "text": "new", "reading": "0"}


def url(name: str, book, *args: int) -> str:
    return reverse(f"admin:{name}", args=[book.pk, *args])


def page_url(name: str, page) -> str:
    return url(f"books_book_{name}", page.book, page.number)


def address(name: str, book) -> str:
    return url(name, book, 1) if "_page_" in name else url(name, book)


def decide(client, page, decision="approve", **data):
    return client.post(page_url("page_decide", page), {"decision": decision, **data}, follow=True)


def reviews(book) -> list[str]:
    return list(book.pages.order_by("number").values_list("review", flat=True))


def shown(client, address: str) -> str:
    return client.get(address).content.decode()


# ---- who may -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ADDRESSES)
def test_each_address_asks_for_its_method_and_its_permission(client, name, book, person):
    ReadPageFactory(book=book, number=1)
    method, permission = ADDRESSES[name]
    there = address(name, book)
    assert getattr(client, method)(there).url.startswith(reverse("admin:login"))
    client.force_login(person(*{VIEW, CHANGE, DECIDE, "books.change_subtopic"} - {permission}))
    assert getattr(client, method)(there, DATA).status_code == 403
    client.force_login(person(permission))
    wrong = "post" if method == "get" else "get"
    assert getattr(client, wrong)(there).status_code == 405
    assert getattr(client, method)(there, DATA).status_code in ((200,) if method == "get" else (302, 404, 409))


@pytest.mark.parametrize("name", ADDRESSES)
def test_another_book_or_none_is_a_404(screens, name):
    method, _ = ADDRESSES[name]
    there = reverse(f"admin:{name}", args=[999_999, 1] if "_page_" in name else [999_999])
    assert getattr(screens, method)(there, DATA).status_code == 404


def test_a_reader_is_offered_nothing_to_do(client, book, person):
    page = ReadPageFactory(book=book)
    client.force_login(person(VIEW))
    for there in (page_url("page", page), url("books_book_map", book)):
        main = shown(client, there).split('id="content"')[1]
        assert 'value="approve"' not in main
        assert "Remove" not in main


# ---- what it costs ---------------------------------------------------------------------------------------------------


def fill(book, count: int) -> None:
    present = book.pages.count()
    job = JobFactory(book=book, status=JobStatus.COMPLETED)
    for number in range(present + 1, present + count + 1):
        page = PageFactory(book=book, number=number)
        Page.objects.filter(pk=page.pk).update(reading=ReadingFactory(page=page), ocr_status=OcrStatus.DONE)
        ItemFactory(job=job, key=str(page.pk), ordinal=number)


@pytest.mark.parametrize("name", ["books_book_map", "books_book_clean", "books_book_page"])
def test_a_screen_costs_the_same_for_5_and_500_pages(screens, book, name):
    there = url(name, book, 3) if name.endswith("_page") else url(name, book)
    fill(book, 5)
    few = queries_of(screens, there)
    fill(book, 495)
    assert queries_of(screens, there) == few


# ---- the map ---------------------------------------------------------------------------------------------------------


def make_states(book) -> dict[str, Page]:
    """A page in each state; the last OCR job has crashed on one and has one in hand."""
    pages = {state: ReadPageFactory(book=book) for state in ("rejected", "approved", "blank", "read")}
    pages |= {state: PageFactory(book=book) for state in ("reading", "waiting", "failed", "quarantined")}
    for state in ("approved", "rejected"):
        Page.objects.filter(pk=pages[state].pk).update(review=state)
    Page.objects.filter(pk=pages["blank"].pk).update(ocr_status=OcrStatus.BLANK)
    broken = [pages["failed"].pk, pages["quarantined"].pk]
    Page.objects.filter(pk__in=broken).update(ocr_status=OcrStatus.FAILED, ocr_error="It is torn.")
    old = JobFactory(book=book, status=JobStatus.COMPLETED)
    ItemFactory(job=old, key=str(pages["failed"].pk), state=ItemState.FAILED, error_kind="crash", attempts=2)
    job = JobFactory(book=book)
    later = "2030-01-01T00:00:00Z"
    ItemFactory(job=job, key=str(pages["reading"].pk), state=ItemState.LEASED, lease_expires_at=later)
    ItemFactory(job=job, key=str(pages["failed"].pk), state=ItemState.FAILED, error_kind="terminal", attempts=5)
    ItemFactory(job=job, key=str(pages["quarantined"].pk), state=ItemState.FAILED, error_kind="crash", attempts=2)
    return pages


def test_every_state_has_its_colour_letter_and_word(screens, book):
    pages = make_states(book)
    assert set(pages) == set(STATES)
    content = shown(screens, url("books_book_map", book))
    for state, page in pages.items():
        letter, label = STATES[state]
        tile = content.split(f'href="{page_url("page", page)}"')[1].split("</li>")[0]
        assert f'<b aria-hidden="true">{letter}</b><span class="visually-hidden">{label}</span>' in tile
        assert f'tile tile-{state}"' in content
    assert "5 attempts" in content
    assert "It is torn." in content


def test_the_map_of_a_book_at_work_has_no_body_without_news(screens, book):
    job = JobFactory(book=book)
    ReadPageFactory(book=book)
    mark = shown(screens, url("books_book_map", book)).split('data-busy="')[1].split('"')[0]
    answer = screens.get(url("books_book_map", book), headers={"X-Mark": mark})
    assert (answer.status_code, answer.content) == (204, b"")
    Job.objects.filter(pk=job.pk).update(completed_items=1)
    assert screens.get(url("books_book_map", book), headers={"X-Mark": mark}).status_code == 200
    Job.objects.filter(pk=job.pk).update(status=JobStatus.CANCELLED, completed_at=job.created_at)
    assert "data-busy" not in shown(screens, url("books_book_map", book))


def test_filters_count_and_show(screens, book):
    make_states(book)
    ReadPageFactory(book=book, reading__confidence=60, reading__text_may_be_missing=True)
    for _ in range(2):
        ReadPageFactory(book=book, reading__text=LONG)
    expected = {"all": 11, "review": 5, "missing": 1, "doubtful": 1, "failed": 2, "blank": 1, "rejected": 1,
                "duplicates": 2}  # fmt: skip
    for name, count in expected.items():
        content = shown(screens, url("books_book_map", book) + f"?show={name}")
        assert content.count('<li class="tile') == count, name
        assert 'aria-current="page">' in content
    assert shown(screens, url("books_book_map", book) + "?show=<b>").count('<li class="tile') == 11


def test_pages_with_the_same_text_are_pointed_out_but_short_and_blank_ones_are_not(screens, book):
    for text in (LONG, f"{LONG.upper()}\n", "Notes", "Notes", "", ""):
        ReadPageFactory(book=book, reading__text=text)
    content = shown(screens, url("books_book_map", book))
    assert content.count("Same text as page") == 4
    assert "was it scanned twice?" in shown(screens, url("books_book_page", book, 2))
    assert "was it scanned twice?" not in shown(screens, url("books_book_page", book, 4))


def test_chosen_pages_are_decided_read_and_moved(screens, book, said):
    pages = [ReadPageFactory(book=book, reading__text=f"text {n}") for n in range(4)]
    chosen = {"page": [str(pages[1].pk), str(pages[3].pk), "nonsense"]}
    screens.post(url("books_book_pages_decide", book), chosen | {"decision": "reject"})
    assert reviews(book) == ["pending", "rejected", "pending", "rejected"]
    screens.post(url("books_book_arrange", book), chosen | {"act": "move", "to": "1"})
    assert list(book.pages.order_by("number")) == [pages[1], pages[3], pages[0], pages[2]]
    response = screens.post(url("books_book_arrange_undo", book), follow=True)
    assert said(response)[-1] == "Undone: Pages 2, 4 moved to 1."
    screens.post(url("books_book_arrange", book), chosen | {"act": "remove"})
    assert book.pages.count() == 2
    screens.post(url("books_book_arrange_undo", book))
    screens.post(url("books_book_pages_read", book), chosen)
    assert book.jobs.get().params == {"pages": [str(pages[1].pk), str(pages[3].pk)]}


def test_a_page_is_read_again_with_the_chosen_engine(screens, book, said):
    page = ReadPageFactory(book=book)
    there = url("books_book_pages_read", book)
    back = {"page": page.pk, "next": page_url("page", page)}
    response = screens.post(there, back | {"engine": "abacus"}, follow=True)
    assert "cannot be read with abacus" in said(response)[-1]
    response = screens.post(there, back | {"engine": "tesseract"}, follow=True)
    assert response.redirect_chain == [(page_url("page", page), 302)]
    assert said(response)[-1] == "1 page is being read again."
    assert book.jobs.get().params == {"pages": [str(page.pk)], "engine": "tesseract"}
    assert "wait for it or cancel it" in said(screens.post(there, back, follow=True))[-1]


def test_turned_pages_are_read_at_once(screens, book):
    page = ReadPageFactory(book=book)
    screens.post(url("books_book_arrange", book), {"page": page.pk, "act": "turn:90"})
    page.refresh_from_db()
    assert page.rotation == 90
    assert book.jobs.get().items.get().key == str(page.pk)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"act": "remove"}, "Choose pages of this book"),
        ({"act": "move", "to": "x"}, "at which page number"),
        ({"act": "turn:45"}, "90, 180 or 270"),
    ],
)
def test_a_refused_arrangement_says_why(screens, book, said, data, sentence):
    page = ReadPageFactory(book=book)
    sent = data if data["act"] == "remove" else data | {"page": page.pk}
    assert sentence in said(screens.post(url("books_book_arrange", book), sent, follow=True))[0]
    assert book.pages.count() == 1


def test_an_unknown_action_is_a_bad_request(screens, book):
    for name in ("books_book_arrange", "books_book_pages_decide"):
        assert screens.post(url(name, book), {"act": "x", "decision": "x"}).status_code == 400


def test_all_failed_pages_are_read_again(screens, book):
    ReadPageFactory(book=book)
    failed = PageFactory(book=book, ocr_status=OcrStatus.FAILED, ocr_error="Torn.")
    PageFactory(book=book)
    screens.post(url("books_book_read_failed", book))
    assert book.jobs.get().params == {"pages": [str(failed.pk)]}


def test_a_page_is_inserted_and_read(screens, book):
    for _ in range(2):
        ReadPageFactory(book=book)
    picture = BytesIO()
    Image.new("L", (150, 200), 255).save(picture, "PNG")
    files = [SimpleUploadedFile("new.png", picture.getvalue()), SimpleUploadedFile("<b>.png", b"no")]
    response = screens.post(url("books_book_insert", book), {"files": files, "at": "2"}, follow=True)
    assert book.pages.get(number=2).source.name == "new.png"
    assert book.jobs.get().items.get().label == "2"
    assert "<b>.png" not in response.content.decode()


# ---- clean pages -----------------------------------------------------------------------------------------------------


def test_clean_pages_are_counted_before_they_are_approved(screens, book):
    clean = [ReadPageFactory(book=book, reading__confidence=80), ReadPageFactory(book=book)]
    ReadPageFactory(book=book, reading__confidence=79.9)
    ReadPageFactory(book=book, reading__text_may_be_missing=True)
    for text in (LONG, LONG):
        ReadPageFactory(book=book, reading__text=text)
    ReadPageFactory(book=book, ocr_error="It could not be read again.")
    Page.objects.filter(pk=ReadPageFactory(book=book).pk).update(ocr_status=OcrStatus.BLANK)
    PageFactory(book=book)
    preview = shown(screens, url("books_book_clean", book))
    assert "Approve 2 pages" in preview
    assert "6 read pages would still wait for you" in preview
    assert book.pages.filter(review=PageReview.APPROVED).count() == 0
    listed = re.findall('name="page" value="([^"]*)"', preview)
    screens.post(url("books_book_pages_decide", book), {"page": listed, "decision": "approve"})
    assert list(book.pages.filter(review=PageReview.APPROVED).order_by("number")) == clean
    screens.post(url("books_book_decision_undo", book))
    assert set(reviews(book)) == {"pending"}


def test_clean_pages_that_deserve_a_look_are_named_before_they_are_approved(screens, book):
    unsure = {"text": "64 + 8 = 8", "confidence": 91, "unsure": [[0, 2, 60], [3, 4, 41]], "words": []}
    formula = [Region(RegionKind.FORMULA, (0, 0, 9, 9))]
    ReadPageFactory(book=book)
    assert "look-first" not in shown(screens, url("books_book_clean", book))
    ReadPageFactory(book=book, reading__text="64 + 8 = 8", reading__lines=[unsure], reading__regions=formula)
    ReadPageFactory(book=book, reading__regions=formula, reading__text="Divide the apples.")
    ReadPageFactory(book=book, reading__regions=formula, reading__engine=MODEL, reading__text="Divide pears.")
    words = " ".join(shown(screens, url("books_book_clean", book)).split())
    assert "1 page has doubtful words." in words
    assert "2 pages have formulas, tables or figures" in words
    listed = words.partition('id="look-first"')[2].partition("<form")[0]
    addresses = [url("books_book_page", book, number) for number in (2, 3)]
    assert re.findall('href="([^"]*)"', listed) == addresses
    assert "2 doubtful words, formulas" in listed


def test_a_page_that_somebody_corrected_is_not_called_unseen(screens, book):
    ReadPageFactory(book=book)
    ReadPageFactory(book=book, reading__engine=PERSON)
    words = " ".join(shown(screens, url("books_book_clean", book)).split())
    assert '<strong>1 page</strong> would be approved without being looked at: <span class="numbers">1</span>' in words
    assert '<strong>1 page</strong> would be approved that somebody corrected: <span class="numbers">2</span>' in words
    assert "Approve 2 pages" in words


def test_a_page_read_since_the_preview_is_not_approved_with_it(screens, book):
    page, other = ReadPageFactory(book=book), ReadPageFactory(book=book)
    listed = [each.as_seen for each in Page.objects.filter(pk__in=[page.pk, other.pk])]
    Page.objects.filter(pk=page.pk).update(reading=ReadingFactory(page=page, text="Another text."))
    screens.post(url("books_book_pages_decide", book), {"page": listed, "decision": "approve"})
    assert reviews(book) == ["pending", "approved"]


def test_the_last_clean_pages_are_approved_and_guidelines_begun_in_one_act(screens, book, person):
    page, waiting = ReadPageFactory(book=book), PageFactory(book=book)
    form = {"page": page.as_seen, "decision": "approve", "then": "generate"}
    assert "approve-generate" not in shown(screens, url("books_book_clean", book))
    waiting.delete()
    assert "approve-generate" in shown(screens, url("books_book_clean", book))
    reviewer = Client()
    reviewer.force_login(person("books.view_book", "books.change_page"))
    assert "approve-generate" not in shown(reviewer, url("books_book_clean", book))
    assert reviewer.post(url("books_book_pages_decide", book), form).status_code == 403
    assert reviews(book) == ["pending"]
    assert screens.post(url("books_book_pages_decide", book), form).url == url("books_book_overview", book)
    assert reviews(book) == ["approved"]
    assert book.jobs.get().kind == "extraction"


# ---- one page --------------------------------------------------------------------------------------------------------


def test_pages_that_may_miss_text_come_first(screens, book):
    first, flagged, third = (
        ReadPageFactory(book=book, reading__text_may_be_missing=missing) for missing in (False, True, False)
    )
    assert list(review_queue(book)) == [flagged, first, third]
    assert next_to_review(flagged) == first.number
    assert next_to_review(first) == third.number
    assert next_to_review(third) == flagged.number
    assert page_url("page", flagged) in shown(screens, url("books_book_overview", book))
    assert decide(screens, flagged).redirect_chain == [(page_url("page", first), 302)]


def test_decisions_are_undone_one_after_the_other(screens, book, said, admin):
    first, second, _third = (ReadPageFactory(book=book) for _ in range(3))
    decide(screens, first)
    response = decide(screens, second, "reject")
    assert "Page 2 rejected." in response.content.decode()
    content = response.content.decode()
    assert content.index('id="approve"') < content.index('data-key="u"'), "the buttons stay where they were"
    undo = url("books_book_decision_undo", book)
    response = screens.post(undo, follow=True)
    assert response.redirect_chain == [(page_url("page", second), 302)]
    assert reviews(book) == ["approved", "pending", "pending"]
    screens.post(undo)
    assert reviews(book) == ["pending"] * 3
    assert "no decision to undo" in said(screens.post(undo, follow=True))[-1]
    first.refresh_from_db()
    assert (first.reviewed_by, first.reviewed_at) == (None, None)


def test_the_reason_of_a_rejection_goes_and_comes_with_it(screens, book):
    page = ReadPageFactory(book=book)
    decide(screens, page, "reject", reason="Too dark")
    assert "Too dark" in shown(screens, page_url("page", page))
    screens.post(url("books_book_decision_undo", book))
    assert "Too dark" not in shown(screens, page_url("page", page))
    screens.post(url("books_book_decision_redo", book))
    assert 'id="rejection" dir="auto">Too dark' in shown(screens, page_url("page", page))


def test_undo_leaves_what_was_decided_again_since(screens, book, said):
    page = ReadPageFactory(book=book)
    decide(screens, page)
    Page.objects.filter(pk=page.pk).update(review=PageReview.PENDING)
    response = screens.post(url("books_book_decision_undo", book), follow=True)
    assert "nothing was undone" in said(response)[0]


def test_only_the_text_that_was_seen_can_be_approved(screens, book, said):
    page = ReadPageFactory(book=book)
    seen = page.reading_id
    Page.objects.filter(pk=page.pk).update(reading=ReadingFactory(page=page, text="Another text."))
    response = decide(screens, page, seen=seen)
    assert "another text while you had it open" in said(response)[0]
    assert reviews(book) == ["pending"]


def test_a_form_is_about_the_page_that_it_was_filled_in_over_wherever_that_stands_now(screens, book):
    """By its number it was another page's conflict, or not found, or decided on what nobody had seen."""
    first, second, third = (ReadPageFactory(book=book, reading__text=f"Text {at}") for at in (1, 2, 3))
    edit_of_second, edit_of_third, marks = page_url("page_edit", second), page_url("page_edit", third), second.mark
    screens.post(url("books_book_arrange", book), {"act": "remove", "page": str(first.pk)})
    answer = screens.post(edit_of_third, {"text": "Mine", "seen": third.reading_id})
    assert answer.url == url("books_book_page", book, 2)
    screens.post(url("books_book_page_decide", book, 2), {"decision": "approve", "seen": marks})
    third.refresh_from_db()
    second.refresh_from_db()
    assert (third.reading.text, third.review, second.review) == ("Mine", PageReview.PENDING, PageReview.APPROVED)
    screens.post(url("books_book_arrange", book), {"act": "remove", "page": str(second.pk)})
    assert screens.post(edit_of_second, {"text": "Lost?", "seen": second.reading_id}).status_code == 404
    third.refresh_from_db()
    assert (third.number, third.reading.text) == (1, "Mine")


def test_an_edit_is_saved_shown_and_restored(screens, book):
    page = ReadPageFactory(book=book, reading__text="Cuont the apples.")
    old = page.reading_id
    screens.post(page_url("page_edit", page), {"text": "Count the apples.", "seen": old})
    content = shown(screens, page_url("page", page))
    assert "Count the apples." in content
    assert '<dd title="ada">ada</dd>' in content
    assert "Restore this text" in content
    page.refresh_from_db()
    screens.post(page_url("page_restore", page), {"reading": old, "seen": page.reading_id})
    page.refresh_from_db()
    assert page.reading.text == "Cuont the apples."
    wrong = {"reading": ReadPageFactory(book=book).reading_id, "seen": page.reading_id}
    assert screens.post(page_url("page_restore", page), wrong).status_code == 404


def test_a_refused_edit_is_shown_beside_the_text_that_came_first(screens, book, said):
    page = ReadPageFactory(book=book)
    seen = page.reading_id
    screens.post(page_url("page_edit", page), {"text": "Theirs.", "seen": seen})
    response = screens.post(page_url("page_edit", page), {"text": "Mine.", "seen": seen})
    assert response.status_code == 409
    assert "Yours is not saved" in said(response)[-1]
    assert "\nMine.</textarea>" in response.content.decode()
    page.refresh_from_db()
    assert page.reading.text == "Theirs."


def test_lines_are_saved_without_those_that_were_emptied_and_approved_at_once(screens, book):
    page = ReadPageFactory(book=book, reading__text="On\n\nTow\n|||")
    posted = {"line": ["One", " ", "Two", ""], "seen": page.reading_id, "then": "approve"}
    assert screens.post(page_url("page_edit", page), posted).status_code == 302
    page.refresh_from_db()
    assert (page.reading.text, page.review) == ("One\n\nTwo", "approved")


def test_a_draft_goes_from_one_mode_to_the_other_with_its_strips_and_is_saved_nowhere(screens, book):
    line = {"text": "Cuont", "confidence": 60, "box": [100, 50, 300, 90]}
    page = ReadPageFactory(book=book, reading__text="Cuont", reading__lines=[line])
    strip = '<svg class="scan-strip" viewBox="80 30 240 80"'
    Page.objects.filter(pk=page.pk).update(image_width=800, image_height=1000)
    assert strip in shown(screens, page_url("page", page) + "?edit=lines")
    seen = page.reading_id
    Page.objects.filter(pk=page.pk).update(reading=ReadingFactory(page=page, text="Theirs", lines=[line]))
    switched = screens.post(page_url("page_edit", page), {"text": "Count $x$", "seen": seen, "show": "lines"})
    content = switched.content.decode()
    assert 'value="Count $x$"' in content
    assert strip in content
    assert f'name="seen" value="{seen}"' in content
    assert page.readings.count() == 2


def test_who_may_not_edit_gets_no_editor(people, book):
    page = ReadPageFactory(book=book)
    content = shown(people["u"], page_url("page", page) + "?edit=text")
    assert content.count("<textarea") == content.count('id="comment-text"')


def test_doubtful_words_and_the_places_of_lines_are_shown(screens, book):
    line = {"text": "clear bluned end", "confidence": 80, "box": [10, 20, 110, 40], "block": 0, "unsure": [[6, 12, 41]]}
    page = ReadPageFactory(book=book, reading__text="clear bluned end", reading__lines=[line])
    content = shown(screens, page_url("page", page))
    assert 'clear <mark title="41 %">bluned</mark> end' in content
    assert '<rect data-line="1" x="10" y="20" width="100" height="20">' in content


def test_strangers_words_are_escaped_on_every_screen(screens, book):
    lines = [{"text": EVIL, "confidence": 10, "box": [EVIL, 0, 1, 1], "unsure": [[0, 8, 5]]}]
    page = ReadPageFactory(book=book, reading__text=f"{EVIL}\n{EVIL}{LONG}", reading__lines=lines, ocr_error=EVIL)
    ReadPageFactory(book=book, reading__text=f"{EVIL}\n{EVIL}{LONG}")
    screens.post(page_url("page_edit", page), {"text": EVIL, "seen": page.reading_id})
    own = page_url("page", page)
    for there in (
        own,
        f"{own}?edit=lines",
        f"{own}?edit=text",
        url("books_book_map", book),
        url("books_book_clean", book),
    ):
        content = shown(screens, there)
        assert "<script>alert" not in content
        assert "<img src=x" not in content


def test_the_text_of_another_book_is_no_duplicate(screens, book):
    ReadPageFactory(book=book, reading__text=LONG)
    ReadPageFactory(book=BookFactory(), reading__text=LONG)
    assert "Same text" not in shown(screens, url("books_book_map", book))
