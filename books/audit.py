"""Notes who did what: a middleware that every change asked for over HTTP passes, the signals of signing in, and every
change of a row that says who may do what, or at what price: in its transaction, whatever changes it.

A queryset's ``update`` goes past the signals that this listens to: such rows are saved one by one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, Group, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import DatabaseError
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from django.utils.translation import override

from books.models import ApiToken, AuditEntry, Book, ModelPrice, Outcome, StageModel, WebhookEndpoint
from books.numbers import number_of
from jobs.models import Job

logger = logging.getLogger(__name__)

READING: Final = {"GET", "HEAD", "OPTIONS", "TRACE"}
# Told by signals, or told as a whole by the upload that announced them.
LEFT_OUT: Final = {
    *("login", "logout", "account_login", "account_logout", "mfa_authenticate", "openid_connect_login"),
    *("send_file", "file_arrived"),
}
_request: ContextVar[HttpRequest | None] = ContextVar("audited_request", default=None)


class AuditMiddleware:
    """After the view, so that it knows the outcome. ``refuse`` tells of refusals that are answered with a redirect."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            response = self.get_response(request)
        finally:
            _request.reset(token)
        match = request.resolver_match
        if match is not None and request.method not in READING and request.user.is_authenticated:
            outcome = _outcome(response.status_code, _refusal(request))
            if match.url_name not in LEFT_OUT and not (outcome == Outcome.DONE and _logs_itself(match)):
                told = {"detail": _refusal(request), "token": _token(request), **_object(request, match)}
                note(request.user, match.view_name, outcome, **told)
        return response


def refuse(request: HttpRequest, sentence: str) -> None:
    """Says that what ``request`` asked for was not done, and why."""
    request.refusal = sentence  # type: ignore[attr-defined]


def note(
    person: AbstractBaseUser | None,
    action: str,
    outcome: Outcome,
    *,
    name: str = "",
    detail: str = "",
    book_number: int | None = None,
    about: str = "",
    token: str = "",
) -> None:
    """What was done stays done where it cannot be noted: that is logged."""
    try:
        AuditEntry.objects.create(
            person_id=person.pk if person else None,
            name=(name or (person.get_username() if person else ""))[:150],
            action=action[:120],
            outcome=outcome,
            detail=detail[:300],
            book_number=book_number,
            about=about[:200],
            token=token[:100],
        )
    except DatabaseError:
        logger.exception("audit entry lost", extra={"action": action, "outcome": outcome})


def note_row(verb: str, row: Model, detail: str = "") -> None:
    """What becomes of ``row``, by whoever asks for it; where it cannot be noted it is not done."""
    request = _request.get()
    person = request.user if request and request.user.is_authenticated else None
    with override(settings.LANGUAGE_CODE):
        AuditEntry.objects.create(
            person_id=person.pk if person else None,
            name=person.get_username() if person else "sign-on" if request else "command line",
            action=f"{verb} {row._meta.verbose_name}",
            about=f"“{str(row)[:198]}”",
            outcome=Outcome.DONE,
            detail=detail[:300],
            token=_token(request),
            book_number=row.pk if isinstance(row, Book) else None,
        )


def _token(request: HttpRequest | None) -> str:
    """Its name and beginning, of a request that was made with one."""
    return str(getattr(request, "token", ""))


def _refusal(request: HttpRequest) -> str:
    return str(getattr(request, "refusal", ""))


def _outcome(status: int, refusal: str) -> Outcome:
    if status in {401, 403}:
        return Outcome.FORBIDDEN
    if status >= 500:
        return Outcome.FAILED
    return Outcome.REFUSED if refusal or status >= 400 else Outcome.DONE


def _logs_itself(match: ResolverMatch) -> bool:
    """Of what Django's own add, change and delete screens do the rows tell; its lists' actions may do anything."""
    return hasattr(match.func, "model_admin") and not str(match.url_name).endswith("_changelist")


def _object(request: HttpRequest, match: ResolverMatch) -> dict[str, Any]:
    """The book's number, which a job's address does not name, and what else the address, or a list's form, names."""
    named = dict(match.kwargs)
    if str(match.url_name).endswith("_changelist"):
        named = {request.POST.get("action", ""): ", ".join(request.POST.getlist("_selected_action"))}
    # Where the form was read: an upload that was refused unread stays so.
    posted = request.__dict__.get("_post", {})
    named |= {key: posted[key] for key in ("decision", "act") if re.fullmatch("[a-z_]{1,20}", posted.get(key, ""))}
    model_admin = getattr(match.func, "model_admin", None)
    number = named.pop("object_id" if getattr(model_admin, "model", None) is Book else "book_id", None)
    if number is None and "job_id" in named:
        number = Job.objects.filter(pk=named["job_id"]).values_list("book_id", flat=True).first()
    return {
        "book_number": number_of(number),
        "about": ", ".join(f"{key.removesuffix('_id').replace('_', ' ')} {value}" for key, value in named.items()),
    }


@receiver(user_logged_in)
def _signed_in(user: AbstractBaseUser, **_: Any) -> None:
    note(user, "sign in", Outcome.DONE)


@receiver(user_logged_out)
def _signed_out(user: AbstractBaseUser | None, **_: Any) -> None:
    if user is not None:
        note(user, "sign out", Outcome.DONE)


@receiver(user_login_failed)
def _not_signed_in(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """What is refused unlooked at, after too many failures, is told no more: anybody could fill the table with it."""
    was_counted = getattr(request, "axes_failures_since_start", None) is not None  # axes heard of it before us
    if was_counted or not getattr(request, "axes_locked_out", False):
        note(None, "sign in", Outcome.REFUSED, name=str(credentials.get("username", "")))


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
