"""What the drawings show is what the rows say: confidence, boundaries, cost and time."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from books.admin.drawings import bars
from books.models import AppliedCut, Contents, ModelCall, OcrStatus, Page, Reading
from books.stored.outline import ContentsLine, CutBook, CutSubtopic, CutTopic
from jobs.states import ItemState, JobStatus
from tests.factories import ItemFactory, JobFactory, PageFactory, ReadPageFactory, SubtopicFactory, TopicFactory, ids


def shown(client, name: str, book) -> str:
    return client.get(reverse(f"admin:books_book_{name}", args=[book.pk])).content.decode()


def paths(screen: str) -> dict[str, str]:
    """What is drawn, by class."""
    found = re.findall(r"<path\s+(?:class=\"([^\"]*)\")?\s*d=\"([^\"]*)\"", screen)
    return {name: drawn for name, drawn in found if name}


def columns(path: str) -> list[tuple[float, float]]:
    """Each column of the strip: where it begins, and how high it is."""
    return [(float(at), float(high)) for at, high in re.findall(r"M([\d.]+) 100v-([\d.]+)", path)]


def test_the_strip_has_a_column_as_high_as_each_readings_confidence(screens, book):
    for confidence in (95, 61.6, 88):
        ReadPageFactory(book=book, reading__confidence=confidence)
    PageFactory(book=book)
    # No engine is sure of what is not there; the filter beside it knows a blank page as one that is not low either.
    blank = ReadPageFactory(book=book, reading__confidence=0)
    Page.objects.filter(pk=blank.pk).update(ocr_status=OcrStatus.BLANK)
    screen = shown(screens, "map", book)
    drawn = paths(screen)
    readings = Reading.objects.filter(page__book=book).exclude(page=blank)
    stored = list(readings.order_by("page__number").values_list("confidence", flat=True))
    good, low = columns(drawn["is-good"]), columns(drawn["is-bad"])
    assert [high for _, high in sorted([*good, *low])] == [round(each) for each in stored]
    assert low == [(1, 62)]
    assert "Mean 82 %; pages below 80 %: 1." in screen
    assert re.search(r'<desc id="strip-words">[^<]* 2</desc>', screen)


def test_nothing_is_drawn_where_nothing_was_read_asked_or_begun(screens, book):
    PageFactory(book=book)
    assert "<figure" not in shown(screens, "map", book)
    assert "<figure" not in shown(screens, "costs", book)
    assert "Nothing to draw yet" in shown(screens, "contents", book)
    job = JobFactory(book=book)
    assert "<figure" not in screens.get(reverse("admin:jobs_job_change", args=[job.pk])).content.decode()


@pytest.fixture
def cut(book):
    """Predicted: topics on 1 and 6, a subtopic on 3. Contents: 1, 5. Now: 1, 4 (moved by a person), 6."""
    ids(book, range(1, 11))

    def part(first: int, last: int) -> CutSubtopic:
        return CutSubtopic(f"From {first}", ids(book, range(first, last + 1)))

    topics = (CutTopic("A", (part(1, 2), part(3, 5))), CutTopic("B", (part(6, 10),)))
    AppliedCut.objects.create(book=book, data=CutBook(topics))
    lines = (ContentsLine("A", 1, scan=ids(book, [1])[0]), ContentsLine("A.1", 2, scan=ids(book, [5])[0]))
    Contents.objects.create(book=book, entries=lines, status="confirmed", changed_at=timezone.now())
    first, second = (TopicFactory(book=book, sequence=at, key=str(at)) for at in (1, 2))
    for topic, (begins, ends) in ((first, (1, 3)), (first, (4, 5)), (second, (6, 10))):
        SubtopicFactory(topic=topic, pages=list(range(begins, ends + 1)))
    return book


def test_the_ruler_has_a_mark_where_each_topic_and_subtopic_begins(screens, cut):
    screen = shown(screens, "arrange_guidelines", cut)
    words = dict(re.findall(r'<desc id="(\w+)-words">([^<]*)</desc>', screen))
    assert words == {
        "predicted": "Topics begin on pages 1, 6. Subtopics begin on pages 1, 3, 6.",
        "contents": "Topics begin on pages 1. Subtopics begin on pages 5.",
        "now": "Topics begin on pages 1, 6. Subtopics begin on pages 1, 4, 6. Not predicted: 4.",
    }
    [now] = re.findall(r'<svg class="ruler ruler-now.*?</svg>\s*<', screen, re.S)
    assert paths(now)["is-moved"] == "M300 0V30"
    [topics] = re.findall(r'class="is-topic" d="([^"]*)"', screen[screen.index("ruler-now") :])
    assert topics == "M0 0V30M500 0V30"


def test_the_cost_of_a_stage_is_as_long_as_its_calls_cost(screens, book):
    for stage, cost in (("digest", "0.10"), ("digest", "0.15"), ("write", "0.50"), ("verify", None)):
        ModelCall.objects.create(
            book=book, stage=stage, outcome="answered", model=f"m-{cost}", cost=cost and Decimal(cost), tokens_out=1
        )
    sums = ModelCall.objects.filter(book=book).order_by().values_list("stage").annotate(dollars=Sum("cost"))
    most = max(dollars or 0 for _, dollars in sums)
    widths = [float(width) for width in re.findall(r'<rect x="0" width="([\d.]+)"', shown(screens, "costs", book))]
    assert sorted(widths) == sorted(float(1000 * (dollars or 0) / most) for _, dollars in sums)
    assert "$0.2500" in shown(screens, "costs", book)


@pytest.mark.parametrize(("second", "words"), [(1, ("2 min", "5 min")), (0.001, ("1 s", "1 s"))])
def test_the_time_of_a_stage_lies_where_its_items_worked(screens, book, second, words):
    job = JobFactory(book=book, kind="extraction", status=JobStatus.COMPLETED, stage="write")
    begun = timezone.now() - timedelta(hours=1)
    for stage, at, until in (("digest", 0, 60), ("digest", 30, 100), ("write", 100, 400)):
        times = {"started_at": begun + timedelta(seconds=at * second)}
        times["finished_at"] = begun + timedelta(seconds=until * second)
        ItemFactory(job=job, stage=stage, state=ItemState.DONE, **times)
    screen = screens.get(reverse("admin:jobs_job_change", args=[job.pk])).content.decode()
    drawn = re.findall(r'<rect x="([\d.]+)" width="([\d.]+)"\s*height="10"/></svg><span>([^<]*)</span>', screen)
    assert drawn == [("0", "250", words[0]), ("250", "750", words[1])]


def test_bars_of_nothing_have_no_length():
    assert [(bar.at, bar.width) for bar in bars([("A", 0, 0, "0 s")])] == [("0", "0")]
