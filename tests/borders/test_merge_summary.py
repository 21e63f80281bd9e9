"""Two guidelines that an engine wrote, made one by a person."""

from __future__ import annotations

import re

import pytest

from books.extraction.base import SubtopicSource
from books.extraction.engines.offline import OfflineEngine
from books.structure.base import BookFacts, PageText
from tests.factories import SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db


def summary_of(title, pages, word):
    texts = tuple(PageText(page, f"The {word} of a river carries {word} sand and {word} stones.") for page in pages)
    return OfflineEngine().write(SubtopicSource(BookFacts("Rivers"), "Rivers", title, texts)).summary


def test_a_merged_guideline_is_summed_up_as_the_whole_that_it_is(client, admin):
    """It kept the summary of the one, "from pages 1 to 4", over the pages 1 to 7 of both."""
    client.force_login(admin)
    topic = TopicFactory(sequence=1)
    parts = (("Springs", [1, 2, 3, 4], "source"), ("Deltas", [5, 6, 7], "mouth"))
    one, other = (
        SubtopicFactory(topic=topic, sequence=at, title=title, pages=pages, summary=summary_of(title, pages, word))
        for at, (title, pages, word) in enumerate(parts, start=1)
    )
    address = f"/api/books/{topic.book_id}/subtopics"
    wanted = {"revision": one.revision, "other": other.pk, "other_revision": other.revision}
    merged = client.post(f"{address}/{one.pk}/merge", wanted, content_type="application/json").json()
    assert merged["pages"] == [1, 2, 3, 4, 5, 6, 7]
    assert not re.search(r"\d", merged["summary"])
    assert one.summary in merged["summary"]
    assert other.summary in merged["summary"]
