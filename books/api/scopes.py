"""Who an operation is for: people who are signed in, and tokens with one of its scopes, so many times a minute.

An operation that names no scope is for people alone. What a person may do is asked by ``require`` in any case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import Lock
from time import time
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import django_auth
from ninja.security.base import AuthBase
from ninja.throttling import BaseThrottle

from books.models import ApiToken, TokenScope
from books.tokens import lack_of_scope, token_of


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
    """So many requests of one token in a minute of the clock, to one process."""

    def __init__(self) -> None:
        self._minute = 0
        self._count: Counter[str] = Counter()
        self._lock = Lock()

    def allow_request(self, request: HttpRequest) -> bool:
        token = token_of(request)
        if token is None:
            return True
        minute = int(time() // 60)
        with self._lock:
            if minute != self._minute:
                self._minute, self._count = minute, Counter()
            self._count[token.sha256] += 1
            return bool(self._count[token.sha256] <= settings.TOKEN_REQUESTS_PER_MINUTE)

    def wait(self) -> float:
        """Seconds."""
        return 60 - time() % 60
