"""API tokens: giving them out, recognising them before anything else looks at a request, taking them back."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Case, F, Q, QuerySet, Subquery, When
from django.db.models.functions import Greatest
from django.http import HttpRequest, HttpResponse

from books.attempts import token_refused
from books.models import ApiToken, Feed, TokenScope
from jobs import clock

PREFIX: Final = "bpt_"
BEGINNING: Final = 10
# Use is written down this seldom, so that reading does not write.
USE_NOTED_EVERY: Final = timedelta(minutes=1)
# Into so many parts the requests of a minute are divided among processes.
SHARES: Final = 60
# What tokens are for; /gate is asked about it by a proxy.
ADDRESSES: Final = ("/api/", "/gate")


class TokenMiddleware:
    """A request of the API that brings a token is its owner's, whatever session comes along."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and request.path_info.startswith(ADDRESSES):
            token = holder_of(text.strip())
            if token is None:
                token_refused(request)
                request.user = AnonymousUser()
            else:
                note_use(token)
                request.token, request.user = token, token.owner  # type: ignore[attr-defined]
        return self.get_response(request)


def token_of(request: HttpRequest) -> ApiToken | None:
    """The token that ``request`` was made with; None for people."""
    return getattr(request, "token", None)


def lack_of_scope(request: HttpRequest, *scopes: TokenScope) -> str:
    """Why the token of ``request`` does not do for what needs one of ``scopes``; "" where it does, and for people."""
    token = token_of(request)
    if token is None or set(scopes) & set(token.scopes):
        return ""
    if not scopes:
        return "This is for people who are signed in, not for tokens."
    return f"This token lacks the scope {' or '.join(f'“{scope}”' for scope in scopes)}."


def give_out(token: ApiToken, *, owner: User) -> str:
    """Saves ``token`` with a fresh secret and returns that, which nobody can find out again."""
    text = PREFIX + secrets.token_urlsafe(32)
    token.sha256, token.beginning, token.owner = _hash(text), text[:BEGINNING], owner
    token.save()
    return text


def holder_of(text: str) -> ApiToken | None:
    """The valid token that ``text`` is, with ``position``: that of the feed. One query."""
    position = Subquery(Feed.objects.values("position")[:1])
    rows = ApiToken.objects.select_related("owner").annotate(position=position)
    token = rows.filter(sha256=_hash(text)).first()
    return token if token is not None and token.standing == "valid" else None


def note_use(token: ApiToken) -> None:
    before = clock.now() - USE_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < before:
        unnoted = ApiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=before), pk=token.pk)
        unnoted.update(last_used_at=clock.now())


def take_requests(token: ApiToken, minute: int) -> int:
    """How many requests of ``minute`` one process may answer for ``token``; 0 when all processes took all. One query.

    A share at a time, so that most requests ask nobody; what a process does not use of it is lost with the minute.
    """
    share: int = max(1, settings.TOKEN_REQUESTS_PER_MINUTE // SHARES)
    known = Q(minute__gte=minute)
    used_up = known & Q(taken__gt=settings.TOKEN_REQUESTS_PER_MINUTE - share)
    taken = Case(When(known, then=F("taken") + share), default=share)
    rows = ApiToken.objects.filter(~used_up, pk=token.pk)
    return share * rows.update(taken=taken, minute=Greatest("minute", minute))


def revoke(tokens: QuerySet[ApiToken]) -> int:
    valid = list(tokens.filter(revoked_at=None))
    for token in valid:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
    return len(valid)


def _hash(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
