"""Pictures of every screen with the sample book, light, dark and on a phone, into the folder that SCREENS names."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import call_command
from PIL import Image

from books.extraction.contents import draft_contents
from books.guidelines import review
from books.guidelines.changes import change
from books.guidelines.proposals import propose, setting
from books.guidelines.review import Decision
from books.intake.sample import SAMPLE
from books.models import Book, GuidelineImport, ModelCall, Page, ProposalKind, Subtopic
from books.publishing.plan import Scope
from books.publishing.publish import publish
from books.stored.guideline import Finding, FindingKind, Part
from books.stored.proposal import Values
from tests.admin.conftest import facts  # noqa: F401
from tests.browser.test_accessible import screens_of
from tests.browser.test_main_job import sign_in
from tests.factories import BookFactory

FOLDER = os.environ["SCREENS"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]
LOOKS = {"light": ("light", 1280, 900), "dark": ("dark", 1280, 900), "phone": ("light", 390, 844)}
# The pictures are for looking at, not for measuring.
WIDEST, QUALITY = 800, 45


@pytest.fixture
def book() -> Book:
    """Beside the sample, so that every screen of the setup has something to show."""
    return BookFactory(title="Algebra 1", grade="9", subject="Mathematics")


def shoot(tab, name: str) -> None:
    picture = Image.open(BytesIO(tab.screenshot()))
    picture.thumbnail((WIDEST, WIDEST))
    picture.save(Path(FOLDER) / f"{name}.webp", quality=QUALITY, method=6)


def sample_book(admin) -> dict[str, object]:
    """Read, written, published in part; one guideline was rejected, a name is proposed. What its addresses need."""
    call_command("process_book", str(SAMPLE), title="Prealgebra 2e", grade="8", subject="Mathematics", approve=True)
    book = Book.objects.get(title="Prealgebra 2e")
    first, second, third, *_ = Subtopic.objects.filter(topic__book=book).order_by("topic__sequence", "sequence")
    review.decide(book.pk, first.pk, Decision.APPROVE, user=admin, revision=None)
    publish(book.pk, Scope(), user=admin)
    review.decide(book.pk, second.pk, Decision.REJECT, user=admin, revision=None, reason="It says nothing of carrying.")
    with change(book.pk, "Read a second time"):
        said, *others = third.guideline[Part.CONCEPTS]
        denied = Finding(FindingKind.DENIED, "Page 8 says “combine”.", "Subtraction takes one number from another.")
        third.guideline[Part.CONCEPTS] = (replace(said, findings=(denied,)), *others)
        third.save()
    named = setting(ProposalKind.RENAME_SUBTOPIC, third, Values(title="Subtract"), "Shorter.", at_once=False)
    propose(book.pk, named, job=None)
    Page.objects.filter(book=book, number__in=(3, 8)).update(review="pending", reviewed_at=None, reviewed_by=None)
    GuidelineImport.objects.update(book=book)
    draft_contents(book, user=admin)
    for stage, dollars in (("digest", "0.07"), ("outline", "0.04"), ("write", "0.13"), ("verify", "0.05")):
        call = {"model": "gpt-5-mini", "outcome": "answered", "tokens_in": 9000, "tokens_out": 900, "seconds": 4}
        ModelCall.objects.create(book=book, stage=stage, cost=Decimal(dollars), **call)
    known = {"book": book.pk, "page": 3, "subtopic": third.pk, "topic": third.topic_id, "version": 1}
    return known | {"job": book.jobs.filter(is_exclusive=True).first().pk, "merge": ProposalKind.RENAME_SUBTOPIC.value}


def test_every_screen_is_pictured(chromium, live_server, admin, request):
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    tabs = {}
    for look, (scheme, width, height) in LOOKS.items():
        tabs[look] = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": height}).new_page()
        tabs[look].goto(live_server.url)
        shoot(tabs[look], f"login-{look}")
        sign_in(tabs[look], live_server)
        shoot(tabs[look], f"first-steps-{look}")
    known = request.getfixturevalue("facts") | sample_book(admin)
    missing = []
    for name, address in screens_of(known).items():
        for look, tab in tabs.items():
            answer = tab.goto(live_server.url + address)
            tab.wait_for_timeout(200)  # Transitions, and what scripts show.
            if answer.ok:
                shoot(tab, f"{name.removeprefix('books_').removeprefix('book_')}-{look}")
            else:
                missing.append((name, answer.status))
    for tab in tabs.values():
        tab.context.close()
    assert not missing
