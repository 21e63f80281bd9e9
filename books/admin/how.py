"""The page "How it works": the way of a page, step by step, with the screens on which it is seen and decided."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from books.access import open_books
from books.admin.guards import StaffRequest, screen, show
from books.intake.sample import SAMPLE
from books.models import Book

LOOK, GENERATE = "books.view_book", "books.ask_model"
# By the name of its address: what a screen of a book is called here, and who may see it.
OF_BOOK: Final = {
    "overview": (gettext_lazy("The book"), LOOK),
    "map": (gettext_lazy("Page map"), LOOK),
    "contents": (gettext_lazy("Table of contents"), LOOK),
    "start": (gettext_lazy("Generate guidelines"), GENERATE),
    "guidelines": (gettext_lazy("Guidelines"), LOOK),
    "proposals": (gettext_lazy("Proposals"), LOOK),
    "publish": (gettext_lazy("Preview and publish"), LOOK),
    "exchange": (gettext_lazy("Export and import"), LOOK),
}


@screen(LOOK, "/books/book/how/", "books_how")
def how(request: StaffRequest) -> HttpResponseBase:
    newest = open_books(request.user).order_by("-pk").first()
    steps = [step | {"links": _links(request, newest, step["screens"])} for step in _way()]
    return show(request, "how", {"title": _("How it works"), "steps": steps, "has_sample": SAMPLE.is_dir()})


def _links(request: StaffRequest, book: Book | None, names: tuple[str, ...]) -> list[tuple[str, str]]:
    if book is None:
        return []
    seen = [name for name in names if request.user.has_perm(OF_BOOK[name][1])]
    return [(str(OF_BOOK[name][0]), reverse(f"admin:books_book_{name}", args=[book.pk])) for name in seen]


def _way() -> list[dict[str, Any]]:
    """``who`` decides a step; without it goes by itself."""
    return [
        {
            "title": _("Upload"),
            "words": _("Scans, photographs or a PDF become numbered pages. What cannot be used is named, with why."),
            "who": _("which files, and in which order"),
            "screens": ("overview",),
        },
        {
            "title": pgettext("step", "Read"),
            "words": _("Each page is made level and read. Guessed words, and ink that nothing covers, are marked."),
            "screens": ("map",),
        },
        {
            "title": _("Review the pages"),
            "words": _("The scan stands beside its text. Clean pages can be approved together; the others one by one."),
            "who": _("approve, correct, reject or read again"),
            "screens": ("map", "contents"),
        },
        {
            "title": _("Outline"),
            "words": _("Headings, and contents that you confirmed, divide the book into topics and subtopics."),
            "screens": ("contents", "start"),
        },
        {
            "title": _("Write and verify"),
            "words": _(
                "Each subtopic gets a guideline. Statements keep their quotes; what these do not say is flagged."
            ),
            "screens": ("guidelines",),
        },
        {
            "title": _("Tidy names and duplicates"),
            "words": _(
                "Clear names, near-duplicates, teaching order, summaries. What would change a decision of yours is "
                "only proposed. Programs call this step finalise."
            ),
            "screens": ("proposals",),
        },
        {
            "title": _("Review the guidelines"),
            "words": _("Each statement beside the page that it rests on. Edit, split, merge; answer the flags."),
            "who": _("approve or reject, and say why"),
            "screens": ("guidelines",),
        },
        {
            "title": _("Publish"),
            "words": _("A version of all that is approved, at once. Programs read it by the API; you can restore any."),
            "who": _("when readers get it"),
            "screens": ("publish", "exchange"),
        },
    ]
