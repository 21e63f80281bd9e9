"""A person's own page: how they sign in, where they are signed in, in which language, and what they are told of."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from books.admin.guards import StaffRequest, action, screen, show
from books.audit import refuse
from books.models import Preferences
from books.models.session import CHOSEN_LANGUAGE


class LanguageForm(forms.ModelForm[Preferences]):
    language = forms.ChoiceField(choices=[("", _("As the browser asks")), *settings.LANGUAGES], required=False)

    class Meta:
        model = Preferences
        fields = ("language",)


class NoticeForm(forms.ModelForm[Preferences]):
    class Meta:
        model = Preferences
        fields = ("by_mail", "slack_url")
        widgets = {"slack_url": forms.URLInput}

    def clean_slack_url(self) -> str:
        url = str(self.cleaned_data["slack_url"])
        if url and not url.startswith("https://") and not settings.WEBHOOKS_MAY_STAY_INSIDE:
            raise forms.ValidationError(gettext("Give a whole address that begins with https."))
        return url


def _of(person: User) -> Preferences:
    return Preferences.objects.filter(person=person).first() or Preferences(person=person)


@action("", "/books/book/account/language/", "books_account_language")
def language(request: StaffRequest) -> HttpResponseBase:
    """Of this session at once, of her others from when she signs in there again."""
    form = LanguageForm(request.POST, instance=_of(request.user))
    if form.is_valid():
        request.session[CHOSEN_LANGUAGE] = form.save().language
    return redirect("admin:books_account")


@action("", "/books/book/account/notices/", "books_account_notices")
def notices(request: StaffRequest) -> HttpResponseBase:
    form = NoticeForm(request.POST, instance=_of(request.user))
    if form.is_valid():
        form.save()
        messages.success(request, gettext("You are told of what happens from now on."))
    for errors in form.errors.values():
        refuse(request, str(errors[0]))
        messages.error(request, str(errors[0]))
    return redirect("admin:books_account")


@screen("", "/books/book/account/", "books_account")
def account(request: StaffRequest) -> HttpResponseBase:
    """Of whoever is signed in, with or without a role."""
    factors = Authenticator.objects.filter(user=request.user).exclude(type=Authenticator.Type.RECOVERY_CODES)
    chosen = _of(request.user)
    context: dict[str, Any] = {
        "title": gettext("Account"),
        "factors": [str(each) for each in factors],
        "form": NoticeForm(instance=chosen),
        "languages": LanguageForm(instance=chosen),
        "has_mail": settings.HAS_MAIL,
        "sessions": len(UserSession.objects.purge_and_list(request.user)),
    }
    return show(request, "account", context)
