"""A person's own page: how they sign in, where they are signed in, and what they are told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern
from django.views.decorators.http import require_POST, require_safe

from books.admin.guards import StaffRequest, route
from books.audit import refuse
from books.models import NoticeChoice

# Generic in the stubs alone.
if TYPE_CHECKING:
    ChoiceForm = forms.ModelForm[NoticeChoice]
else:
    ChoiceForm = forms.ModelForm


def routes() -> list[URLPattern]:
    return [route("account/", account, "books_account"), route("account/notices/", notices, "books_account_notices")]


class NoticeForm(ChoiceForm):
    class Meta:
        model = NoticeChoice
        fields = ("by_mail", "slack_url")

    def clean_slack_url(self) -> str:
        url = str(self.cleaned_data["slack_url"])
        if url and not url.startswith("https://") and not settings.WEBHOOKS_MAY_STAY_INSIDE:
            raise forms.ValidationError("Give a whole address that begins with https.")
        return url


@require_POST
def notices(request: StaffRequest) -> HttpResponseBase:
    chosen = NoticeChoice.objects.filter(person=request.user).first() or NoticeChoice(person=request.user)
    form = NoticeForm(request.POST, instance=chosen)
    if form.is_valid():
        form.save()
        messages.success(request, "You are told of what happens from now on.")
    for errors in form.errors.values():
        refuse(request, str(errors[0]))
        messages.error(request, str(errors[0]))
    return redirect("admin:books_account")


@require_safe
def account(request: StaffRequest) -> HttpResponseBase:
    """Of whoever is signed in, with or without a role."""
    factors = Authenticator.objects.filter(user=request.user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Account",
        "factors": [str(each) for each in factors],
        "form": NoticeForm(instance=NoticeChoice.objects.filter(person=request.user).first()),
        "has_mail": settings.HAS_MAIL,
        "sessions": len(UserSession.objects.purge_and_list(request.user)),
    }
    return render(request, "bookpipeline/account.html", context)
