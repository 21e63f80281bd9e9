"""Where a book stands on its way, and the next step for a person in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from books.admin.guards import Button
from books.extraction.job import EXTRACTION, FINALISATION
from books.guidelines.proposals import waiting
from books.models import DECISIONS, Book, OcrStatus, Page, PageReview, ReviewStatus, Subtopic
from books.ocr.job import OCR, OCR_ELSEWHERE
from books.ocr.review import WAITING, clean_pages, review_queue
from books.wording import count_of_guidelines, count_of_pages
from jobs.models import Job
from jobs.states import JobStatus

STEPS = ("upload", "read", "approve", "generate", "finalise", "review", "publish")
STEP_OF_KIND = dict.fromkeys((OCR.kind, OCR_ELSEWHERE.kind), "read")
STEP_OF_KIND |= {EXTRACTION.kind: "generate", FINALISATION.kind: "finalise"}
# What an active job makes the label and the sentence of the next step.
BUSY = {
    JobStatus.PENDING: (
        gettext_lazy("Waiting"),
        gettext_lazy("A job of this book waits for a worker. You can close this page: it begins without you."),
    ),
    JobStatus.RUNNING: (
        gettext_lazy("At work"),
        gettext_lazy("A job is at work on this book. You can close this page: it goes on without you."),
    ),
    JobStatus.PAUSED: (
        gettext_lazy("Paused"),
        gettext_lazy("A job of this book is paused. Resume or cancel it to go on."),
    ),
    JobStatus.STALE: (
        gettext_lazy("Recovering"),
        gettext_lazy("A job of this book lost its worker. It goes on by itself in a moment."),
    ),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Pages: ``unread`` wait for their first reading, ``to_review`` were read. Guidelines: ``unwritten`` have no
    text yet, ``decided`` were approved, rejected or published; ``to_publish`` were approved and are not out;
    ``proposed`` changes wait for a decision; a text of the ``rewritten`` pages is younger than the last extraction."""

    pages: int
    unread: int
    failed: int
    to_review: int
    approved: int
    rejected: int
    guidelines: int
    unwritten: int
    drafts: int
    decided: int
    to_publish: int
    published: int
    proposed: int
    rewritten: int

    @property
    def read(self) -> int:
        return self.pages - self.unread - self.failed

    @property
    def undecided(self) -> int:
        return self.guidelines - self.decided


def counts_of(book: Book) -> Counts:
    generated = Job.objects.filter(book=book, kind=EXTRACTION.kind).order_by("-created_at").values("created_at")[:1]
    pages = Page.objects.filter(book=book).aggregate(
        pages=Count("pk"),
        unread=Count("pk", filter=Q(ocr_status=OcrStatus.WAITING)),
        failed=Count("pk", filter=Q(ocr_status=OcrStatus.FAILED)),
        to_review=Count("pk", filter=WAITING),
        approved=Count("pk", filter=Q(review=PageReview.APPROVED)),
        rejected=Count("pk", filter=Q(review=PageReview.REJECTED)),
        rewritten=Count("pk", filter=Q(reading__created_at__gt=Subquery(generated))),
    )
    guidelines = Subtopic.objects.filter(topic__book=book).aggregate(
        guidelines=Count("pk"),
        unwritten=Count("pk", filter=Q(guideline={})),
        drafts=Count("pk", filter=Q(status=ReviewStatus.DRAFT)),
        decided=Count("pk", filter=Q(status__in=DECISIONS)),
        to_publish=Count("pk", filter=Q(status=ReviewStatus.APPROVED)),
        published=Count("pk", filter=Q(status=ReviewStatus.PUBLISHED)),
    )
    return Counts(**pages, **guidelines, proposed=waiting(book).count())


@dataclass(frozen=True, slots=True)
class Step:
    """``state`` is done, now or later."""

    key: str
    title: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class Way:
    """``now`` is the key of the present step, "" when the book is through. ``sentence`` says what to do; while the
    book ``is_busy`` with a job, nothing. ``label`` says it in a word or two."""

    now: str
    is_busy: bool
    label: str
    sentence: str
    steps: tuple[Step, ...]


