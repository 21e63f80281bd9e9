"""Pages moved, inserted, removed and turned: texts, approvals and citations stay with their page, and undo is exact."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from books.errors import ArrangementRefused
from books.extraction.contents import entries_of
from books.extraction.outline_ops import placed_subtopics, with_ids, with_numbers
from books.extraction.records import digests_of, stored_digest
from books.guidelines.changes import change, undo
from books.intake.order import delete_pages, insert_pages, move_pages, rotate_pages, undo_last
from books.intake.store import Upload, add_files
from books.models import (
    Arrangement,
    Book,
    Contents,
    OcrStatus,
    Page,
    PageDigest,
    PageReview,
    Reading,
    Source,
    StoredOutline,
    Subtopic,
)
from books.models.page import page_numbers
from books.ocr.review import approve_pages
from books.publishing.files.export import book_markdown
from books.retention import tidy
from books.stored.guideline import Part, Statement
from books.stored.outline import ContentsLine
from books.structure.base import Digest, Outline, SubtopicPlan, TopicPlan
from jobs import clock
from jobs.errors import JobAlreadyActive
from jobs.states import JobStatus
from tests.factories import (
    BookFactory,
    JobFactory,
    PageFactory,
    ReadingFactory,
    ReadPageFactory,
    SubtopicFactory,
    TopicFactory,
    ids,
    pages_of,
    shown,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def book() -> Book:
    return book_of(10)


def book_of(count: int) -> Book:
    """Pages "text 1" to "text N", approved and digested; subtopics of three pages, each of which is cited once."""
    book = BookFactory()
    for number in range(1, count + 1):
        page = ReadPageFactory(book=book, number=number, reading__text=f"text {number}")
        data = stored_digest(Digest(page=number, summary=(f"text {number}",)))
        PageDigest.objects.create(page=page, fingerprint="f", data=data)
    lines = tuple(ContentsLine(f"text {at}", 1, scan=page) for at, page in enumerate(ids(book, range(1, count + 1)), 1))
    Contents.objects.create(book=book, entries=lines, changed_at=clock.now())
    approve_pages(book)
    plans = [
        SubtopicPlan(f"Part {first}", first, min(first + 2, count), start_line=f"text {first}")
        for first in range(1, count + 1, 3)
    ]
    outline = Outline((TopicPlan("All", 1, count, tuple(plans)),), front_matter=(1,))
    cut = with_ids(outline, page_numbers(book.pk))
    StoredOutline.objects.create(book=book, windows=1, fingerprint="o", data=cut)
    topic = TopicFactory(book=book)
    for sequence, placed in enumerate(placed_subtopics(cut), start=1):
        pages = page_numbers(book.pk).numbers(placed.plan.pages)
        statements = [{"text": f"text {page}", "pages": [page]} for page in pages]
        SubtopicFactory(
            topic=topic, sequence=sequence, key=placed.key, title=placed.plan.title, pages=pages,
            guideline={"objective": statements, "concepts": [{"text": "all", "pages": pages}]},
        )  # fmt: skip
    return book


def scan(shade: int) -> BytesIO:
    data = BytesIO()
    Image.new("L", (150, 200), shade).save(data, "PNG")
    data.seek(0)
    return data


def page(book: Book, number: int) -> Page:
    return Page.objects.get(book=book, number=number)


def texts(book: Book) -> list[str]:
    """In order; "" for a page that was not read."""
    pages = Page.objects.filter(book=book).select_related("reading").order_by("number")
    return [each.reading.text if each.reading else "" for each in pages]


def facts(book: Book) -> dict[str, object]:
    """Everything that an arrangement may change and its undo must restore."""
    return {
        "pages": list(Page.objects.filter(book=book).order_by("number").values("pk", "number", "rotation", "review",
            "reviewed_at", "ocr_status", "reading")),
        "subtopics": list(Subtopic.objects.filter(topic__book=book).order_by("pk").values()),
        "topics": list(book.topics.values()),
        "outlines": list(book.outlines.values()),
        "contents": Contents.objects.get(book=book).entries,
        "shown": [shown(row) for row in Subtopic.objects.filter(topic__book=book).order_by("pk")],
        "digests": list(PageDigest.objects.filter(page__book=book).order_by("pk").values()),
    }  # fmt: skip


def check_consistent(book: Book) -> None:
    """Numbers run from 1, and every statement cites the page whose text it repeats, or none where that is removed."""
    there = texts(book)
    assert list(book.pages.order_by("number").values_list("number", flat=True)) == list(range(1, len(there) + 1))
    for subtopic in Subtopic.objects.filter(topic__book=book):
        said = shown(subtopic)
        for statement in said["objective"]:
            is_there = statement["text"] in there
            assert statement["pages"] == ([there.index(statement["text"]) + 1] if is_there else [])
            assert statement.get("findings", []) == ([] if is_there else ["page_removed"])
        cited = sorted(number for each in said["objective"] for number in each["pages"])
        assert pages_of(subtopic) == cited == said["concepts"][0]["pages"]
    for line in entries_of(Contents.objects.get(book=book)):
        assert line.scan == (there.index(line.title) + 1 if line.title in there else None)
    outline = StoredOutline.objects.get(book=book).data
    keys = list(Subtopic.objects.filter(topic__book=book).order_by("sequence").values_list("key", flat=True))
    assert keys == [placed.key for placed in placed_subtopics(outline)]
    for plan in with_numbers(outline, page_numbers(book.pk)).topics[0].subtopics:
        assert there[plan.first_page - 1].startswith("text ")
    for digest in digests_of(book.pk):
        assert digest.summary == (there[digest.page - 1],)


def test_moved_pages_take_text_approval_and_citations_along(book):
    before = facts(book)
    move_pages(book, [page(book, 2), page(book, 9)], to=5)
    assert texts(book)[3:7] == ["text 5", "text 2", "text 9", "text 6"]
    assert not book.pages.exclude(review=PageReview.APPROVED).exists()
    check_consistent(book)
    assert undo_last(book).sentence == "Pages 2, 9 moved to 5"
    assert facts(book) == before


def test_nothing_is_rewritten_and_what_was_changed_before_can_still_be_undone(book):
    """Page numbers stood in every row: each move rewrote them all and closed all changes before it."""
    with change(book.pk, "Renamed") as made:
        row = Subtopic.objects.get(title="Part 4")
        row.title = "Renamed"
        row.save()
    rows = {"subtopics", "topics", "outlines", "contents", "digests"}
    before = {name: found for name, found in facts(book).items() if name in rows}
    move_pages(book, [page(book, 5)], to=1)
    assert {name: found for name, found in facts(book).items() if name in rows} == before
    undo(made.pk, user=None)
    assert pages_of(Subtopic.objects.get(title="Part 4")) == [1, 5, 6]


def test_a_removed_page_frees_its_number_and_comes_back_with_all_it_had(book):
    before = facts(book)
    removed = page(book, 5)
    delete_pages(book, [removed])
    assert texts(book)[3:6] == ["text 4", "text 6", "text 7"]
    assert page(book, 5) != removed
    check_consistent(book)
    assert default_storage.exists(removed.image_name)
    undo_last(book)
    assert facts(book) == before


def test_a_subtopic_all_of_whose_pages_are_removed_says_so_and_comes_back(book):
    before = facts(book)
    delete_pages(book, [page(book, number) for number in (4, 5, 6, 7, 8, 9)])
    emptied = Subtopic.objects.get(title="Part 4")
    assert pages_of(emptied) == []
    assert "All its pages were removed" in book_markdown(book)
    undo_last(book)
    assert facts(book) == before


def test_a_guideline_edited_since_gets_back_the_citations_of_what_is_left(book):
    delete_pages(book, [page(book, 5)])
    subtopic = Subtopic.objects.get(title="Part 4")
    own = Statement("In a person's words.", ids(book, [4]))
    subtopic.guideline[Part.OBJECTIVE] = (own, *subtopic.guideline[Part.OBJECTIVE][1:])
    with change(book.pk, "Edited"):
        subtopic.save()
    undo_last(book)
    subtopic.refresh_from_db()
    assert [each["pages"] for each in shown(subtopic)["objective"]] == [[4], [5], [6]]
    assert shown(subtopic)["objective"][0]["text"] == "In a person's words."
    assert pages_of(subtopic) == [4, 5, 6]


def test_inserted_pages_stand_where_they_were_put(book):
    before = facts(book)
    receipt, _ = insert_pages(book, [Upload("a.png", scan(1)), Upload("b.png", scan(2))], at=3)
    assert receipt.pages == 2
    assert texts(book)[1:5] == ["text 2", "", "", "text 3"]
    check_consistent(book)
    undo_last(book)
    assert facts(book) == before
    assert Page.every.filter(book=book, removed_at__isnull=False).count() == 2


def test_pages_uploaded_since_stay_at_the_end(book):
    delete_pages(book, [page(book, 1)])
    add_files(book, [Upload("late.png", scan(3))])
    undo_last(book)
    assert texts(book)[0] == "text 1"
    assert texts(book)[-1] == ""
    check_consistent(book)


def test_a_file_of_a_removed_page_is_refused_with_the_way_to_it(book):
    add_files(book, [Upload("x.png", scan(4))])
    delete_pages(book, [page(book, 11)])
    (error,) = add_files(book, [Upload("x.png", scan(4))]).refused
    assert "removed" in error.message


def test_a_turned_page_waits_for_ocr_and_approval(book):
    before = facts(book)
    rotate_pages(book, [page(book, 2)], 270)
    turned = page(book, 2)
    assert (turned.rotation, turned.ocr_status, turned.review) == (270, OcrStatus.WAITING, PageReview.PENDING)
    rotate_pages(book, [turned], 180)
    assert page(book, 2).rotation == 90
    undo_last(book)
    undo_last(book)
    assert facts(book) == before


def test_a_page_is_turned_from_how_it_is_shown(book):
    """Its engine had turned it wrongly."""
    turned = page(book, 2)
    Reading.objects.filter(pk=turned.reading_id).update(rotation=180)
    rotate_pages(book, [turned], 90)
    assert page(book, 2).rotation == 270
    undo_last(book)
    assert page(book, 2).rotation is None


def test_a_page_read_since_it_was_turned_is_read_once_more_after_undo(book):
    rotate_pages(book, [page(book, 2)], 90)
    turned = page(book, 2)
    turned.reading, turned.ocr_status = ReadingFactory(page=turned), OcrStatus.DONE
    turned.save()
    undo_last(book)
    assert (page(book, 2).rotation, page(book, 2).ocr_status) == (None, OcrStatus.WAITING)


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.STALE])
def test_nothing_moves_while_a_job_is_active(book, status):
    delete_pages(book, [page(book, 10)])
    before = facts(book)
    JobFactory(book=book, status=status)
    for act in (
        lambda: move_pages(book, [page(book, 1)], to=2),
        lambda: delete_pages(book, [page(book, 1)]),
        lambda: insert_pages(book, [Upload("a.png", scan(1))], at=1),
        lambda: rotate_pages(book, [page(book, 1)], 90),
        lambda: undo_last(book),
    ):
        with pytest.raises(JobAlreadyActive, match="when it is over"):
            act()
    assert facts(book) == before
    assert Arrangement.objects.count() == 1


def test_what_makes_no_sense_is_refused(book):
    with pytest.raises(ArrangementRefused, match="nothing to undo"):
        undo_last(book)
    with pytest.raises(ArrangementRefused, match="1 to 10"):
        move_pages(book, [page(book, 1)], to=11)
    with pytest.raises(ArrangementRefused, match="1 to 11"):
        insert_pages(book, [Upload("a.png", scan(1))], at=12)
    with pytest.raises(ArrangementRefused, match="pages of this book"):
        delete_pages(book, [PageFactory()])
    with pytest.raises(ArrangementRefused, match="90, 180 or 270"):
        rotate_pages(book, [page(book, 1)], 45)
    assert book.pages.count() == 10


@pytest.mark.django_db(transaction=True)
def test_removed_pages_are_purged_after_thirty_days_with_their_files(book):
    add_files(book, [Upload("x.png", scan(4))])
    gone, kept = page(book, 11), page(book, 10)
    delete_pages(book, [kept])
    delete_pages(book, [page(book, 10)])
    assert tidy()["books_page"] == 0
    Page.every.filter(pk=gone.pk).update(removed_at=clock.now() - timedelta(days=31))
    source = gone.source
    assert tidy()["books_page"] == 1
    assert not default_storage.exists(source.storage_name)
    assert not Source.objects.filter(pk=source.pk).exists()
    assert Page.every.filter(pk=kept.pk).exists()
    undo_last(book)
    undo_last(book)
    assert book.pages.count() == 10


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["move", "delete", "insert", "undo"]),
        st.lists(st.integers(0, 19), min_size=1, max_size=3),
        st.integers(0, 19),
    ),
    max_size=8,
)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_any_sequence_keeps_numbers_texts_and_citations(steps, db):
    book = book_of(7)
    states = [facts(book)]
    for shade, (act, chosen, place) in enumerate(steps):
        count = book.pages.count()
        pages = [page(book, each % count + 1) for each in chosen] if count else []
        if act == "undo" and len(states) > 1:
            undo_last(book)
            states.pop()
            assert facts(book) == states[-1]
        elif act == "insert":
            insert_pages(book, [Upload("p.png", scan(shade))], at=place % (count + 1) + 1)
            states.append(facts(book))
        elif act == "move" and pages:
            move_pages(book, pages, to=place % (count + 1 - len({each.pk for each in pages})) + 1)
            states.append(facts(book))
        elif act == "delete" and pages:
            delete_pages(book, pages)
            states.append(facts(book))
        check_consistent(book)
    while len(states) > 1:
        undo_last(book)
        states.pop()
        assert facts(book) == states[-1]
