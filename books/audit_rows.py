"""Notes every change of a row that says who may do what, or at what price: in its transaction, whatever changes it.

A queryset's ``update`` goes past the signals that this listens to: such rows are saved one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.utils.translation import override

from books.audit import note_row
from books.models import ApiToken, Book, ModelPrice, StageModel, WebhookEndpoint

WATCHED: Final = (ApiToken, Authenticator, Book, Group, ModelPrice, StageModel, User, WebhookEndpoint)
# Rights that are rows of their own, and what a person calls them.
RIGHTS: Final = (
    (User.groups.through, "roles"),
    (User.user_permissions.through, "permissions"),
    (Group.permissions.through, "permissions"),
    (Book.team.through, "team"),
)
SIGNS: Final = {"post_add": "+", "post_remove": "-", "pre_clear": "-"}
SECRET: Final = {"password", "secret", "sha256", "data"}
# Written by use, not by a decision.
BY_USE: Final = {"last_login", "last_used_at"}


def watch() -> None:
    for model in WATCHED:
        pre_save.connect(_about_to_save, sender=model)
        post_save.connect(_saved, sender=model)
        post_delete.connect(_deleted, sender=model)
    for through, title in RIGHTS:
        m2m_changed.connect(_RightsNoted(title), sender=through, weak=False)


def _about_to_save(instance: Any, **_: Any) -> None:
    instance.before_save = type(instance)._base_manager.filter(pk=instance.pk).first() if instance.pk else None


def _saved(instance: Any, *, created: bool, **_: Any) -> None:
    if created:
        note_row("Added", instance)
    elif instance.before_save:
        with override(settings.LANGUAGE_CODE):
            changes = "; ".join(_changes(instance.before_save, instance))
        if changes:
            note_row("Changed", instance, changes)


def _deleted(instance: Any, **_: Any) -> None:
    note_row("Deleted", instance)


def _changes(before: Model, after: Model) -> Iterator[str]:
    for field in after._meta.concrete_fields:
        old, new = (field.to_python(getattr(row, field.attname)) for row in (before, after))
        if old != new and field.name not in BY_USE:
            told = "changed" if field.name in SECRET else f"{_word(old)} → {_word(new)}"
            yield f"{field.verbose_name}{'' if field.name in SECRET else ':'} {told}"


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)


class _RightsNoted:
    def __init__(self, title: str) -> None:
        self.title = title

    def __call__(
        self, instance: Any, action: str, model: type[Model], pk_set: set[int] | None, *, reverse: bool, **options: Any
    ) -> None:
        sign = SIGNS.get(action)
        if sign is None or pk_set == set():
            return
        rows = model._base_manager.filter(pk__in=pk_set) if pk_set else _all_of(instance, options["sender"], model)
        names = ", ".join(sorted(f"{sign} {getattr(row, 'name', row)}" for row in rows))
        note_row("Changed", instance, f"{'members' if reverse else self.title}: {names}")


def _all_of(instance: Model, through: Any, model: type[Model]) -> Any:
    named = instance._meta.model_name, model._meta.model_name
    links = through._base_manager.filter(**{f"{named[0]}_id": instance.pk})
    return model._base_manager.filter(pk__in=links.values(f"{named[1]}_id"))
