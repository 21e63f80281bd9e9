"""One check for every operation of the API."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def require(request: HttpRequest, permission: str) -> User:
    """The signed-in person, who has ``permission`` ("app.verb_model"). Raises PermissionDenied, answered with 403."""
    user = request.user
    if isinstance(user, AnonymousUser) or not user.has_perm(permission):
        raise PermissionDenied(permission)
    return user
