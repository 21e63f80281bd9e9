"""Answers that fit their form and make no sense: no crash, no lost page, nothing unescaped, each failure named.

Each seed is another book of nonsense, worked by the real client and the real stages from digest to finalisation.
"""

from __future__ import annotations

import json
import re

import pytest
from django.urls import reverse

from benchmarks.ready_book import approved_book
from books.extraction.job import start_extraction, start_finalisation
from books.extraction.records import whole_outline
from books.models import Book, ModelCall, Subtopic, Topic
from books.models.page import page_numbers
from jobs.actions import resume, retry
from jobs.models import Item, Job
from jobs.runner import run_to_end
from jobs.states import JobStatus
from tests.answering import answering
from tests.factories import pages_of, shown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
# Each form of nonsense once; a hundred books are in tests/chaos/chaos_nonsense.py.
PAGES, SEEDS = 6, 6
FORMS = ((), ("DigestForm",), ("OutlineForm",), ("GuidelineForm", "RewordForm"), ("VerifyForm",), ("NamesForm",))
NAMED = {"invalid_model_output", "nothing_usable", ""}
UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202e]")
MARKUP = re.compile(r"<script>alert|<img src=x")
LINK = re.compile(r"(?<!\\)\[a link")


@pytest.fixture
def provider(settings):
    settings.LLM_CONCURRENCY = 4
    with answering(settings) as running:
        yield running


def ended(job: Job) -> Job:
    """A job pauses where answer after answer is of no use; whoever resumes it each time gets to its end."""
    job = run_to_end(job.pk)
    while job.status == JobStatus.PAUSED:
        assert "of no use" in job.events.order_by("-pk")[0].reason
        job = run_to_end(resume(job.pk).pk)
    assert job.status in {JobStatus.COMPLETED, JobStatus.FAILED}
    unnamed = Item.objects.filter(job=job).exclude(error_code__in=NAMED)
    assert not unnamed.exists(), list(unnamed.values_list("stage", "error_code", "error_message"))
    return job


def no_page_is_lost(book: Book) -> None:
    placed = {page for row in Subtopic.objects.filter(topic__book=book) for page in pages_of(row)}
    matter = set(page_numbers(book.pk).numbers(whole_outline(book.pk).front_matter))
    assert placed | matter == set(range(1, PAGES + 1)), (placed, matter)


def bounded_and_clean(book: Book) -> None:
    subtopics = Subtopic.objects.filter(topic__book=book)
    assert subtopics.count() <= 120
    for row in [*subtopics, *Topic.objects.filter(book=book)]:
        said = json.dumps(
            [row.title, row.summary, shown(row) if isinstance(row, Subtopic) else {}, getattr(row, "terms", {})]
        )
        assert len(row.title) <= 200
        assert len(row.summary) <= 1_000
        assert len(said) < 400_000
        assert not UNWANTED.search(json.loads(f'"{row.title}"') if '"' not in row.title else row.title)
        assert not re.search(r"\\u00[01]|\\ud[89a-f]|\\u202e", said.lower().replace("\\ud83d\\u", "")), said[:300]
    for answer in ModelCall.objects.filter(book=book).values_list("answer", flat=True):
        assert not UNWANTED.search(answer)


def shown_escaped(client, book: Book) -> None:
    names = [("books_book_guidelines", []), ("books_book_overview", []), ("books_book_export", ["md"])]
    pages = [reverse(f"admin:{name}", args=[book.pk, *more]) for name, more in names]
    pages += [reverse("admin:books_book_guideline", args=[book.pk, pk]) for pk in _subtopics(book)[:3]]
    pages += [f"{reverse('admin:books_modelcall_changelist')}?book__id__exact={book.pk}"]
    for url in pages:
        response = client.get(url)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        assert response.status_code == 200, url
        assert not MARKUP.search(body.decode()), url
        assert not (url.endswith("/md/") and LINK.search(body.decode()))
    document = client.get(reverse("admin:books_book_export", args=[book.pk, "json"]))
    assert len(json.loads(document.content)["topics"]) == book.topics.count()


def _subtopics(book: Book) -> list[int]:
    return list(Subtopic.objects.filter(topic__book=book).values_list("pk", flat=True))


def test_nonsense_is_repaired_or_a_named_failure(provider, client, admin):
    client.force_login(admin)
    assert set(worked(provider, client, range(1, SEEDS + 1))) == {JobStatus.COMPLETED, JobStatus.FAILED}


def finalised(provider, book: Book, seed: int) -> None:
    """Nonsense about a book whose every guideline is written, if an outline made of it more than front matter."""
    if not _subtopics(book):
        return
    provider.behave(nonsense_seed=0)
    if Subtopic.objects.filter(topic__book=book, guideline={}).exists():
        ended(retry(book.jobs.latest("created_at").pk))
    provider.behave(nonsense_seed=seed, nonsense_forms=())
    job = ended(start_finalisation(book))
    print(f"finalised with {job.failed_items} of {job.total_items} failed by name")
    no_page_is_lost(book)


def worked(provider, client, seeds) -> list[str]:
    """How the first job of each seed ended; whatever it made is held against what must never be.

    In turn all stages talk nonsense and one alone, whose nonsense then meets what others made of sense.
    """
    statuses = []
    for seed in seeds:
        provider.behave(nonsense_seed=seed, nonsense_forms=FORMS[seed % len(FORMS)])
        book = approved_book(f"Nonsense {seed}", PAGES, is_clean=False)
        job = ended(start_extraction(book))
        statuses.append(job.status)
        if job.status == JobStatus.FAILED:
            assert "fit its form, twice" in job.error_message
            bounded_and_clean(book)
            shown_escaped(client, book)
            provider.behave(nonsense_seed=0)
            assert ended(resume(job.pk)).status == JobStatus.COMPLETED
        no_page_is_lost(book)
        bounded_and_clean(book)
        shown_escaped(client, book)
        finalised(provider, book, seed)
        bounded_and_clean(book)
        shown_escaped(client, book)
    print(f"\n{provider.counts.calls} calls, {statuses.count(JobStatus.FAILED)} of {len(seeds)} jobs failed by name")
    return statuses
