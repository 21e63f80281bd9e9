"""Giving out, recognising and taking back the tokens of reading programs."""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q, QuerySet, Subquery

from books.models import Feed, ReaderToken
from jobs import clock

PREFIX = "bpr_"
BEGINNING = 10
# Use is written down this seldom, so that reading does not write.
USE_NOTED_EVERY = timedelta(hours=1)


def give_out(token: ReaderToken, *, user: AbstractBaseUser | None) -> str:
    """Saves ``token`` with a fresh secret and returns that, which nobody can find out again."""
    text = PREFIX + secrets.token_urlsafe(32)
    token.sha256, token.beginning = _hash(text), text[:BEGINNING]
    token.created_by_id = user.pk if user else None
    token.save()
    return text


def holder_of(text: str) -> ReaderToken | None:
    """The valid token that ``text`` is, with ``position``: that of the feed. One query."""
    position = Subquery(Feed.objects.values("position")[:1])
    token = ReaderToken.objects.filter(sha256=_hash(text)).annotate(position=position).first()
    return token if token is not None and token.is_valid else None


def note_use(token: ReaderToken) -> None:
    before = clock.now() - USE_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < before:
        unnoted = ReaderToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=before), pk=token.pk)
        unnoted.update(last_used_at=clock.now())


def revoke(tokens: QuerySet[ReaderToken]) -> int:
    valid = list(tokens.filter(revoked_at=None))
    for token in valid:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
    return len(valid)


def _hash(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
