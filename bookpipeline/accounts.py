"""Who comes in by single sign-on, and as whom.

Somebody who signs on for the first time gets an account without any right; an administrator gives a role, or the
provider does where OIDC_ROLE_CLAIM names the claim that lists roles.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NoReturn

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.signals import user_logged_in
from allauth.account.views import BaseReauthenticateView, LoginView
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.dispatch import receiver
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from jwt import PyJWTError
from requests import RequestException

from bookpipeline.identity import AGAIN, CheckingAdapter, proved_at
from books.admin.guards import confirmed_lately
from books.attempts import client_address
from books.roles import ROLES

logger = logging.getLogger(__name__)

NOT_SIGNED_ON = _("You were not signed on. Try again; if it fails again, tell an administrator.")
NOT_LINKED = _("Nothing was changed: a sign-on and an account that is here already cannot be joined.")
NO_SCREENS = _("Your account may not see these screens. An administrator can make it one of the staff.")
SWITCHED_OFF = _("Your account is switched off. An administrator can switch it on.")
# Seconds in which the provider's word that somebody proved who they are comes here.
JUST_NOW = 60


def sign_in(request: HttpRequest) -> HttpResponse:
    """The one way in with a password. Who may not see the screens any more is somebody who has to sign in."""
    if request.user.is_authenticated and not admin.site.has_permission(request):
        logout(request)
    provider = {"sign_on_name": settings.OIDC_NAME, "sign_on_id": settings.OIDC_PROVIDER_ID}
    more = {"title": gettext("Sign in"), **(provider if settings.OIDC_SERVER_URL else {})}
    answer: HttpResponse = LoginView.as_view(extra_context=more)(request)
    return answer


def site_context(request: HttpRequest) -> dict[str, Any]:
    """What the admin's frame shows around pages that are not the admin's."""
    match = request.resolver_match
    is_ours = match is not None and match.view_name.startswith(("account_", "mfa_", "usersessions_"))
    return admin.site.each_context(request) if is_ours else {}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the package has no types
    def pre_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponse | None:
        """Who may not see the screens is not signed in: there is nothing else here."""
        if user.is_active and not user.is_staff:
            messages.error(request, NO_SCREENS)
            return redirect("admin:login")
        refusal: HttpResponse | None = super().pre_login(request, user, **facts)
        return refusal

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or "0.0.0.0"  # noqa: S104 - an address that nobody has

    def respond_user_inactive(self, request: HttpRequest, _user: AbstractBaseUser) -> HttpResponse:
        messages.error(request, SWITCHED_OFF)
        return redirect("admin:login")

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """Password and factor here; else signing on again, where the provider says when that was."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if settings.OIDC_SERVER_URL and user.is_authenticated:
            accounts = SocialAccount.objects.filter(user=user, provider=settings.OIDC_PROVIDER_ID)
            if any(proved_at(each) for each in accounts):
                methods.append(
                    {"id": AGAIN, "description": settings.OIDC_NAME, "url": reverse("account_sign_on_again")}
                )
        return methods


class SignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # the package has no types
    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """A sign-on signs on and does nothing else, such as linking itself to the account that is signed in.

        Addresses are not compared: whoever has that of a present account is somebody new, without rights.
        """
        if sociallogin.state.get("process") == AGAIN:
            raise ImmediateHttpResponse(_confirm(request, sociallogin))
        if sociallogin.state.get("process") != AuthProcess.LOGIN:
            messages.error(request, NOT_LINKED)
            raise ImmediateHttpResponse(redirect("admin:index"))
        sociallogin.email_addresses = []

    def new_user(self, request: HttpRequest, sociallogin: SocialLogin) -> User:
        user: User = super().new_user(request, sociallogin)
        user.is_staff = True  # may see the screens' first page, where it says that a role is missing
        return user

    def on_authentication_error(self, request: HttpRequest, _provider: Any, **_facts: Any) -> NoReturn:
        messages.error(request, NOT_SIGNED_ON)
        raise ImmediateHttpResponse(redirect("admin:login"))