def way_of(counts: Counts, active: Job | None) -> Way:
    if active is None:
        now, sentence = _next(counts)
        label = _("Next step") if now else _("Done")
    else:
        now = STEP_OF_KIND.get(active.kind, "")
        label, sentence = map(str, BUSY[JobStatus(active.status)])
    at = STEPS.index(now) if now else len(STEPS)
    details = _details(counts)
    steps = tuple(
        Step(key, str(title), "done" if place < at else "now" if place == at else "later", details.get(key, ""))
        for place, (key, title) in enumerate(TITLES.items())
    )
    return Way(now, active is not None, label, sentence, steps)


TITLES = {
    "upload": gettext_lazy("Upload"),
    "read": gettext_lazy("Run OCR"),
    "approve": gettext_lazy("Approve pages"),
    "generate": gettext_lazy("Generate guidelines"),
    "finalise": gettext_lazy("Tidy up"),
    "review": gettext_lazy("Review"),
    "publish": gettext_lazy("Publish"),
}


# The first count above 0 names the step that comes next; guidelines are made when all pages are approved.
LEADS_TO = {
    "unread": "read",
    "failed": "read",
    "to_review": "approve",
    "rejected": "approve",
    "unwritten": "generate",
    "drafts": "finalise",
    "undecided": "review",
    "to_publish": "publish",
    "proposed": "review",
    "rewritten": "generate",
}
WORDS = {
    "unread": ngettext_lazy(
        "%d page is not read yet. Run OCR to get their text.", "%d pages are not read yet. Run OCR to get their text."
    ),
    "failed": ngettext_lazy(
        "%d page is not readable so far. See why below, then run OCR again.",
        "%d pages are not readable so far. See why below, then run OCR again.",
    ),
    "to_review": ngettext_lazy(
        "%d page is read and waiting for you. Look and approve.",
        "%d pages are read and waiting for you. Look and approve.",
    ),
    "rejected": ngettext_lazy(
        "%d page is rejected. Read it again, approve it after all, or remove it.",
        "%d pages are rejected. Read them again, approve them after all, or remove them.",
    ),
    "unwritten": ngettext_lazy(
        "%d guideline is not written yet. Generate once more.", "%d guidelines are not written yet. Generate once more."
    ),
    "drafts": ngettext_lazy(
        "%d guideline is a draft. Tidy names and duplicates before you review it.",
        "%d guidelines are drafts. Tidy names and duplicates before you review them.",
    ),
    "undecided": ngettext_lazy(
        "%d guideline is waiting for your review.", "%d guidelines are waiting for your review."
    ),
    "to_publish": ngettext_lazy(
        "%d guideline is approved and not published yet. Preview and publish.",
        "%d guidelines are approved and not published yet. Preview and publish.",
    ),
    "proposed": ngettext_lazy(
        "%d proposal is waiting for your decision.", "%d proposals are waiting for your decision."
    ),
    "rewritten": ngettext_lazy(
        "%d page has another text since its guidelines were made. Generate once more.",
        "%d pages have another text since their guidelines were made. Generate once more.",
    ),
}


def _next(counts: Counts) -> tuple[str, str]:
    if not counts.pages:
        return "upload", _("This book has no pages yet. Upload its scans: images or a PDF.")
    for name, step in LEADS_TO.items():
        if count := getattr(counts, name):
            return step, WORDS[name] % count
    if not counts.guidelines:
        return "generate", _("Every page is approved. Generate the guidelines.")
    return "", _("Every guideline is decided, and readers have those that were approved.")


def _details(counts: Counts) -> dict[str, str]:
    """Nothing is said of what there is none of."""
    read = _("{read} of {pages} read, {failed} failed") if counts.failed else _("{read} of {pages} read")
    pages = {
        "read": read.format(read=counts.read, pages=counts.pages, failed=counts.failed),
        "approve": _("{approved} of {pages} approved").format(approved=counts.approved, pages=counts.pages),
    }
    of = counts.guidelines
    guidelines = {
        "generate": count_of_guidelines(of - counts.unwritten),
        "finalise": _("{final} of {guidelines} tidied").format(final=of - counts.drafts, guidelines=of),
        "review": _("{decided} of {guidelines} decided").format(decided=counts.decided, guidelines=of),
        "publish": _("{published} of {guidelines} published").format(published=counts.published, guidelines=of),
    }
    return {
        "upload": count_of_pages(counts.pages),
        **(pages if counts.pages else {}),
        **(guidelines if of else {}),
    }


PRIMARY = "primary"
SELDOM = {"step-choose", "step-exchange"}
# One for the next step and two others; a person who wants more opens "More".
MOST_SHOWN = 3


