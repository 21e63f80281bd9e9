"""Keeps every citation with its page when pages get other numbers: guidelines, topics, outlines and digests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, Model, Value
from django.db.models.functions import Cast, Concat

from books.intake.renumbering import fingerprint, given_back, renumbered
from books.models import Book, Change, Contents, PageDigest, Proposal, StoredOutline, Subtopic, Topic

# By the name of a row: {"before": its facts, "after": a fingerprint of what they became}.
Kept = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Cited:
    """A row and those of its fields that hold page numbers."""

    row: Model
    fields: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.row._meta.model_name}:{self.row.pk}"

    @property
    def facts(self) -> dict[str, Any]:
        return {field: getattr(self.row, field) for field in self.fields}


Changes = list[tuple[Cited, dict[str, Any]]]


def carry(book: Book, mapping: Mapping[int, int]) -> Kept:
    """Renumbers all citations of ``book`` in the caller's transaction; returns what renumbering back cannot restore."""
    back = {new: old for old, new in mapping.items()}
    changes = [(cited, renumbered(cited.facts, mapping)) for cited in _cited(book)]
    _tell_apart(changes)
    kept = {
        cited.name: {"before": cited.facts, "after": fingerprint(after)}
        for cited, after in changes
        if renumbered(after, back) != cited.facts
    }
    _write(book, changes)
    return kept


def carry_back(book: Book, mapping: Mapping[int, int], kept: Kept) -> None:
    """Undoes ``carry``: rows that nobody changed since become what they were; of others, the citations come back that
    still have their statement."""
    changes = [(cited, _facts_back(cited, mapping, kept.get(cited.name))) for cited in _cited(book)]
    _tell_apart(changes)
    _write(book, changes)


def _facts_back(cited: Cited, mapping: Mapping[int, int], known: dict[str, Any] | None) -> dict[str, Any]:
    if known and fingerprint(cited.facts) == known["after"]:
        return dict(known["before"])
    facts = renumbered(cited.facts, mapping)
    return dict(given_back(facts, known["before"]) if known else facts)


def number_digests(book: Book) -> None:
    """A digest names its page by number too."""
    digests = list(PageDigest.objects.filter(page__book=book).select_related("page"))
    moved = [digest for digest in digests if digest.data.get("page") != digest.page.number]
    for digest in moved:
        digest.data["page"] = digest.page.number
    PageDigest.objects.bulk_update(moved, ["data"], batch_size=200)


def _cited(book: Book) -> Iterator[Cited]:
    for subtopic in Subtopic.objects.filter(topic__book=book).order_by("topic__sequence", "sequence"):
        yield Cited(subtopic, ("key", "merged_keys", "pages", "guideline"))
    for topic in Topic.objects.filter(book=book):
        yield Cited(topic, ("first_page", "last_page"))
    for outline in StoredOutline.objects.filter(book=book):
        yield Cited(outline, ("data",))
    for contents in Contents.objects.filter(book=book):
        yield Cited(contents, ("entries",))


def _tell_apart(changes: Changes) -> None:
    """Keys are unique in a topic; two that ranges without a page made equal get the ids of their rows."""
    seen: set[tuple[int, str]] = set()
    for cited, after in changes:
        if isinstance(cited.row, Subtopic):
            if (cited.row.topic_id, after["key"]) in seen:
                after["key"] = f"{after['key'][:60]}~{cited.row.pk}"
            seen.add((cited.row.topic_id, after["key"]))


def _write(book: Book, changes: Changes) -> None:
    rows: dict[type[Model], list[Model]] = {}
    fields: dict[type[Model], tuple[str, ...]] = {}
    for cited, after in changes:
        if after == cited.facts:
            continue
        for field, value in after.items():
            setattr(cited.row, field, value)
        rows.setdefault(type(cited.row), []).append(cited.row)
        fields[type(cited.row)] = cited.fields
    # A key may be one that another row is about to leave: they all make room first.
    aside = Concat(Value("~"), Cast("id", CharField()))
    Subtopic.objects.filter(pk__in=[row.pk for row in rows.get(Subtopic, [])]).update(key=aside)
    for model, objects in rows.items():
        model._default_manager.bulk_update(objects, fields[model], batch_size=200)
    _outdate(book)


def _outdate(book: Book) -> None:
    """Whoever has a guideline open is told that it changed, and no earlier change of it can be undone: its history
    cites the pages by their old numbers."""
    Change.objects.filter(book=book, is_final=False).update(is_final=True)
    Proposal.objects.filter(book=book).outdate_citing()
    Subtopic.objects.filter(topic__book=book).update(revision=F("revision") + 1)
    Topic.objects.filter(book=book).update(revision=F("revision") + 1)
