"""Publishing in the admin: what would go out and why not, the versions that readers had, and how they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from books.admin.guards import StaffRequest, action, screen, show
from books.admin.undo import offers_of_changes
from books.guidelines.history import WordChange, word_changes
from books.models import Book, PublishedGuideline, PublishedSet, Subtopic, Topic
from books.numbers import number_of
from books.publishing.plan import Entry, Plan, Scope, plan_of, present_version
from books.publishing.publish import publish, roll_back, take_back
from books.publishing.published import Difference, differences_between, versions_of
from books.stored.guideline import PART_TITLES, with_pages
from books.wording import in_language

# What a person calls the facts, in the order of the screen; the rest (reviewer, keys, engine) is told in a line.
TEXTS = {
    "topic_title": gettext_lazy("Topic"),
    "title": gettext_lazy("Title"),
    "summary": gettext_lazy("Summary"),
    "topic_summary": gettext_lazy("Summary of the topic"),
    "storyline": gettext_lazy("Storyline"),
}
OTHERS = {
    "sequence": gettext_lazy("place in the topic"),
    "topic_sequence": gettext_lazy("place of the topic"),
    "topic_key": gettext_lazy("topic"),
    "number": gettext_lazy("number"),
    "topic_number": gettext_lazy("number of the topic"),
    "pages": gettext_lazy("pages"),
    "figures": gettext_lazy("figures"),
    "book_title": gettext_lazy("title of the book"),
    "country": gettext_lazy("country"),
    "board": gettext_lazy("board"),
    "grade": gettext_lazy("grade"),
    "subject": gettext_lazy("subject"),
    "language": gettext_lazy("language"),
    "engine": gettext_lazy("engine"),
    "provenance": gettext_lazy("how it was made"),
    "reviewer": gettext_lazy("reviewer"),
    "reviewed_at": gettext_lazy("time of approval"),
}


# A text by its name, with what changed in it.
Passage = tuple[str, list[WordChange]]


@dataclass(frozen=True, slots=True)
class Shown:
    """``state`` is new, gone or changed; ``also`` names what changed beside the texts; ``key`` is "" where gone."""

    key: str
    title: str
    topic: str
    state: str
    passages: list[Passage]
    also: list[str]


def shown_differences(book: Book, before: int, after: int) -> list[Shown]:
    return [_shown_of(each) for each in differences_between(book, before, after)]


def _shown_of(difference: Difference) -> Shown:
    row = difference.either
    if difference.before is None or difference.after is None:
        key, state = (row.key, gettext_noop("new")) if difference.after else ("", gettext_noop("gone"))
        return Shown(key, row.title, row.topic_title, state, [], [])
    old, new = _texts(difference.before), _texts(difference.after)
    passages = [(label, word_changes(old[label], text)) for label, text in new.items() if old.get(label, "") != text]
    return Shown(
        row.key,
        row.title,
        row.topic_title,
        gettext_noop("changed"),
        passages,
        named(tuple(name for name in difference.changed if name in OTHERS)),
    )


def named(facts: tuple[str, ...]) -> list[str]:
    """What a person calls ``facts``."""
    names = {name: label.lower() for name, label in TEXTS.items()} | {"guideline": _("guideline")} | OTHERS
    return [str(names[name]) for name in facts]


def _texts(row: PublishedGuideline) -> dict[str, str]:
    texts = {str(label): getattr(row, name) for name, label in TEXTS.items()}
    return texts | {_(title): _part(row, part) for part, title in PART_TITLES.items()}


def _part(row: PublishedGuideline, part: str) -> str:
    statements = row.guideline.get(part, [])
    return "\n".join(with_pages(each["text"], each["pages"], each.get("kind", "")) for each in statements)


PERMISSION = "books.publish_guideline"
VERSIONS_SHOWN = 50


@screen("books.view_book", "publish/", "books_book_publish")
def preview(request: StaffRequest, book: Book) -> HttpResponseBase:
    """What publishing the whole book would do, or with ?topic= or ?guideline= that of it alone."""
    scope = _scope(book, request.GET)
    plan, may_undo = plan_of(book, scope), request.user.has_perm("books.change_subtopic")
    versions = list(_with_counts(versions_of(book))[:VERSIONS_SHOWN])
    context = {
        "title": _("Publish"),
        "book": book,
        "plan": plan,
        "scope": scope,
        "chosen": _chosen(scope),
        "groups": _groups(plan),
        "topics": plan.topics,
        "versions": versions,
        "present": versions[0] if versions else None,
        "offers": offers_of_changes(book, request.user) if may_undo and plan.does_something else [],
        "readers_have": plan.readers_have,
    }
    return show(request, "publish", context)


def _groups(plan: Plan) -> list[dict[str, Any]]:
    groups = (
        ("new", _("New for readers"), plan.new),
        ("changed", _("Changed for readers"), plan.changed),
        ("goes", _("Taken away from readers"), plan.goes),
        ("stays", _("Stays as it was published"), plan.stays),
        ("left-out", _("Not published"), plan.left_out),
        ("unchanged", _("Readers have it already"), plan.unchanged),
    )
    return [
        {"id": name, "title": title, "entries": [(entry, _why(entry)) for entry in entries]}
        for name, title, entries in groups
        if entries
    ]


def _why(entry: Entry) -> str:
    changed = ", ".join(named(entry.changed))
    return in_language(entry.reason) or (_("Changed: {changed}").format(changed=changed) if changed else "")


@action(PERMISSION, "publish/now/", "books_book_publish_now")
def publish_now(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Publishes what the preview showed; where that would be something else by now, nothing."""
    made = publish(book.pk, _scope(book, request.POST), user=request.user, seen=request.POST.get("seen", ""))
    said = in_language(made.sentence)
    messages.success(
        request, _("Published as version {version}: {sentence}.").format(version=made.version, sentence=said)
    )
    if made.left_out:
        count = len(made.left_out)
        words = ngettext(
            "{count} guideline did not go out; see why below.",
            "{count} guidelines did not go out; see why below.",
            count,
        )
        messages.warning(request, words.format(count=count))
    return redirect("admin:books_book_version", book.pk, made.version)


