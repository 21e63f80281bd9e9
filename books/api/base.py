"""What every operation shares: values that fit a row, whom it is for, and one permission check.

It is for people who are signed in, and for tokens with one of the scopes that it names, so many times a minute; one
that names none is for people alone. What a person may do is asked by ``require`` in any case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from typing import Annotated, Any, Final, TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Schema
from ninja.errors import HttpError
from ninja.pagination import LimitOffsetPagination
from ninja.security import django_auth
from ninja.security.base import AuthBase
from ninja.throttling import BaseThrottle
from pydantic import AwareDatetime

from books.access import check_open
from books.models import ApiToken, Book, TokenScope
from books.numbers import LARGEST, LARGEST_PLACE
from books.tokens import lack_of_scope, take_requests, token_of
from jobs import clock

Out = TypeVar("Out", bound=Schema)
Id = Annotated[int, Field(ge=1, le=LARGEST)]
# A page, a place in an order, a revision: none is negative, and 0 may be refused with a better sentence.
Number = Annotated[int, Field(ge=0, le=LARGEST_PLACE)]
# PostgreSQL stores no NUL.
Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Moment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]


class Paging(LimitOffsetPagination):
    """The package's own bounds neither: no database has rows behind the largest number."""

    class Input(Schema):
        limit: Annotated[int, Field(ge=1, le=200)] = 100
        offset: Annotated[int, Field(ge=0, le=LARGEST_PLACE)] = 0


def document(kind: type[Out], row: object, **more: Any) -> Out:
    """What ``kind`` declares: ``more``, and the attributes of ``row`` for the rest."""
    return kind(**{name: getattr(row, name) for name in kind.model_fields if name not in more} | more)


def opened(request: HttpRequest, book_id: int, permission: str) -> tuple[User, Book]:
    """As ``require``, with the book."""
    return require(request, permission), get_object_or_404(Book, pk=book_id)


def require(request: HttpRequest, permission: str) -> User:
    """The person, or the token's owner, who has ``permission`` ("app.verb_model") and may open the book of the address.

    Raises PermissionDenied, answered with 403, and Http404.
    """
    user = request.user
    if isinstance(user, AnonymousUser) or not user.has_perm(permission):
        raise PermissionDenied(permission)
    check_open(user, request.resolver_match.kwargs if request.resolver_match else {})
    return user


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
