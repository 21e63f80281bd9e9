"""Editing, rearranging and undoing on the screens; a second person, and one whose guideline is gone, are told."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from books.guidelines.changes import undo
from books.guidelines.edit import edit_subtopic
from books.guidelines.review import Decision
from books.guidelines.review import decide as reject
from books.intake.order import move_pages
from books.models import Change, ReviewStatus, Subtopic, Topic
from books.stored.guideline import Part, Statement
from tests.factories import BookFactory, ReadPageFactory, SubtopicFactory, TopicFactory, ids, shown

GUIDELINE = {
    "objective": [{"text": "Count apples.", "pages": [1]}],
    "concepts": [{"text": "Numbers name how many.", "pages": [2]}],
}


@pytest.fixture
def row(book):
    for number in (1, 2, 3):
        ReadPageFactory(book=book, number=number, reading__text="Count apples. Numbers name how many apples there are.")
    topic = TopicFactory(book=book, sequence=1, title="Whole numbers")
    return SubtopicFactory(topic=topic, sequence=1, title="Counting", summary="On counting.", guideline=GUIDELINE)


@pytest.fixture
def other(row):
    return SubtopicFactory(topic=row.topic, sequence=2, title="Adding", pages=[3])


@pytest.fixture
def grace(client, django_user_model):
    """A second reviewer in a session of her own."""
    second = Client()
    second.force_login(django_user_model.objects.create_superuser("grace"))
    return second


def url(name: str, row: Subtopic) -> str:
    return reverse(f"admin:books_book_{name}", args=[row.topic.book_id, row.pk])


def opened(client: Client, row: Subtopic) -> dict[str, object]:
    """What the form of the edit screen would post, unchanged."""
    draft = client.get(url("guideline_edit", row)).context["draft"]
    form: dict[str, object] = {"title": draft.title, "summary": draft.summary}
    form["revision"] = Subtopic.objects.get(pk=row.pk).revision
    for part, _, lines in draft.shown_parts:
        form[f"{part}.text"] = [line.text for line in lines]
        form[f"{part}.pages"] = [line.pages for line in lines]
    return form


def test_a_form_sent_back_unchanged_changes_nothing(screens, row):
    form, count = opened(screens, row), Change.objects.count()
    assert screens.post(url("guideline_save", row), form).status_code == 302
    assert Change.objects.count() == count


def test_a_quote_is_not_said_twice_once_its_guideline_was_edited(screens, row):
    """Checked after an edit, each had itself as evidence beside it, on the screen and in files."""
    first, second = ids(row.topic.book, [1, 2])
    counted = Statement("Count apples.", (first,), kind="quote")
    named = Statement("Numbers name how many apples there are.", (second,), kind="quote")
    row.guideline = {**row.guideline, Part.OBJECTIVE: (counted,), Part.CONCEPTS: (named,)}
    Subtopic.objects.filter(pk=row.pk).update(guideline=row.guideline)
    assert screens.post(url("guideline_save", row), opened(screens, row) | {"summary": "Another."}).status_code == 302
    saved = Subtopic.objects.get(pk=row.pk)
    assert (saved.summary, saved.guideline) == ("Another.", row.guideline)
    more = opened(screens, row)
    more |= {"concepts.text": [*more["concepts.text"][:1], "Apples are named."], "concepts.pages": ["2", "2"]}
    assert screens.post(url("guideline_save", row), more).status_code == 302
    saved = Subtopic.objects.get(pk=row.pk)
    assert (saved.guideline[Part.OBJECTIVE], saved.guideline[Part.CONCEPTS][0]) == ((counted,), named)
    assert screens.get(url("guideline", row)).content.decode().count("quiet evidence") == 0


def test_the_second_of_two_reviewers_keeps_their_words_and_sees_the_difference(screens, grace, row):
    mine, hers = opened(screens, row), opened(grace, row)
    hers |= {"title": "Counting things", "objective.text": ["Count pears.", ""]}
    assert grace.post(url("guideline_save", row), hers).status_code == 302
    mine |= {"summary": "On counting apples.", "objective.text": ["Count many apples.", ""]}
    told = screens.post(url("guideline_save", row), mine)
    page = told.content.decode()
    assert told.status_code == 409
    assert "grace changed “Counting things” while you had it open." in page
    assert "<del>apples. </del><ins>pears. </ins>" in page
    assert "You both changed <strong>Objective</strong>" in page
    draft = told.context["draft"]
    assert (draft.title, draft.summary) == ("Counting things", "On counting apples.")
    assert draft.parts["objective"][0].text == "Count many apples."
    row.refresh_from_db()
    assert (row.title, row.guideline["objective"][0].text) == ("Counting things", "Count pears.")
    again = mine | {"title": draft.title, "revision": told.context["revision"]}
    assert screens.post(url("guideline_save", row), again).status_code == 302
    row.refresh_from_db()
    assert (row.title, row.summary) == ("Counting things", "On counting apples.")


def test_a_reason_for_rejecting_is_told_wherever_the_guideline_is_met_until_it_is_undone(screens, admin, row):
    book = row.topic.book_id
    reject(book, row.pk, Decision.REJECT, user=admin, revision=None, reason="Too short.")
    places = ["publish", "guidelines"]
    met = [reverse(f"admin:books_book_{name}", args=[book]) for name in places] + [url("guideline_edit", row)]
    for address in (*met, reverse("admin:books_review") + "?status=any"):
        assert "Too short." in screens.get(address).content.decode(), address
    edit_subtopic(book, row.pk, user=admin, revision=None, title="Longer")
    assert "Too short. It was changed since." in " ".join(screens.get(url("guideline", row)).content.decode().split())
    undo(Change.objects.first().pk, user=admin)
    [rejected] = [each for each in Change.objects.all() if each.sentence == "Rejected “Counting”"]
    undo(rejected.pk, user=admin)
    assert "Too short." not in screens.get(url("guideline", row)).content.decode()


def test_a_decision_on_what_was_changed_since_is_refused(screens, grace, row, said):
    form = {"decision": "approve", "revision": row.revision}
    edit_subtopic(row.topic.book_id, row.pk, user=None, revision=None, title="Other")
    assert (
        "changed “Other” while you had it open"
        in said(screens.post(url("guideline_decide", row), form, follow=True))[0]
    )
    row.refresh_from_db()
    assert row.status == ReviewStatus.PENDING_REVIEW


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("title", " ", "It needs a title."),
        ("objective.pages", ["77", ""], "the book has no page 77"),
        ("objective.pages", ["one", ""], "Write pages as 4 or 3-5, 8."),
        ("objective.pages", ["", ""], "name the pages that support it"),
    ],
)
def test_what_cannot_be_saved_comes_back_with_the_words(screens, row, field, value, problem):
    form = opened(screens, row) | {"summary": "Long typed.", field: value}
    response = screens.post(url("guideline_save", row), form)
    assert response.status_code == 422
    assert problem in response.content.decode()
    assert response.context["draft"].summary == "Long typed."


def test_numbers_typed_over_pages_that_moved_since_are_refused(screens, row):
    """They would cite the pages that have those numbers now."""
    screen = screens.get(url("guideline_edit", row))
    for said in ("Move up", "Move down", "Add a statement below (Alt Enter)", "Remove this statement (Alt X)"):
        assert f'"{said}"' in screen.content.decode()
    order = re.search(r'name="order" value="([^"]+)"', screen.content.decode()).group(1)
    form = {"title": row.title, "revision": row.revision, "order": order}
    form |= {"objective.text": ["Count pears."], "objective.pages": ["1"]}
    book = row.topic.book
    move_pages(book, [book.pages.get(number=1)], to=2)
    refused = screens.post(url("guideline_save", row), form)
    assert (refused.status_code, "Pages of the book were moved" in refused.content.decode()) == (409, True)
    assert "Count pears." in refused.content.decode()
    row.refresh_from_db()
    assert shown(row)["objective"][0]["text"] == "Count apples."
    now = re.search(r'name="order" value="([^"]+)"', refused.content.decode()).group(1)
    assert screens.post(url("guideline_save", row), form | {"order": now}).status_code == 302
    row.refresh_from_db()
    assert shown(row)["objective"] == [{"text": "Count pears.", "pages": [1], **findings(row)}]


def findings(row):
    found = shown(row)["objective"][0].get("findings")
    return {"findings": found} if found else {}


def test_split_merge_and_undo_on_the_screens(screens, row, other, said):
    screen = screens.get(url("guideline_pages", row)).content.decode()
    at = f"{row.pages[1]}|"
    assert f'value="{at}"' in screen
    split = screens.post(
        url("guideline_split", row), {"at": at, "title": "Naming", "revision": row.revision}, follow=True
    )
    assert "autofocus>Naming" in split.content.decode()
    second = Subtopic.objects.get(title="Naming")
    screens.post(url("guideline_merge", row), {"other": second.pk}, follow=True)
    assert said(screens.get(url("guideline", second), follow=True)) == [
        "“Naming” is gone. ada: Merged “Naming” into “Counting”."
    ]
    for _ in range(2):
        page = screens.get(url("guideline", row)).content.decode()
        form = next(each for each in page.split("<form") if 'id="undo"' in each)
        undo = re.search(r'action="([^"]+/undo/)"', form).group(1)
        screens.post(undo, {"next": url("guideline", row)})
    assert 'id="undo"' not in screens.get(url("guideline", row)).content.decode()
    row.refresh_from_db()
    assert (shown(row), row.status, row.is_edited) == (GUIDELINE, ReviewStatus.PENDING_REVIEW, False)


@pytest.mark.parametrize(
    ("name", "form"),
    [("split", {"at": ""}), ("move", {"page": "1"}), ("merge", {}), ("move", {"page": "1", "other": "x"})],
)
def test_a_form_without_a_choice_says_what_is_missing(screens, row, name, form, said):
    assert said(screens.post(url(f"guideline_{name}", row), form, follow=True))[0].startswith("Choose")


def test_steps_up_and_down_go_from_topic_to_topic(screens, book, row, other):
    behind = TopicFactory(book=book, sequence=2)
    last = SubtopicFactory(topic=behind, sequence=1, title="Last")

    def order() -> list[str]:
        rows = Subtopic.objects.filter(topic__book=book).order_by("topic__sequence", "sequence")
        return [f"{each.topic.sequence} {each.title}" for each in rows.select_related("topic")]

    def step(row, way) -> None:
        assert screens.post(url("guideline_place", row), {"way": way}).url.endswith(f"#{way}-{row.pk}")

    step(row, "up")
    assert order() == ["1 Counting", "1 Adding", "2 Last"]
    step(row, "down")
    step(row, "down")
    assert order() == ["1 Adding", "2 Counting", "2 Last"]
    step(row, "up")
    assert order() == ["1 Adding", "1 Counting", "2 Last"]
    step(last, "down")
    screens.post(reverse("admin:books_book_topic_place", args=[book.pk, behind.pk]), {"way": "up"})
    assert order() == ["1 Last", "2 Adding", "2 Counting"]
    assert Topic.objects.get(pk=behind.pk).is_edited


def test_history_says_who_from_what_and_which_words_and_restores(screens, admin, row):
    pears = {"objective": [{"text": "Count pears.", "pages": [1]}]}
    edit_subtopic(row.topic.book_id, row.pk, user=admin, revision=None, guideline=pears)
    page = screens.get(url("guideline_history", row)).content.decode()
    assert "<del>apples. </del><ins>pears. </ins>" in page
    assert "ada, " in page
    version = re.search(r'name="version" value="(\d+)"', page).group(1)
    screens.post(url("guideline_restore", row), {"version": version})
    row.refresh_from_db()
    assert (shown(row), row.status) == (GUIDELINE, ReviewStatus.PENDING_REVIEW)
    assert screens.post(url("guideline_restore", row), {"version": "999999"}).status_code == 404


def test_a_changed_topic_is_not_overwritten(screens, row):
    form = {"revision": row.topic.revision, "title": "Numbers", "summary": "S", "storyline": "First, then."}
    address = reverse("admin:books_book_topic_save", args=[row.topic.book_id, row.topic_id])
    assert screens.post(address, form).status_code == 302
    late = screens.post(address, form | {"title": "Mine"})
    assert (late.status_code, late.context["said"]["title"]) == (409, "Mine")
    assert Topic.objects.get(pk=row.topic_id).title == "Numbers"


def test_a_page_is_shown_alone_for_htmx_and_on_the_screen_without(screens, row):
    address = url("guideline", row) + "?page=2&said=concepts.0"
    fragment = screens.get(address, headers={"HX-Request": "true"})
    assert fragment.content.decode().lstrip().startswith('<aside class="cited-page" id="cited"')
    assert "HX-Request" in fragment["Vary"]
    whole = screens.get(address).content.decode()
    assert "<h3>Page 2</h3>" in whole
    assert "Numbers name how many." in whole


# ---- across books ---------------------------------------------------------------------------------------------------


def listed(client: Client, **asked: str) -> list[str]:
    hits = client.get(reverse("admin:books_review"), asked).context["hits"]
    return [hit.row.title for hit in hits]


def test_guidelines_of_all_books_are_filtered_and_searched(screens, admin, row):
    physics = BookFactory(title="Conceptual Physics", country="India", board="CBSE", grade="9", subject="Physics")
    force = SubtopicFactory(
        topic=TopicFactory(book=physics), title="Force", status=ReviewStatus.APPROVED, reviewed_by=admin,
        guideline={"concepts": [{"text": "A <b>force</b> accelerates.", "pages": [1]}]},
    )  # fmt: skip
    assert listed(screens) == ["Counting"]
    assert listed(screens, status="any") == ["Counting", "Force"]
    assert listed(screens, status="approved", country="India", board="CBSE", grade="9", subject="Physics") == ["Force"]
    assert listed(screens, status="any", country="Chile") == []
    assert listed(screens, reviewer=str(admin.pk)) == ["Force"]
    assert listed(screens, book="phys concept") == ["Force"]
    assert listed(screens, q="ACCEL") == ["Force"]
    assert listed(screens, q="celerates") == []
    page = screens.get(reverse("admin:books_review"), {"q": "acceler"}).content.decode()
    assert "&lt;b&gt;force&lt;/b&gt; <mark>acceler</mark>ates" in page
    assert url("guideline", force) in page


def test_the_list_is_turned_page_by_page_at_the_same_cost(screens, row, django_assert_max_num_queries):
    rows = [SubtopicFactory(topic=row.topic, title=f"T{n}") for n in range(120)]
    address = reverse("admin:books_review") + "?status=any"
    seen: list[str] = []
    turns = []
    while address:
        with django_assert_max_num_queries(12):
            response = screens.get(address)
        seen += [hit.row.title for hit in response.context["hits"]]
        later = response.context["later"]
        address = later and f"{reverse('admin:books_review')}?status=any&after={later}"
        turns.append(response)
    assert seen == ["Counting", *(each.title for each in rows)]
    back = screens.get(reverse("admin:books_review"), {"status": "any", "before": turns[2].context["earlier"]})
    assert [hit.row.pk for hit in back.context["hits"]] == [hit.row.pk for hit in turns[1].context["hits"]]


def test_a_book_of_many_guidelines_costs_the_same_queries(screens, row, django_assert_max_num_queries):
    for n in range(60):
        SubtopicFactory(topic=TopicFactory(book=row.topic.book), title=f"T{n}")
    for name in ("guidelines", "guidelines_preview", "changes", "arrange_guidelines"):
        with django_assert_max_num_queries(14):
            screens.get(reverse(f"admin:books_book_{name}", args=[row.topic.book_id]))
    for name in ("guideline_edit", "guideline_pages", "guideline_history"):
        with django_assert_max_num_queries(14):
            screens.get(url(name, row))
