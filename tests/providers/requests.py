"""A small question, its form, and who is asked."""

from __future__ import annotations

import json
from dataclasses import replace

from pydantic import BaseModel

from benchmarks.standin_answers import BY_SCHEMA
from books.ledger.asking import Ledger
from books.providers.client import ModelClient
from books.providers.request import ModelRequest


class Remembered:
    """Profiles of models in this process alone."""

    def __init__(self, *, is_proven: bool = True) -> None:
        self.known: dict[str, tuple[str, ...]] = {"gpt-5-mini": ()} if is_proven else {}

    def left_out(self, model: str) -> tuple[str, ...]:
        return self.known.get(model, ())

    def is_proven(self, model: str) -> bool:
        return model in self.known

    def learn(self, model: str, left_out: tuple[str, ...]) -> None:
        self.known[model] = left_out


def ledger_of(client: ModelClient) -> Ledger:
    return Ledger(lambda _: client, lambda _: "")


class NameForm(BaseModel):
    title: str


BY_SCHEMA["NameForm"] = lambda material: {"title": material["subtopic"]["title"]}


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
