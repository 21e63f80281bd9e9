"""An upload in many requests: the announced order holds whatever arrives first, twice, never or broken."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from itertools import permutations

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from books.errors import UploadRejected
from books.intake import limits
from books.intake.delivery import Announced, announce, close, take
from books.intake.store import Upload, add_files
from books.models import Book, Delivery, ExpectedFile, Source
from jobs import clock
from jobs.errors import JobAlreadyActive
from jobs.models import Job
from jobs.sweep import sweep
from tests.intake.samples import page, pdf, saved

pytestmark = pytest.mark.django_db(transaction=True)

BAD = b"not an image"


def png(seed: int) -> bytes:
    return saved("PNG", page(seed=seed))


@pytest.fixture
def book() -> Book:
    return Book.objects.create(title="A book")


class Sent:
    """An announced upload; ``send`` takes one of its files by name."""

    def __init__(self, book: Book, user, files: dict[str, bytes], *, knows_sums: bool = True) -> None:
        self.files = files
        rows = [
            Announced(name, len(data), sha256(data).hexdigest() if knows_sums else "") for name, data in files.items()
        ]
        self.delivery, self.answers = announce(book, rows, user=user)
        self.ids = {answer.name: answer.expected.pk for answer in self.answers if answer.expected}

    def send(self, name: str, data: bytes | None = None) -> None:
        take(self.delivery, self.ids[name], BytesIO(self.files[name] if data is None else data))

    @property
    def states(self) -> list[str]:
        return [answer.state for answer in self.answers]


def names(book: Book) -> list[str]:
    return list(book.pages.order_by("number").values_list("source__name", flat=True))


def stored_files(book: Book) -> set[str]:
    return set(default_storage.listdir(f"books/{book.pk}/sources")[1])


@pytest.mark.parametrize("order", ["".join(order) for order in permutations("abcd")])
def test_whatever_the_order_of_arrival(book, admin, order):
    """The second is refused, the third has two pages."""
    sent = Sent(book, admin, {"a": png(1), "b": BAD, "c": pdf("one", "two"), "d": png(2)})
    for name in order:
        if name == "b":
            with pytest.raises(UploadRejected, match="b: This is not an image"):
                sent.send(name)
        else:
            sent.send(name)
    assert names(book) == ["a", "c", "c", "d"]
    assert list(book.pages.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4]
    assert close(sent.delivery) == []
    assert not Delivery.objects.exists()
    assert len(stored_files(book)) == 3


def test_a_page_is_never_renumbered(book, admin):
    sent = Sent(book, admin, {"a": png(1), "b": png(2), "c": png(3)})
    sent.send("c")
    assert names(book) == []
    sent.send("a")
    assert names(book) == ["a"]
    sent.send("b")
    assert names(book) == ["a", "b", "c"]


def test_taking_a_file_twice_changes_nothing(book, admin):
    sent = Sent(book, admin, {"a": png(1), "b": png(2), "bad": BAD})
    for _ in range(2):
        sent.send("b")  # held
    for _ in range(2):
        sent.send("a")  # a page
    for _ in range(2):
        with pytest.raises(UploadRejected, match="not an image"):
            sent.send("bad")
    assert names(book) == ["a", "b"]


def test_the_same_file_at_the_same_time(book, admin):
    """A browser that lost its patience sends again while the first request is still at work."""
    sent = Sent(book, admin, {"a": png(1), "b": png(2)})

    def send(name: str) -> None:
        try:
            sent.send(name)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as executor:
        list(executor.map(send, ["b", "a"] * 3))
    assert names(book) == ["a", "b"]
    assert stored_files(book) == {str(source.pk) for source in Source.objects.all()}


def test_what_is_announced_again_is_not_sent_again(book, admin):
    files = {f"p{n}": png(n) for n in range(1, 6)}
    first = Sent(book, admin, files)
    for name in ("p1", "p2", "p4", "p5"):
        first.send(name)
    assert names(book) == ["p1", "p2"]
    second = Sent(book, admin, files)
    assert second.states == ["here", "here", "send", "here", "here"]
    assert second.answers[0].reason == "It is already in this book, as page 1."
    second.send("p3")
    assert names(book) == list(files)
    third = Sent(book, admin, files)
    assert third.states == ["here"] * 5


def test_held_files_follow_the_order_of_the_second_upload(book, admin):
    files = {"a": png(1), "b": png(2), "c": png(3)}
    first = Sent(book, admin, files)
    first.send("b")
    first.send("c")
    second = Sent(book, admin, dict(reversed(files.items())))
    assert names(book) == ["c", "b"]
    second.send("a")
    assert names(book) == ["c", "b", "a"]


def test_what_can_only_be_refused_is_not_sent(book, admin, monkeypatch):
    monkeypatch.setattr(limits, "BULK_FILE_BYTES", 100)
    files = {"large.png": png(1), "large.pdf": pdf("words"), "empty.png": b"", "run.exe": b"MZ"}
    sent = Sent(book, admin, files | {"twin.pdf": files["large.pdf"]})
    assert sent.states == ["refused", "send", "refused", "refused", "send"]
    assert "MB allowed" in sent.answers[0].reason
    sent.send("large.pdf")
    assert names(book) == ["large.pdf"]


def test_a_file_alone_may_be_larger(book, admin, monkeypatch):
    monkeypatch.setattr(limits, "BULK_FILE_BYTES", 100)
    sent = Sent(book, admin, {"large.png": png(1)})
    sent.send("large.png")
    assert names(book) == ["large.png"]


def test_a_size_that_was_understated_is_found_out(book, admin, monkeypatch):
    monkeypatch.setattr(limits, "BULK_FILE_BYTES", 100)
    sent = Sent(book, admin, {"a.png": b"x", "b.png": b"y"}, knows_sums=False)
    with pytest.raises(UploadRejected, match="MB allowed"):
        sent.send("a.png", png(1))


def test_another_content_than_announced_is_refused(book, admin):
    sent = Sent(book, admin, {"a": png(1)})
    with pytest.raises(UploadRejected, match="not the one that was announced"):
        sent.send("a", png(2))
    assert not Source.objects.exists()


def test_without_checksums_a_twin_is_found_on_arrival(book, admin):
    add_files(book, [Upload("first", BytesIO(png(1)))])
    sent = Sent(book, admin, {"a": png(1), "b": png(2)}, knows_sums=False)
    with pytest.raises(UploadRejected, match="as page 1"):
        sent.send("a")
    sent.send("b")
    assert names(book) == ["first", "b"]


def test_the_books_limit_counts_what_is_held(book, admin, monkeypatch):
    monkeypatch.setattr(limits, "PAGES_PER_BOOK", 2)
    sent = Sent(book, admin, {"a": png(1), "b": png(2), "c": png(3)})
    sent.send("b")
    sent.send("c")
    with pytest.raises(UploadRejected, match="this one has 2"):
        sent.send("a")
    assert names(book) == ["b", "c"]
    assert len(stored_files(book)) == 2


def test_a_job_that_works_from_the_pages_keeps_files_out(book, admin):
    sent = Sent(book, admin, {"a": png(1)})
    job = Job.objects.create(book=book, kind="extraction", status="running")
    with pytest.raises(JobAlreadyActive) as refusal:
        sent.send("a")
    assert refusal.value.job_id == str(job.pk)
    with pytest.raises(JobAlreadyActive):
        Sent(book, admin, {"b": png(2)})
    Job.objects.filter(pk=job.pk).update(status="completed")
    sent.send("a")
    assert names(book) == ["a"]


def test_a_job_that_began_meanwhile_sees_no_page_come(book, admin):
    sent = Sent(book, admin, {"bad": BAD, "b": png(2)})
    sent.send("b")
    job = Job.objects.create(book=book, kind="extraction", status="running")
    with pytest.raises(UploadRejected):
        sent.send("bad")
    with pytest.raises(JobAlreadyActive):
        close(sent.delivery)
    Delivery.objects.update(touched_at=clock.now() - limits.DELIVERY_IDLE)
    job.status, job.heartbeat_at = "running", clock.now()
    job.save()
    sweep()
    assert not book.pages.exists()
    Job.objects.filter(pk=job.pk).update(status="completed")
    sweep()
    assert names(book) == ["b"]


def test_closing_gives_up_what_did_not_come(book, admin):
    sent = Sent(book, admin, {"a": png(1), "b": png(2), "c": png(3)})
    sent.send("c")
    assert close(sent.delivery) == ["a", "b"]
    assert names(book) == ["c"]
    with pytest.raises(UploadRejected, match="closed before the file arrived"):
        sent.send("a")
    assert len(stored_files(book)) == 1
    sent.send("c")  # a lost answer, asked for again
    assert not ExpectedFile.objects.exists()


def test_an_upload_left_behind_is_closed_by_the_sweep(book, admin):
    sent = Sent(book, admin, {"a": png(1), "b": png(2)})
    sent.send("b")
    Delivery.objects.update(touched_at=clock.now() - limits.DELIVERY_IDLE + timedelta(minutes=1))
    sweep()
    assert names(book) == []
    Delivery.objects.update(touched_at=clock.now() - limits.DELIVERY_IDLE)
    sweep()
    assert names(book) == ["b"]
    assert Job.objects.get().kind == "ocr"


def test_a_book_deleted_meanwhile_leaves_no_file(book, admin):
    sent = Sent(book, admin, {"a": png(1), "b": png(2)})
    sent.send("b")
    book_id = book.pk
    book.delete()
    assert not default_storage.exists(f"books/{book_id}")


def test_a_file_costs_the_same_queries_among_2_and_among_60(book, admin, django_assert_max_num_queries):
    counts = []
    for number in (2, 60):
        sent = Sent(book, admin, {f"p{number}-{n}": png(number * 100 + n) for n in range(number)})
        with django_assert_max_num_queries(40) as queries:
            sent.send(f"p{number}-0")
        counts.append(len(queries))
        close(sent.delivery)
    assert counts[0] == counts[1]
