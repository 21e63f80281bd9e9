"""Who must sign in with a second factor, and what keeps a session open: allauth.mfa does the rest.

MFA_ROLES names the roles that need one. Whoever has such a role and no factor yet reaches the pages that set one up and
nothing else, by the API neither. A session ends when nobody did anything for SESSION_IDLE_MINUTES, and SESSION_HOURS
after its beginning in any case; what a page asks for by itself (htmx, reading) keeps none open.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja.errors import HttpError

from books.admin.guards import way_to_confirm
from books.attempts import check_attempts, count_failure
from books.models.session import end_sessions
from books.roles import ADMINISTRATOR
from books.sealing import seal, unseal
from books.tokens import token_of

FACTORS: Final = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
NEEDED: Final = gettext_lazy("Your role needs a second factor. Set up an authenticator app or a security key to go on.")
# Reached without one: setting one up, and going away.
OPEN: Final = ("mfa_", "account_", "admin:login", "admin:logout")
# allauth asks who has a password or a factor here; whoever signs on elsewhere is asked by our middleware.
FACTORS_CHANGE: Final = {
    *("mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn", "mfa_remove_webauthn", "mfa_edit_webauthn"),
    *("mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes"),
}
# In a session: when it began and when its person did something last, in seconds since 1970.
BEGUN, SEEN = "begun_at", "seen_at"
# Written down this seldom, so that reading does not write.
SEEN_EVERY: Final = 60


def needs_factor(person: User | AnonymousUser) -> bool:
    roles = settings.MFA_ROLES
    if not roles or isinstance(person, AnonymousUser):
        return False
    if person.is_superuser and ADMINISTRATOR in roles:
        return True
    return person.groups.filter(name__in=roles).exists()


def has_factor(person: User | AnonymousUser) -> bool:
    found: bool = Authenticator.objects.filter(user=person.pk, type__in=FACTORS).exists()
    return found


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the package has no types
    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": gettext_lazy(
            "Your role needs a second factor: add another before you remove this one."
        )
    }

    def get_totp_issuer(self) -> str:
        return "bookpipeline"

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Where it cannot be read there is no factor to guess at: the page that asks for it fails."""
        return unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        others = Authenticator.objects.filter(user=authenticator.user_id, type__in=FACTORS).exclude(pk=authenticator.pk)
        return bool(others.exists() or not needs_factor(authenticator.user))


class CountedCode:
    """A code is guessed no more often than a password: ``books.attempts`` counts both."""

    user: User

    def clean_code(self) -> str:
        check_attempts(context.request, self.user.get_username())
        code: str = super().clean_code()  # type: ignore[misc]  # of the form that it is mixed into
        return code


class CodeForm(CountedCode, AuthenticateForm):  # type: ignore[misc]  # the package has no types
    pass


class CodeAgainForm(CountedCode, ReauthenticateForm):  # type: ignore[misc]  # the package has no types
    pass


@receiver(authentication_failed)
def _count(request: HttpRequest, user: User, **_: Any) -> None:
    count_failure(request, user.get_username())


@receiver(post_save, sender=Authenticator)
def _end_sessions_opened_without_it(instance: Authenticator, *, created: bool, **_: Any) -> None:
    if created and instance.type in FACTORS:
        end_sessions(instance.user, but=context.request.session.session_key if context.request else None)


@receiver(user_logged_in)
def _begin(request: HttpRequest, **_: Any) -> None:
    request.session[BEGUN] = request.session[SEEN] = time.time()


class SignedInMiddleware:
    """After the sessions: ends those that are over, and leads who lacks a second factor to its page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and token_of(request) is None:
            if sentence := _over(request):
                logout(request)
                messages.info(request, sentence)
            else:
                _note_activity(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        match = request.resolver_match
        if match and match.view_name in FACTORS_CHANGE and (way := way_to_confirm(request)):
            suspended: HttpResponse = suspend_request(request, way)
            return suspended
        if match is None or match.view_name.startswith(OPEN) or not needs_factor(request.user):
            return None
        if has_factor(request.user):
            return None
        if match.app_name == "ninja":
            from books.api.application import api

            return api.on_exception(request, HttpError(403, str(NEEDED)))
        messages.warning(request, NEEDED)
        return redirect("mfa_index")


def _over(request: HttpRequest) -> str:
    """Why the session has ended; "" while it goes on. One from before there were limits begins now."""
    now = time.time()
    begun, seen = (request.session.setdefault(name, now) for name in (BEGUN, SEEN))
    if now - begun > settings.SESSION_HOURS * 3600:
        return _("You were signed in for {hours:g} hours. Sign in again to go on.").format(hours=settings.SESSION_HOURS)
    if now - seen > settings.SESSION_IDLE_MINUTES * 60:
        return _("You did nothing for {minutes:g} minutes and were signed out. Sign in to go on.").format(
            minutes=settings.SESSION_IDLE_MINUTES
        )
    return ""


def _note_activity(request: HttpRequest) -> None:
    asks_by_itself = request.method == "GET" and "HX-Request" in request.headers
    if not asks_by_itself and time.time() - request.session[SEEN] > SEEN_EVERY:
        request.session[SEEN] = time.time()
        UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=timezone.now())
