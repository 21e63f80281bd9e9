"""Confirmed contents bind what models make of a book; ranges of pages, resuming, and what a changed prompt redoes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from benchmarks.standin import StandIn
from books.errors import StageNotReady
from books.extraction.contents import save_contents
from books.extraction.engines import factory as guideline_factory
from books.extraction.engines.forms import GuidelineForm, RewordForm
from books.extraction.estimate import estimate
from books.extraction.job import resume_extraction, stale_results, start_extraction, start_finalisation
from books.extraction.outline_ops import with_numbers
from books.extraction.records import whole_outline
from books.guidelines.changes import change
from books.ledger.spending import spent
from books.models import Book, ModelPrice, PageDigest, PageReview, StoredOutline, Subtopic, Topic
from books.models.page import page_numbers
from books.stored.limits import Limits
from jobs.errors import JobAlreadyActive
from jobs.models import Item, Job
from jobs.runner import run_to_end
from jobs.states import JobStatus
from tests.answering import answering
from tests.factories import BookFactory, ReadPageFactory, ends

pytestmark = pytest.mark.django_db(transaction=True)
CHAPTERS = "1 Whole Numbers ..... 1\n2 The Language of Algebra ..... 18\n"
SECTIONS = (
    "1 Whole Numbers ..... 1\n1.1 Counting ..... 1\n1.2 Adding ..... 9\n2 Algebra ..... 18\n2.1 Letters ..... 18\n"
)


@pytest.fixture
def provider(settings) -> Iterator[StandIn]:
    with answering(settings) as running:
        yield running


@pytest.fixture
def truth(sample) -> dict:
    return json.loads((sample / "truth.json").read_text())


@pytest.fixture
def book(truth) -> Book:
    """The sample with its true text, approved."""
    book = BookFactory(title="Prealgebra")
    for page in truth["pages"]:
        row = ReadPageFactory(book=book, number=page["page"], reading__text=page["text"])
        row.review = PageReview.APPROVED
        row.save()
    return book


def done(job: Job) -> Job:
    job = run_to_end(job.pk)
    assert (job.status, job.failed_items) == (JobStatus.COMPLETED, 0), job.error_message
    return job


def cut(book: Book) -> list[tuple[str, list[str], int, int]]:
    return [
        (topic.title, [row.title for row in topic.subtopics.all()], *ends(topic))
        for topic in Topic.objects.filter(book=book).prefetch_related("subtopics")
    ]


def test_chapters_are_cut_side_by_side_and_no_topic_crosses_one(book, provider, settings):
    save_contents(book, CHAPTERS, confirm=True)
    provider.behave(latency=0.5)
    ModelPrice.objects.create(model=settings.OPENAI_MODEL, input=1, cached_input=1, output=4)
    expected = estimate(book)
    job = done(start_extraction(book))
    assert expected.calls[0] <= provider.counts.calls <= expected.calls[1]
    assert expected.dollars[0] <= spent(book=book) <= expected.dollars[1]
    assert estimate(book).calls[0] == 0
    windows = list(Item.objects.filter(job=job, stage="outline").order_by("ordinal"))
    assert [item.label for item in windows] == [
        "Whole Numbers (pages 1 to 17)",
        "The Language of Algebra (pages 18 to 24)",
    ]
    assert len({item.lane for item in windows}) == 2
    assert max(item.started_at for item in windows) < min(item.finished_at for item in windows)
    assert [(title, first, last) for title, _, first, last in cut(book)] == [
        ("Whole Numbers", 1, 17),
        ("The Language of Algebra", 18, 24),
    ]
    assert all(len(titles) > 1 for _, titles, _, _ in cut(book))
    assert provider.counts.kinds["OutlineForm"] == 2
    with pytest.raises(JobAlreadyActive):
        Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, completed_at=None)
        save_contents(book, SECTIONS, confirm=True)


def test_sections_of_the_contents_need_no_model_and_bind_alike(book, provider):
    save_contents(book, SECTIONS, confirm=True)
    assert {each.stage for each in estimate(book).stages} == {"write", "reword", "verify"}
    done(start_extraction(book))
    assert provider.counts.kinds["DigestForm"] == 0
    expected = [("Whole Numbers", ["Counting", "Adding"], 1, 17), ("Algebra", ["Letters"], 18, 24)]
    assert cut(book) == expected
    assert provider.counts.kinds["OutlineForm"] == 0


@pytest.mark.parametrize("engine", ["openai", "offline"])
def test_a_range_leaves_guidelines_beyond_it(book, provider, settings, engine):
    settings.GUIDELINE_ENGINE = engine
    guideline_factory.guideline_engine.cache_clear()
    save_contents(book, SECTIONS, confirm=True)
    done(start_extraction(book, Limits(1, 8)))
    assert cut(book) == [("Whole Numbers", ["Counting"], 1, 8)]
    assert set(PageDigest.objects.values_list("page__number", flat=True)) == set(range(1, 9))
    first = Subtopic.objects.get()

    done(start_extraction(book, Limits(9, 24)))
    assert cut(book) == [("Whole Numbers", ["Counting", "Adding"], 1, 17), ("Algebra", ["Letters"], 18, 24)]
    kept = Subtopic.objects.get(pk=first.pk)
    assert (kept.revision, kept.guideline) == (first.revision, first.guideline)

    # Pages 15 to 17 belong to a guideline that begins before the range, and stay with it.
    untouched = dict(Subtopic.objects.exclude(title="Letters").values_list("pk", "revision"))
    job = done(start_extraction(book, Limits(15, 24)))
    assert list(Item.objects.filter(job=job, stage="digest").values_list("label", flat=True)) == [
        str(n) for n in range(18, 25)
    ]
    assert untouched == dict(Subtopic.objects.exclude(title="Letters").values_list("pk", "revision"))
    with pytest.raises(StageNotReady, match="Pages 10 to 12 belong to guidelines that go beyond"):
        start_extraction(book, Limits(10, 12))
    done(start_finalisation(book))


def test_resuming_the_same_pages_goes_on_and_a_changed_recipe_redoes_its_stage_alone(book, provider, monkeypatch):
    first = done(start_extraction(book))
    calls = provider.counts.calls
    again = done(resume_extraction(book))
    assert (again.resumed_from, provider.counts.calls) == (first, calls)
    assert stale_results(book) == []

    monkeypatch.setattr(GuidelineForm, "version", "next")
    ((stage, stale),) = stale_results(book)
    assert stage.name == "write"
    assert len(stale) == Subtopic.objects.count()
    edited = Subtopic.objects.first()
    with change(book.pk, "Edited"):
        edited.is_edited = True
        edited.save()
    job = resume_extraction(book)
    done(job)
    worked = Item.objects.filter(job=job, started_at__isnull=False)
    assert set(worked.values_list("stage", flat=True)) <= {"write", "verify"}
    assert worked.filter(stage="write").count() == Subtopic.objects.count()
    assert worked.filter(stage="write", key=f"propose {edited.pk}").exists()
    assert {row.made_with.schema for row in Subtopic.objects.exclude(pk=edited.pk)} == {f"next.{RewordForm.version}"}
    ((_, kept),) = stale_results(book)
    assert [(each.label, each.is_kept) for each in kept] == [(edited.title, True)]
    assert {row.made_with.engine for row in PageDigest.objects.all()} == {"offline"}


def test_numbered_headings_that_are_clean_need_no_model_and_others_do(book, provider, truth):
    done(start_extraction(book))
    assert [row.title for row in Subtopic.objects.order_by("pk")] == [
        subtopic["title"] for topic in truth["topics"] for subtopic in topic["subtopics"]
    ]
    assert provider.counts.kinds["DigestForm"] == provider.counts.kinds["OutlineForm"] == 0
    for page in book.pages.select_related("reading"):
        page.reading.text = page.reading.text.replace("1.3", "").replace("2.1", "")
        page.reading.save()
    done(start_extraction(book))
    assert provider.counts.kinds["DigestForm"] == 24
    assert provider.counts.kinds["OutlineForm"] == 1


def test_a_range_keeps_what_is_current_of_a_whole_job_before_it(book, provider):
    done(start_extraction(book))
    calls = provider.counts.calls
    part = done(resume_extraction(book, Limits(18, 24)))
    assert not Item.objects.filter(job=part, stage="digest", started_at__isnull=False).exists()
    assert provider.counts.calls <= calls + 1
    outline = with_numbers(whole_outline(book.pk), page_numbers(book.pk))
    assert [(topic.title, topic.first_page) for topic in outline.topics] == [
        ("Whole Numbers", 1),
        ("The Language of Algebra", 18),
    ]
    assert StoredOutline.objects.count() == 2
