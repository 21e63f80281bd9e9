"""What every operation shares: values that fit a row, and one permission check."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja import Field, Schema
from ninja.pagination import LimitOffsetPagination
from pydantic import AwareDatetime

from books.access import check_open
from books.numbers import LARGEST, LARGEST_PLACE

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


def require(request: HttpRequest, permission: str) -> User:
    """The person, or the token's owner, who has ``permission`` ("app.verb_model") and may open the book of the address.

    Raises PermissionDenied, answered with 403, and Http404.
    """
    user = request.user
    if isinstance(user, AnonymousUser) or not user.has_perm(permission):
        raise PermissionDenied(permission)
    check_open(user, request.resolver_match.kwargs if request.resolver_match else {})
    return user
