"""Every decision on every status, and that nobody decides on what they did not see."""

from itertools import product

import pytest

from books.errors import DecisionRefused, EditedMeanwhile
from books.guidelines import review
from books.guidelines.changes import change
from books.guidelines.review import Decision
from books.models import Change, ReviewStatus
from tests.factories import SubtopicFactory

pytestmark = pytest.mark.django_db
# Written out, so that the table in the code is not its own judge.
LEGAL = {
    ("draft", "approve"): "approved",
    ("draft", "reject"): "rejected",
    ("pending_review", "approve"): "approved",
    ("pending_review", "reject"): "rejected",
    ("approved", "reopen"): "pending_review",
    ("approved", "publish"): "published",
    ("rejected", "reopen"): "pending_review",
    ("published", "reopen"): "pending_review",
    ("published", "withdraw"): "approved",
}


@pytest.mark.parametrize(("status", "decision"), list(product(ReviewStatus.values, Decision.values)))
def test_every_decision_on_every_status(status, decision, admin):
    row = SubtopicFactory(status=status)
    changes = Change.objects.count()

    def decide():
        return review.decide(row.topic.book_id, row.pk, Decision(decision), user=admin, reason="Too short.")

    if (status, decision) in LEGAL:
        decide()
    else:
        with pytest.raises(DecisionRefused, match=f"“{row.title}” is "):
            decide()
    row.refresh_from_db()
    assert row.status == LEGAL.get((status, decision), status)
    assert Change.objects.count() == changes + ((status, decision) in LEGAL)
    assert row.rejection_reason == ("Too short." if decision == "reject" and status != row.status else "")


@pytest.mark.parametrize(
    ("fields", "decision", "reason"),
    [({}, Decision.REJECT, "  "), ({"guideline": {}}, Decision.APPROVE, ""), ({"guideline": {}}, Decision.REJECT, "x")],
)
def test_a_decision_that_lacks_what_it_needs_is_refused(fields, decision, reason, admin):
    row = SubtopicFactory(**fields)
    with pytest.raises(DecisionRefused):
        review.decide(row.topic.book_id, row.pk, decision, user=admin, reason=reason)


def test_publishing_keeps_who_approved(admin, django_user_model):
    row = SubtopicFactory()
    for decision, user in (
        (Decision.APPROVE, admin),
        (Decision.PUBLISH, django_user_model.objects.create_user("publisher")),
        (Decision.WITHDRAW, None),
    ):
        row = review.decide(row.topic.book_id, row.pk, decision, user=user)
        assert row.reviewed_by == admin


def test_what_was_changed_since_it_was_seen_is_not_decided_on(admin):
    row, other = SubtopicFactory(), SubtopicFactory()
    seen = {row.pk: row.revision, other.pk: other.revision}
    with change(row.topic.book_id, "Renamed"):
        row.title = "Another"
        row.save()
    with pytest.raises(EditedMeanwhile):
        review.decide(row.topic.book_id, row.pk, Decision.APPROVE, user=admin, revision=seen[row.pk])
    assert review.approve(row.topic.book_id, seen, user=admin, revisions=seen) == 0
    assert review.approve(other.topic.book_id, seen, user=admin, revisions=seen) == 1