def buttons_of(user: User, book: Book, counts: Counts, way: Way) -> list[Button]:
    """The present step's first, then in the order of the steps, at last what is seldom wanted. A job can only start
    while none is active."""
    buttons = _review_buttons(user, book, counts, way)
    if not way.is_busy:
        buttons += _job_buttons(user, book, counts, way)
    if counts.read:
        buttons.append(_button("contents", _("Table of contents"), _url("contents", book), way, is_link=True))
    if proposed := counts.proposed:
        label = ngettext("Decide on {count} proposal", "Decide on {count} proposals", proposed).format(count=proposed)
        at = "" if counts.undecided else "review"
        buttons.append(_button("proposals", label, _url("proposals", book), way, is_link=True, at=at))
    if counts.guidelines:
        at = "review" if counts.undecided else ""
        buttons.append(_button("review", _("Open the guidelines"), _url("guidelines", book), way, is_link=True, at=at))
        buttons.append(_button("publish", _("Preview and publish"), _url("publish", book), way, is_link=True))
    if counts.guidelines or counts.approved:
        buttons.append(_button("exchange", _("Export and import"), _url("exchange", book), way, is_link=True))
    return sorted(buttons, key=lambda button: (button.style != PRIMARY, button.id in SELDOM or _is_redo(button, way)))


def under_more(buttons: list[Button], way: Way) -> list[Button]:
    """Those that the book's page keeps folded away: redoing, exporting, and whatever comes after the third."""
    seldom = [each for each in buttons if each.style != PRIMARY and (each.id in SELDOM or _is_redo(each, way))]
    rest = [each for each in buttons if each not in seldom]
    return rest[MOST_SHOWN:] + seldom


def _is_redo(button: Button, way: Way) -> bool:
    """Starts a step anew that lies behind the present one."""
    step = button.id.removeprefix("step-")
    return not button.is_link and step in STEPS and (not way.now or STEPS.index(step) < STEPS.index(way.now))


def _review_buttons(user: User, book: Book, counts: Counts, way: Way) -> list[Button]:
    """Many at once by way of the preview alone; it holds back what a person has to look at."""
    buttons = []
    clean = clean_pages(book).count() if counts.to_review and user.has_perm("books.change_page") else 0
    if clean:
        label = _("Approve all that are clean ({clean})").format(clean=clean)
        buttons.append(_button("approve", label, _url("clean", book), way, is_link=True))
    first = review_queue(book).first() if counts.to_review else None
    look = _("Review page by page")
    if first is None and counts.rejected:
        first = Page.objects.filter(book=book, review=PageReview.REJECTED).order_by("number").first()
        look = ngettext("Open the rejected page", "Open the first rejected page", counts.rejected)
    if first is not None:
        at = "" if clean else "approve"
        buttons.append(_button("look", look, _url("page", book, first.number), way, is_link=True, at=at))
    return buttons


def _job_buttons(user: User, book: Book, counts: Counts, way: Way) -> list[Button]:
    buttons = []
    if user.has_perm("books.change_book") and (counts.unread or counts.failed):
        buttons.append(_button("read", _("Run OCR"), _url("read", book), way))
    if not user.has_perm("books.ask_model"):
        return buttons
    if counts.pages and counts.approved == counts.pages:
        label = _("Generate the guidelines again") if counts.guidelines else _("Generate guidelines")
        buttons.append(_button("generate", label, _url("generate", book), way))
    if counts.approved:
        buttons.append(_button("choose", _("Choose pages, price and cap"), _url("start", book), way, is_link=True))
    if may_finalise(counts):
        label = _("Tidy names and duplicates") if counts.drafts else _("Tidy again")
        buttons.append(_button("finalise", label, _url("finalise", book), way))
    return buttons


def may_finalise(counts: Counts) -> bool:
    """Also where all is decided: what a later run finds is proposed."""
    return bool(counts.guidelines) and not counts.unwritten


def _button(step: str, label: str, url: str, way: Way, *, is_link: bool = False, at: str | None = None) -> Button:
    """Primary at its own step, or ``at`` another; "" is none."""
    is_next = way.now and way.now == (step if at is None else at) and not way.is_busy
    return Button(f"step-{step}", label, url, PRIMARY if is_next else "plain", is_link=is_link)


def _url(screen: str, book: Book, *args: int | str) -> str:
    return reverse(f"admin:books_book_{screen}", args=[book.pk, *args])
