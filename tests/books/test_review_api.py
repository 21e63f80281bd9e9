"""The review of guidelines as JSON: each change over what its maker saw, with the refusals of the screens."""

import pytest
from django.test import Client

from books.models import Subtopic
from tests.factories import BookFactory, ReadPageFactory, SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def book():
    book = BookFactory()
    for number in (1, 2, 3):
        ReadPageFactory(book=book, number=number)
    topic = TopicFactory(book=book, sequence=1)
    for at, pages in enumerate(([1, 2], [3]), start=1):
        said = [{"text": f"Count apples {page}.", "pages": [page]} for page in pages]
        SubtopicFactory(topic=topic, sequence=at, title=f"S{at}", pages=pages, guideline={"concepts": said})
    return book


@pytest.fixture
def call(admin, book):
    client = Client()
    client.force_login(admin)

    def send(method: str, path: str, status: int = 200, **body):
        answer = getattr(client, method)(f"/api/books/{book.pk}{path}", body, content_type="application/json")
        assert answer.status_code == status, answer.content
        return answer.json()

    return send


def test_everything_a_reviewer_does(call):
    one, two = call("get", "/subtopics")
    path = f"/subtopics/{one['id']}"
    said = [{"text": "Count pears.", "pages": [1]}, {"text": "Whole numbers.", "pages": [2]}]
    edited = call("patch", path, revision=one["revision"], title="Counting", guideline={"concepts": said})
    assert (edited["title"], edited["is_edited"], edited["guideline"]["concepts"][1]["pages"]) == (
        "Counting",
        True,
        [2],
    )
    late = call("patch", path, 409, revision=one["revision"], title="Mine")
    assert late["code"] == "edited_meanwhile"
    assert "ada changed “Counting”" in late["message"]
    for decision, status in (("approve", "approved"), ("reopen", "pending_review"), ("reject", "rejected")):
        one = call("post", f"{path}/{decision}", revision=call("get", path)["revision"], reason="Short.")
        assert one["status"] == status
    assert one["rejection_reason"] == "Short."
    refused = call("post", f"{path}/approve", 409, revision=one["revision"])
    assert refused["code"] == "decision_refused"

    parts = call("post", f"{path}/split", revision=one["revision"], page=2, title="More")
    assert (parts["first"]["pages"], parts["second"]["pages"]) == ([1], [2])
    two = call("get", f"/subtopics/{two['id']}")  # The split gave it another place.
    moved = call("post", f"/subtopics/{two['id']}/merge", revision=two["revision"], other=parts["second"]["id"])
    assert moved["pages"] == [2, 3]
    given = call("post", f"/subtopics/{two['id']}/pages", revision=moved["revision"], pages=[2], to=one["id"])
    assert (given["first"]["pages"], given["second"]["pages"]) == ([3], [1, 2])
    seen = {row["id"]: row["revision"] for row in call("get", "/subtopics")} | {999: 1}
    assert call("post", "/subtopics/approve", seen=seen) == {"approved": 2, "left": 1}

    (topic,) = call("get", "/topics")
    assert call("patch", f"/topics/{topic['id']}", revision=topic["revision"], title="T")["title"] == "T"
    order = [two["id"], one["id"]]
    assert [row["id"] for row in call("post", f"/topics/{topic['id']}/order", ids=order)] == order
    assert call("post", f"/topics/{topic['id']}/order", 409, ids=[1])["code"] == "edited_meanwhile"
    call("post", "/topics/order", ids=[topic["id"]])
    placed = call("post", f"{path}/place", revision=call("get", path)["revision"], topic=topic["id"], place=1)
    assert placed["sequence"] == 1

    last = call("get", "/changes")[0]
    assert (last["may_be_undone"], last["made_by"]) == (True, "ada")
    assert call("post", f"/changes/{last['id']}/undo")["sentence"] == f"Undone: {last['sentence']}"
    assert call("post", f"/changes/{last['id']}/undo", 409)["code"] == "edited_meanwhile"
    assert Subtopic.objects.get(pk=one["id"]).sequence == 2


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"title": ""}, "It needs a title."),
        ({"guideline": {"moral": []}}, "no part “moral”"),
        ({"guideline": {"checks": [{"text": "A", "pages": [9]}]}}, "the book has no page 9"),
    ],
)
def test_what_cannot_be_saved_is_said(call, body, problem):
    one = call("get", "/subtopics")[0]
    refused = call("patch", f"/subtopics/{one['id']}", 422, revision=one["revision"], **body)
    assert refused["code"] == "edit_refused"
    assert problem in refused["message"]


def test_a_pair_of_another_book_is_not_found(call):
    one = call("get", "/subtopics")[0]
    call("post", f"/subtopics/{one['id']}/merge", 404, revision=1, other=SubtopicFactory().pk)
