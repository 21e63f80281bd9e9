"""Who an operation is for: people who are signed in, and tokens with one of its scopes, so many times a minute.

An operation that names no scope is for people alone. What a person may do is asked by ``require`` in any case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import Lock
from typing import Any, Final

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import django_auth
from ninja.security.base import AuthBase
from ninja.throttling import BaseThrottle

from books.models import ApiToken, TokenScope
from books.tokens import lack_of_scope, take_requests, token_of
from jobs import clock


class Bearer(AuthBase):
    """An API token with one of ``scopes``; ``request.auth`` is it then. A session does not make up for a scope."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, *scopes: TokenScope) -> None:
        self.scopes = scopes
        super().__init__()

    def __call__(self, request: HttpRequest) -> ApiToken | None:
        if lack := lack_of_scope(request, *self.scopes):
            raise HttpError(403, lack)
        return token_of(request)


def open_to(*scopes: TokenScope) -> list[Callable[[HttpRequest], Any]]:
    return [Bearer(*scopes), django_auth]


PUBLISHED: Final = open_to(TokenScope.PUBLISHED, TokenScope.READ)
READ: Final = open_to(TokenScope.READ)
INTAKE: Final = open_to(TokenScope.INTAKE)
JOBS: Final = open_to(TokenScope.JOBS)
REVIEW: Final = open_to(TokenScope.REVIEW)
PUBLISH: Final = open_to(TokenScope.PUBLISH)


class TokenThrottle(BaseThrottle):
    """So many requests of one token in a minute of the database's clock, to all processes together."""

    def __init__(self) -> None:
        self._minute = 0
        self._left: Counter[str] = Counter()
        self._lock = Lock()

    def allow_request(self, request: HttpRequest) -> bool:
        token = token_of(request)
        return token is None or self._use(token, 0) or self._use(token, take_requests(token, _minute()))

    def _use(self, token: ApiToken, more: int) -> bool:
        """One of those that this process has left in this minute, with ``more`` that it took."""
        with self._lock:
            if self._minute != _minute():
                self._minute, self._left = _minute(), Counter()
            self._left[token.sha256] += more
            is_left = self._left[token.sha256] > 0
            self._left[token.sha256] -= is_left
            return is_left

    def wait(self) -> float:
        """Seconds."""
        return 60 - clock.now().timestamp() % 60


def _minute() -> int:
    return int(clock.now().timestamp() // 60)