@screen("books.view_book", "publish/<int:version>/", "books_book_version")
def one_version(request: StaffRequest, book: Book, version: int) -> HttpResponseBase:
    """One set beside another: the present one beside that before it, an earlier one as what rolling back would do.
    With ?read= the text of one guideline (its key) as readers of that set get it."""
    shown = get_object_or_404(_with_counts(versions_of(book)), version=version)
    present = present_version(book.pk)
    against = _against(request, version, present)
    rows = PublishedGuideline.objects.of_version(book.pk, version).in_order()
    read = rows.filter(key=request.GET.get("read", "").replace("\x00", "")).first()
    context = {
        "title": _("Version {version}").format(version=version),
        "book": book,
        "rows": rows.only("key", "title", "number", "topic_title"),
        "read": read,
        "read_texts": [(label, text) for label, text in _texts(read).items() if text] if read else [],
        "shown": shown,
        "present": present,
        "against": against,
        "differences": shown_differences(book, against, version),
        "others": range(present, 0, -1),
    }
    return show(request, "published_version", context)


def _against(request: StaffRequest, version: int, present: int) -> int:
    """The set that this one is compared with; 0 is the empty one before the first."""
    asked = number_of(request.GET.get("against"), present)
    if asked is not None:
        return asked
    return version - 1 if version == present else present


@action(PERMISSION, "publish/<int:version>/roll-back/", "books_book_roll_back")
def roll_back_to(request: StaffRequest, book: Book, version: int) -> HttpResponseBase:
    get_object_or_404(PublishedSet, book=book.pk, version=version)
    made = roll_back(book.pk, version, user=request.user)
    messages.success(
        request,
        _("Readers have version {earlier} again, as version {version}.").format(earlier=version, version=made.version),
    )
    return redirect("admin:books_book_publish", book.pk)


@action(PERMISSION, "publish/take-back/", "books_book_take_back")
def take_all_back(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Needs the box ticked; without a script the browser asks for it."""
    if request.POST.get("sure") != "yes":
        messages.error(request, _("Nothing was taken back: tick the box to say that you mean it."))
    else:
        made = take_back(book.pk, user=request.user)
        messages.success(
            request,
            _("Readers get nothing of this book any more. You can restore version {version}.").format(
                version=made.version - 1
            ),
        )
    return redirect("admin:books_book_publish", book.pk)


def _scope(book: Book, asked: QueryDict) -> Scope:
    """404 for a topic or guideline of another book."""
    guideline, topic = number_of(asked.get("guideline")), number_of(asked.get("topic"))
    if guideline is not None:
        return Scope(subtopic=get_object_or_404(Subtopic, pk=guideline, topic__book=book).pk)
    if topic is not None:
        return Scope(topic=get_object_or_404(Topic, pk=topic, book=book).pk)
    return Scope()


def _chosen(scope: Scope) -> str:
    if scope.subtopic is not None:
        return Subtopic.objects.get(pk=scope.subtopic).title
    return Topic.objects.get(pk=scope.topic).title if scope.topic is not None else ""


def _with_counts(versions: QuerySet[PublishedSet]) -> QuerySet[PublishedSet]:
    """Adds ``guidelines``: how many readers had."""
    rows = PublishedGuideline.objects.filter(book=OuterRef("book"), since_version__lte=OuterRef("version"))
    rows = rows.filter(Q(until_version=None) | Q(until_version__gte=OuterRef("version"))).order_by()
    counted = rows.values("book").annotate(count=Count("pk")).values("count")
    return versions.annotate(guidelines=Coalesce(Subquery(counted), 0))
