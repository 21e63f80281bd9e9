"""Who comes in from where: the client's address behind a proxy, and people signed on by an OpenID provider.

Somebody who signs on for the first time gets an account without any right; an administrator gives a role, or the
provider does where OIDC_ROLE_CLAIM names the claim that lists roles.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from math import ceil
from typing import Any, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import user_logged_in
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser, Group, User
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from books.roles import ROLES

logger = logging.getLogger(__name__)

NOT_SIGNED_ON = "You were not signed on. Try again; if it fails again, tell an administrator."
SWITCHED_OFF = "Your account is switched off. An administrator can switch it on."


def client_address(request: HttpRequest) -> str:
    """Behind a proxy what it appended to X-Forwarded-For: all before that is what the client says of itself."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def locked_out(request: HttpRequest, _response: HttpResponse, credentials: Mapping[str, str]) -> HttpResponse:
    context = {
        "username": credentials.get("username", ""),
        "attempts": settings.AXES_FAILURE_LIMIT,
        "minutes": ceil(settings.AXES_COOLOFF_TIME.total_seconds() / 60),
    }
    return render(request, "bookpipeline/locked_out.html", context, status=429)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the package has no types
    def respond_user_inactive(self, request: HttpRequest, _user: AbstractBaseUser) -> HttpResponse:
        messages.error(request, SWITCHED_OFF)
        return redirect("admin:login")


class SignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # the package has no types
    def pre_social_login(self, _request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Addresses are not compared: whoever has that of a present account is somebody new, without rights."""
        sociallogin.email_addresses = []

    def new_user(self, request: HttpRequest, sociallogin: SocialLogin) -> User:
        user: User = super().new_user(request, sociallogin)
        user.is_staff = True  # may see the screens' first page, where it says that a role is missing
        return user

    def on_authentication_error(self, request: HttpRequest, _provider: Any, **_facts: Any) -> NoReturn:
        messages.error(request, NOT_SIGNED_ON)
        raise ImmediateHttpResponse(redirect("admin:login"))


def _or_say_so(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """A provider that is away, or whose answers lack what they must have, is not our error to show."""

    @wraps(view)
    def saying(request: HttpRequest, provider_id: str) -> HttpResponse:
        try:
            return view(request, provider_id)
        except (RequestException, KeyError):
            logger.exception("sign-on failed")
            messages.error(request, NOT_SIGNED_ON)
            return redirect("admin:login")

    return saying


sign_on_urls = [
    path("login/", require_POST(_or_say_so(openid_connect.login)), name="openid_connect_login"),
    path("login/callback/", require_safe(_or_say_so(openid_connect.callback)), name="openid_connect_callback"),
]


@receiver(user_logged_in)
def take_roles_from_claim(user: User, sociallogin: SocialLogin | None = None, **_: Any) -> None:
    """At each sign-on the person has those of the four roles that the claim lists, and no other of them."""
    if sociallogin is None or not settings.OIDC_ROLE_CLAIM:
        return
    claimed = roles_in(sociallogin.account.extra_data, settings.OIDC_ROLE_CLAIM)
    others = user.groups.exclude(name__in=ROLES)
    user.groups.set([*others, *Group.objects.filter(name__in=claimed)])


def roles_in(data: Mapping[str, Any], claim: str) -> set[str]:
    """The product's roles among what the claim says: a list, or words in one text; dots lead into nested claims."""
    found: Any = {**data.get("id_token", {}), **data.get("userinfo", {})}
    for name in claim.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    words = found.replace(",", " ").split() if isinstance(found, str) else found
    return {str(word) for word in words} & set(ROLES) if isinstance(words, Iterable) else set()
