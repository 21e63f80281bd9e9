"""Which language a request is answered in: what its person chose, else what the browser asks for.

Programs are always answered in English, and what is stored is English too: docs/architecture.md, "Languages".
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from books.models import Preferences
from books.models.session import CHOSEN_LANGUAGE
from books.tokens import ADDRESSES


class LanguageMiddleware(LocaleMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        is_program = request.path_info.startswith(ADDRESSES)
        chosen = settings.LANGUAGE_CODE if is_program else request.session.get(CHOSEN_LANGUAGE, "")
        if chosen not in dict(settings.LANGUAGES):
            return super().process_request(request)
        translation.activate(chosen)
        request.LANGUAGE_CODE = chosen
        return None


@receiver(user_logged_in)
def _as_chosen(request: HttpRequest, user: User, **_: Any) -> None:
    chosen = Preferences.objects.filter(person=user.pk).values_list("language", flat=True).first()
    if chosen:
        request.session[CHOSEN_LANGUAGE] = chosen
