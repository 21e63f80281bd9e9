"""The screen of proposals: differences to take or leave one by one, or all of a kind, and taking back."""

import pytest
from django.urls import reverse

from books.guidelines.proposals import merging, ordering_subtopics, propose, recutting, setting
from books.models import Proposal, ProposalKind, ProposalState, Subtopic
from books.stored.proposal import Piece, TopicFacts, Values
from tests.factories import SubtopicFactory, TopicFactory, guideline_of, ids

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(book):
    topic = TopicFactory(book=book, title="Numbers", sequence=1)
    titles = ("Adding <b>", "Sums", "Taking away")
    return [
        SubtopicFactory(topic=topic, title=title, sequence=at, pages=[at], summary=f"On {title}.")
        for at, title in enumerate(titles, 1)
    ]


@pytest.fixture
def proposed(book, rows):
    """One of each kind that shows its difference in a way of its own, and two renames."""
    order = [row.pk for row in reversed(rows)]
    piece = Piece("k", "", "Sums and more", "", ids(book, [2, 3]), TopicFacts("t", "", "Numbers"))
    said = {"objective": [{"text": "The learner can add.", "pages": [1]}]}
    text = Values(summary="On sums.", guideline=guideline_of(book, said))
    return [
        propose(book.pk, suggestion, job=None)
        for suggestion in (
            merging(rows[0], rows[1], "Both add.", 0.72, at_once=False),
            setting(ProposalKind.RENAME_SUBTOPIC, rows[0], Values(title="Adding"), "Clearer.", at_once=False),
            setting(ProposalKind.RENAME_SUBTOPIC, rows[2], Values(title="Subtracting"), "Clearer.", at_once=False),
            setting(ProposalKind.REWRITE, rows[1], text, "Its pages changed.", at_once=False),
            ordering_subtopics(rows[0].topic, rows, order, "Begins at the end."),
            recutting(rows[1], [piece]),
        )
    ]


def screen(client, book, *args, name="books_book_proposals"):
    return client.get(reverse(f"admin:{name}", args=[book.pk, *args])).content.decode()


def post(client, book, proposal, decision):
    url = reverse("admin:books_book_proposal_decide", args=[book.pk, proposal.pk])
    return client.post(url, {"decision": decision}, follow=True).content.decode()


def test_each_is_shown_as_a_difference_and_decided(client, admin, book, rows, proposed):
    client.force_login(admin)
    assert "Decide on 6 proposals" in screen(client, book, name="books_book_overview")
    html = screen(client, book)
    assert "<del>away</del>" not in html
    assert "<del>Taking away</del><ins>Subtracting</ins>" in html
    assert "<del>count.</del>" in html or "<del>count" in html
    assert "72 % sure" in html
    assert "Sums and more (p. 2" in html
    assert "Adding <b>" not in html
    assert html.count('data-key="a"') == html.count('data-key="r"') == 1

    assert "Merged “" in post(client, book, proposed[0], "accept")
    assert Subtopic.objects.filter(topic__book=book).count() == 2
    assert "already" in post(client, book, proposed[0], "refuse")
    assert "Undone: Merged" in post(client, book, proposed[0], "undo")
    assert Subtopic.objects.filter(topic__book=book).count() == 3
    assert "Taken back" in screen(client, book)


def test_all_of_a_kind_after_a_preview(client, admin, book, rows, proposed):
    client.force_login(admin)
    html = screen(client, book, "rename_subtopic", name="books_book_proposals_all")
    assert "<strong>2 proposals</strong> would be accepted" in html
    url = reverse("admin:books_book_proposals_accept", args=[book.pk, "rename_subtopic"])
    seen = [proposed[1].pk, proposed[0].pk]
    assert "1 accepted." in client.post(url, {"seen": seen}, follow=True).content.decode()
    states = dict(Proposal.objects.values_list("pk", "state"))
    assert states[proposed[1].pk] == ProposalState.ACCEPTED
    assert states[proposed[2].pk] == states[proposed[0].pk] == ProposalState.OPEN


def test_over_the_api(client, admin, book, rows, proposed):
    client.force_login(admin)
    url = f"/api/books/{book.pk}/proposals"
    assert [each["kind"] for each in client.get(f"{url}?state=open").json()["items"]][:2] == [
        "merge",
        "rename_subtopic",
    ]
    answer = client.post(f"{url}/{proposed[1].pk}/accept")
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    assert Subtopic.objects.get(pk=rows[0].pk).title == "Adding"
    again = client.post(f"{url}/{proposed[1].pk}/refuse")
    assert (again.status_code, again.json()["code"]) == (409, "decision_refused")
