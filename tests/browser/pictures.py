"""Pictures of every screen with the sample book, light, dark and on a phone, into the folder that SCREENS names."""

from __future__ import annotations

import os
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from PIL import Image

from books.guidelines import review
from books.guidelines.changes import change
from books.guidelines.proposals import propose, setting
from books.guidelines.review import Decision
from books.intake.sample import SAMPLE
from books.models import Book, GuidelineImport, Page, ProposalKind, Subtopic
from books.publishing.plan import Scope
from books.publishing.publish import publish
from books.stored.guideline import Finding, FindingKind, Part
from books.stored.proposal import Values
from tests.admin.addresses import GET, SCREENS
from tests.admin.conftest import facts  # noqa: F401
from tests.browser.test_accessible import NO_SCREENS, PLAIN
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
    shown = [each for each in SCREENS if each.method == GET and each.name not in NO_SCREENS]
    addresses = {
        each.name: reverse(each.space + each.name, args=[known.get(name, name) for name in each.args.split()])
        for each in shown
    }
    addresses |= {name.rpartition(":")[2]: reverse(name) for name in PLAIN if name != "admin:books_modelcall_add"}
    addresses |= {
        "jobs": reverse("admin:jobs_job_changelist"),
        "job": reverse("admin:jobs_job_change", args=[known["job"]]),
    }
    for mode in ("lines", "text"):
        addresses[f"books_book_page_{mode}"] = f"{addresses['books_book_page']}?edit={mode}"
    missing = []
    for name, address in addresses.items():
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