def _confirm(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    """Whoever is signed in stays so, whatever came back; only their own sign-on of just now confirms it."""
    proved = proved_at(sociallogin.account)
    if request.user.is_anonymous or sociallogin.user != request.user:
        messages.error(request, gettext("Not confirmed: somebody else signed on."))
    elif proved is None or time.time() - proved > JUST_NOW:
        messages.error(request, gettext("Not confirmed: the provider did not ask who you are."))
    else:
        record_authentication(request, request.user, AGAIN, reauthenticated=True)
    way_back = urlencode({"next": sociallogin.state.get("next", reverse("admin:index"))})
    return redirect(f"{reverse('account_sign_on_again')}?{way_back}")


@method_decorator(login_required, name="dispatch")
class SignOnAgainView(BaseReauthenticateView):  # type: ignore[misc]  # the package has no types
    """Leads to the provider, and from there back to what was asked for."""

    http_method_names = ["get", "head"]
    form_class = Form
    template_name = "account/sign_on_again.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = self.form_valid(None) if confirmed_lately(request) else super().get(request)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        of_provider = {"sign_on_name": settings.OIDC_NAME, "sign_on_id": settings.OIDC_PROVIDER_ID}
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | of_provider


def _or_say_so(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """A provider that is away, or whose answers lack what they must have, is not our error to show."""

    @wraps(view)
    def saying(request: HttpRequest, provider_id: str) -> HttpResponse:
        try:
            return view(request, provider_id)
        except (RequestException, PyJWTError, LookupError, TypeError, ValueError):
            logger.exception("sign-on failed")
            messages.error(request, NOT_SIGNED_ON)
            return redirect("admin:login")

    return saying


def _callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """As allauth's own, with our adapter."""
    try:
        view = OAuth2CallbackView.adapter_view(CheckingAdapter(request, provider_id))
        answer: HttpResponse = view(request)
        return answer
    except SocialApp.DoesNotExist as error:
        raise Http404 from error


sign_on_urls = [
    path("login/", require_POST(_or_say_so(openid_connect.login)), name="openid_connect_login"),
    path("login/callback/", require_safe(_or_say_so(_callback)), name="openid_connect_callback"),
]


@receiver(user_logged_in)
def take_roles_from_claim(user: User, sociallogin: SocialLogin | None = None, **_: Any) -> None:
    """At each sign-on the person has those of the four roles that the claim lists, and no other of them."""
    if sociallogin is None or not settings.OIDC_ROLE_CLAIM:
        return
    claimed = roles_in(sociallogin.account.extra_data, settings.OIDC_ROLE_CLAIM, settings.OIDC_ROLES)
    others = user.groups.exclude(name__in=ROLES)
    user.groups.set([*others, *Group.objects.filter(name__in=claimed)])


def roles_in(data: Mapping[str, Any], claim: str, names: Mapping[str, str]) -> set[str]:
    """The product's roles that ``names`` gives to members of the claim's list; dots lead into nested claims."""
    found: Any = {**data.get("id_token", {}), **data.get("userinfo", {})}
    for name in claim.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    members = {each for each in found if isinstance(each, str)} if isinstance(found, list) else set()
    return {role for name, role in names.items() if name in members} & set(ROLES)


@receiver(user_logged_in)
def take_signing_in_for_confirmation(request: HttpRequest, user: User, **_facts: Any) -> None:
    """Who just signed in need not do so again; after single sign-on as long as they proved themselves there lately."""
    *_others, last = get_authentication_records(request, user) or [{}]
    if last.get("method") != "socialaccount":
        record_authentication(request, user, "signing in", reauthenticated=True)
        return
    account = SocialAccount.objects.filter(user=user, provider=last["provider"], uid=last["uid"]).first()
    if account and (proved := proved_at(account)):
        record_authentication(request, user, "signing in", reauthenticated=True, at=proved)
