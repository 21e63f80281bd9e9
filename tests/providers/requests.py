"""A small question, and its form."""

from __future__ import annotations

import json
from dataclasses import replace

from pydantic import BaseModel

from books.providers.request import ModelRequest


class NameForm(BaseModel):
    title: str


def question(title: str = "Fractions", **changes) -> ModelRequest[NameForm]:
    """Answered by the stand-in with {"title": title}."""
    asked = ModelRequest(
        stage="name",
        prompt_version="1",
        model="gpt-5-mini",
        instructions="Keep the title.",
        facts="{}",
        material=json.dumps({"subtopic": {"title": title}}),
        schema=NameForm,
        schema_version="1",
    )
    return replace(asked, **changes)
