"""A person's own page: how they sign in and where they are signed in."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.http import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern
from django.views.decorators.http import require_safe

from books.admin.guards import StaffRequest, route


def routes() -> list[URLPattern]:
    return [route("account/", account, "books_account")]


@require_safe
def account(request: StaffRequest) -> HttpResponseBase:
    """Of whoever is signed in, with or without a role."""
    factors = Authenticator.objects.filter(user=request.user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Account",
        "factors": [str(each) for each in factors],
        "sessions": len(UserSession.objects.purge_and_list(request.user)),
    }
    return render(request, "bookpipeline/account.html", context)
