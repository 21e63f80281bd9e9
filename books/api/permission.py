"""One check for every operation of the API."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def require(request: HttpRequest, permission: str) -> None:
    """Raises PermissionDenied, answered with 403, unless the signed-in person has ``permission`` ("app.verb_model")."""
    if not request.user.has_perm(permission):
        raise PermissionDenied(permission)
