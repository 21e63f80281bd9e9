"""Keeps every citation with its page when pages get other numbers: guidelines, topics, outlines and digests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Model, Value
from django.db.models.functions import Cast, Concat

from books.intake.renumbering import fingerprint, given_back, renumbered
from books.models import Book, PageDigest, StoredOutline, Subtopic, Topic

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


def carry(book: Book, mapping: Mapping[int, int]) -> Kept:
    """Renumbers all citations of ``book`` in the caller's transaction; returns what renumbering back cannot restore."""
    back = {new: old for old, new in mapping.items()}
    changed: list[tuple[Cited, dict[str, Any]]] = []
    kept: Kept = {}
    for cited in _cited(book):
        after = renumbered(cited.facts, mapping)
        changed.append((cited, after))
        if renumbered(after, back) != cited.facts:
            kept[cited.name] = {"before": cited.facts, "after": fingerprint(after)}
    _write(changed)
    return kept


def carry_back(book: Book, mapping: Mapping[int, int], kept: Kept) -> None:
    """Undoes ``carry``: rows that nobody changed since become what they were; of others, the citations come back that
    still have their statement."""
    changed: list[tuple[Cited, dict[str, Any]]] = []
    for cited in _cited(book):
        known = kept.get(cited.name)
        if known and fingerprint(cited.facts) == known["after"]:
            after = known["before"]
        else:
            after = renumbered(cited.facts, mapping)
            after = given_back(after, known["before"]) if known else after
        changed.append((cited, after))
    _write(changed)


def number_digests(book: Book) -> None:
    """A digest names its page by number too."""
    digests = list(PageDigest.objects.filter(page__book=book).select_related("page"))
    moved = [digest for digest in digests if digest.data.get("page") != digest.page.number]
    for digest in moved:
        digest.data["page"] = digest.page.number
    PageDigest.objects.bulk_update(moved, ["data"], batch_size=200)


def _cited(book: Book) -> Iterator[Cited]:
    for subtopic in Subtopic.objects.filter(topic__book=book).order_by("topic__sequence", "sequence"):
        yield Cited(subtopic, ("key", "pages", "guideline"))
    for topic in Topic.objects.filter(book=book):
        yield Cited(topic, ("first_page", "last_page"))
    for outline in StoredOutline.objects.filter(book=book):
        yield Cited(outline, ("data",))


def _write(changed: list[tuple[Cited, dict[str, Any]]]) -> None:
    rows: dict[type[Model], list[Model]] = {}
    for cited, after in changed:
        if after == cited.facts:
            continue
        for field, value in after.items():
            setattr(cited.row, field, value)
        rows.setdefault(type(cited.row), []).append(cited.row)
    _free_keys([cited.row for cited, _ in changed if isinstance(cited.row, Subtopic)])
    fields = {type(cited.row): cited.fields for cited, _ in changed}
    for model, objects in rows.items():
        model._default_manager.bulk_update(objects, fields[model], batch_size=200)


def _free_keys(subtopics: list[Subtopic]) -> None:
    """Keys are unique in a topic: those in the database make room, and two that became equal are told apart."""
    taken: set[tuple[int, str]] = set()
    for subtopic in subtopics:
        if (subtopic.topic_id, subtopic.key) in taken:
            subtopic.key = f"{subtopic.key[:60]}~{subtopic.pk}"
        taken.add((subtopic.topic_id, subtopic.key))
    aside = Concat(Value("~"), Cast("id", CharField()))
    Subtopic.objects.filter(pk__in=[each.pk for each in subtopics]).update(key=aside)
