"""Builds the guideline engine that the settings name; the one place in this room that reads them."""

from __future__ import annotations

import json
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from books.extraction.base import GuidelineEngine
from books.extraction.engines.offline import OfflineEngine
from books.providers.request import strict_schema
from books.stored.made_with import MadeWith


@cache
def guideline_engine() -> GuidelineEngine:
    if settings.GUIDELINE_ENGINE == "offline":
        return engine_here()
    if settings.GUIDELINE_ENGINE == "openai":
        from books.extraction.engines.model import OpenAIEngine
        from books.ledger.choices import ledger, model_of

        return OpenAIEngine(ledger().ask, model_of)
    raise ImproperlyConfigured(f"GUIDELINE_ENGINE is {settings.GUIDELINE_ENGINE!r}; it may be offline or openai.")


@cache
def engine_here() -> OfflineEngine:
    """What reads and cuts pages without asking anybody, whatever engine writes."""
    return OfflineEngine()


def made_with_of(*asked: str) -> MadeWith:
    return guideline_engine().made_with(*asked)


def frame_of(question: str) -> int:
    """Characters of a question of this room that are the same for all calls to a model: its form and instructions."""
    from books.extraction.engines import forms
    from books.extraction.engines.model import prompt

    if question not in forms.FORMS:
        return 0
    return len(json.dumps(strict_schema(forms.FORMS[question]))) + len(prompt(question).text)


def asks_a_model() -> bool:
    return bool(settings.GUIDELINE_ENGINE == "openai")
