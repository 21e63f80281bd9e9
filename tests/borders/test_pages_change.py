"""Where pages are replaced, inserted, removed and brought back while somebody else does the same."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from books.intake import limits
from books.models import Book, Page, Source
from jobs.models import Job
from jobs.states import JobStatus
from tests.borders.meanwhile import meanwhile
from tests.factories import BookFactory, JobFactory, ReadPageFactory

pytestmark = pytest.mark.django_db(transaction=True)

# Asked for each file that was judged, behind the checks of the request and before its lock.
JUDGED = 'SELECT COUNT(*) AS "__count" FROM "books_source"'
# What the lock on a page asks for, which is more than the view did before.
EDITED = 'LEFT OUTER JOIN "books_reading"'
LOCKED = 'FROM "jobs_job"'


def scan(shade: int) -> BytesIO:
    data = BytesIO()
    Image.new("L", (150, 200), shade).save(data, "PNG")
    data.seek(0)
    data.name = f"p{shade}.png"
    return data


class Person:
    """Signed in, at the API and the screens of one book."""

    def __init__(self, client, book: Book) -> None:
        self.client, self.book = client, book
        self.api = f"/api/books/{book.pk}/pages"
        self.screen = f"/admin/books/book/{book.pk}/pages"

    def add(self, *shades: int):
        return self.client.post(f"{self.api}/bulk", {"files": [scan(shade) for shade in shades]})

    def replace(self, number: int, shade: int):
        content = BytesIO()
        boundary = "bound"
        content.write(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="n.png"\r\n\r\n'.encode())
        content.write(scan(shade).read() + f"\r\n--{boundary}--\r\n".encode())
        kind = f"multipart/form-data; boundary={boundary}"
        return self.client.put(f"{self.api}/{number}/scan", content.getvalue(), content_type=kind)

    def insert(self, at: int, shade: int):
        return self.client.post(f"{self.api}/{at}/insert", {"file": scan(shade)})

    def remove(self, number: int):
        assert self.client.delete(f"{self.api}/{number}").status_code == 204

    def undo(self) -> str:
        return self.client.post(f"{self.screen}/arrange/undo/", follow=True).content.decode()


@pytest.fixture
def person(client, admin) -> Person:
    """At a book of four pages that wait for nobody."""
    client.force_login(admin)
    person = Person(client, BookFactory())
    person.add(1, 2, 3, 4)
    at_rest(person.book)
    return person


def at_rest(book: Book) -> None:
    Job.objects.filter(book=book).update(status=JobStatus.COMPLETED)


def shades(book: Book) -> list[str]:
    return list(Page.objects.filter(book=book).order_by("number").values_list("source__name", flat=True))


def numbers(book: Book) -> list[int]:
    return list(Page.objects.filter(book=book).order_by("number").values_list("number", flat=True))


def files_of(book: Book) -> set[str]:
    return set(default_storage.listdir(f"books/{book.pk}/sources")[1])


def test_a_scan_replaced_beside_its_removal_is_refused_in_words(person):
    """The page was loaded before the lock, so that saving it brought a removed page back under another's number."""
    with meanwhile(lambda: person.remove(2), at=JUDGED):
        answer = person.replace(2, 9)
    assert (answer.status_code, "removed meanwhile" in answer.json()["message"]) == (422, True)
    assert shades(person.book) == ["p1.png", "p3.png", "p4.png"]
    assert files_of(person.book) == {str(source.pk) for source in Source.objects.all()}


def test_a_scan_replaced_beside_a_removal_before_it_is_read_under_its_new_number(person):
    """It got its old number back, which was the next page's by then; and that one was read again."""
    with meanwhile(lambda: person.remove(1), at=JUDGED):
        answer = person.replace(2, 9)
    assert answer.json()["numbers"] == [1]
    assert shades(person.book) == ["n.png", "p3.png", "p4.png"]
    assert Job.objects.get(pk=answer.json()["job_id"]).params["pages"] == [str(Page.objects.get(number=1).pk)]


def test_pages_inserted_beside_a_job_that_begins_leave_nothing(person):
    """The lock was dropped while the file was stored: it stayed at the book's end, without a place and under a job."""
    begins = lambda: JobFactory(book=person.book, kind="extraction", status=JobStatus.RUNNING)  # noqa: E731
    with meanwhile(begins, at=JUDGED):
        answer = person.insert(2, 9)
    assert answer.status_code == 409
    assert shades(person.book) == ["p1.png", "p2.png", "p3.png", "p4.png"]
    assert len(files_of(person.book)) == 4


def test_pages_added_beside_a_job_that_begins_leave_nothing(person):
    """Whether the book may grow was asked before the file was judged, and never again."""
    begins = lambda: JobFactory(book=person.book, kind="extraction", status=JobStatus.RUNNING)  # noqa: E731
    with meanwhile(begins, at=JUDGED):
        answer = person.add(9)
    assert answer.status_code == 409
    assert shades(person.book) == ["p1.png", "p2.png", "p3.png", "p4.png"]


def test_pages_inserted_beside_a_removal_are_counted_from_what_is_left(person):
    def remove() -> None:
        for number in (4, 3, 2):
            person.remove(number)

    with meanwhile(remove, at=JUDGED):
        answer = person.insert(5, 9)
    assert "1 to 2, not 5" in answer.json()["message"]
    assert (shades(person.book), len(files_of(person.book))) == (["p1.png"], 4)


def test_an_inserted_page_that_is_one_too_many_leaves_nothing(person, monkeypatch):
    monkeypatch.setattr(limits, "PAGES_PER_BOOK", 4)
    answer = person.insert(2, 9)
    assert (answer.status_code, "at most 4" in answer.json()["message"]) == (422, True)
    assert (numbers(person.book), len(files_of(person.book))) == ([1, 2, 3, 4], 4)


def test_undoing_a_removal_never_makes_more_pages_than_a_book_may_have(person, monkeypatch):
    """600 pages of at most 500, from which nothing could be read or removed as one."""
    monkeypatch.setattr(limits, "PAGES_PER_BOOK", 5)
    person.remove(2)
    person.add(7, 8)
    at_rest(person.book)
    assert "1 pages would come to 5 others, more than the 5 of a book" in person.undo()
    assert shades(person.book) == ["p1.png", "p3.png", "p4.png", "p7.png", "p8.png"]
    monkeypatch.setattr(limits, "PAGES_PER_BOOK", 6)
    assert "Undone: Page 2 removed" in person.undo()
    assert shades(person.book) == ["p1.png", "p2.png", "p3.png", "p4.png", "p7.png", "p8.png"]


def test_turned_pages_are_read_and_not_those_that_have_their_numbers_now(person):
    """The screen knew them by number, which was another page's when another person had removed one before them."""
    second = Page.objects.get(book=person.book, number=2)
    with meanwhile(lambda: person.remove(1), at=LOCKED):
        person.client.post(f"{person.screen}/arrange/", {"page": [str(second.pk)], "act": "turn:90"})
    assert Job.objects.filter(book=person.book).latest("created_at").params["pages"] == [str(second.pk)]


def test_a_text_typed_for_a_page_that_was_removed_is_refused_in_words(person):
    """A page that is gone was looked for under the lock: 500."""
    read = ReadPageFactory(book=person.book, number=5)
    form = {"text": "typed", "seen": read.reading_id}
    with meanwhile(lambda: person.remove(5), at=EDITED):
        answer = person.client.post(f"/admin/books/book/{person.book.pk}/pages/5/edit/", form, follow=True)
    assert "removed while you had it open" in answer.content.decode()
