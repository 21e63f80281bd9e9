"""One question to a model and what came back. Imports neither Django nor a vendor's SDK."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from books.keys import fingerprint

Answer = TypeVar("Answer", bound=BaseModel)
# Of a shape that others define: a JSON schema, what Chat Completions takes, what a server answers.
JsonObject = dict[str, Any]

# Four characters a token is the usual figure for English; an estimate only reserves, the bill counts.
CHARACTERS_PER_TOKEN = 4
# Most answers are shorter; limits leave room for thought.
USUAL_ANSWER = 2_000
# Limits are checked when the answer is here: servers refuse schemas that name them, one this word and one that.
NOT_SENT = frozenset(
    {"default", "title", "format", "pattern", "minLength", "maxLength", "minItems", "maxItems"}
    | {"uniqueItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)
# An image at high detail is at most this many tokens on current models.
IMAGE_TOKENS = 2_500


@dataclass(frozen=True, slots=True)
class Choice:
    """What a stage asks: ``provider`` names one of the settings' providers, ``effort`` how long a reasoning model may
    think ("" leaves it to the model)."""

    model: str
    temperature: float | None = None
    max_tokens: int = 4_000
    provider: str = "openai"
    effort: str = ""


@dataclass(frozen=True)
class ModelRequest(Generic[Answer]):
    """What is asked, in the order in which it is sent: what is the same for all calls of a stage first.

    ``instructions`` is a prompt file; ``facts`` are the book's; ``material`` is this call's own and untrusted.
    ``previous`` is what was answered for an earlier state of the material, so that what still holds can be kept.
    ``about`` are the numbers of the pages that the answer has to be about, where its form asks for that.
    ``images`` are PNG files; beside a material they only illustrate it. ``earlier`` holds a rejected answer and what is
    wrong with it, for one repair. ``is_economy`` asks for the slower and cheaper tier. The rest as in ``Choice``.
    """

    stage: str
    prompt_version: str
    model: str
    instructions: str
    facts: str
    material: str
    schema: type[Answer]
    schema_version: str
    previous: str = ""
    images: tuple[bytes, ...] = ()
    temperature: float | None = None
    max_tokens: int = 4_000
    earlier: tuple[str, str] | None = None
    provider: str = "openai"
    effort: str = ""
    is_economy: bool = False
    about: frozenset[int] = frozenset()

    @cached_property
    def sha256(self) -> str:
        """Equal exactly when the model would be asked the same of the same material, whatever tier answers: what it
        answered for another state of it is no reason to ask again."""
        messages = replace(self, previous="").messages()
        asked = (self.stage, self.model, self.temperature, self.max_tokens, messages, self.form)
        parts = [*asked, *([self.effort] if self.effort else [])]
        return fingerprint(*parts)

    @property
    def estimated_tokens(self) -> int:
        return self.estimated_tokens_in + min(self.max_tokens // 2, USUAL_ANSWER)

    @property
    def estimated_tokens_in(self) -> int:
        return sum(map(len, self._texts)) // CHARACTERS_PER_TOKEN + IMAGE_TOKENS * len(self.images)

    @property
    def _texts(self) -> tuple[str, ...]:
        return self.instructions, self.facts, self.previous, self.material, *(self.earlier or ())

    @cached_property
    def most_tokens_in(self) -> int:
        """More than any tokenizer makes of the prompt, whose form counts too: at least two bytes a token."""
        return sum(len(text.encode()) for text in (*self._texts, json.dumps(self.form))) // 2 + IMAGE_TOKENS * len(
            self.images
        )

    @property
    def form(self) -> JsonObject:
        """The JSON schema of the answer, as strict mode wants it."""
        return strict_schema(self.schema)

    def messages(self) -> list[JsonObject]:
        """In the form of Chat Completions, which every compatible server speaks."""
        texts = (self.facts, self.previous, self.material)
        content: list[JsonObject] = [{"type": "text", "text": text} for text in texts if text]
        content += [
            {"type": "image_url", "image_url": {"url": _data_url(png), "detail": "high"}} for png in self.images
        ]
        messages: list[JsonObject] = [{"role": "system", "content": self.instructions}]
        messages += [{"role": "user", "content": content}]
        if self.earlier:
            answer, problem = self.earlier
            # Servers refuse an empty turn.
            messages += [{"role": "assistant", "content": answer}] if answer.strip() else []
            messages += [{"role": "user", "content": problem}]
        return messages


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A provider's answer as it came. ``stopped`` is "end", "length" (cut off) or "refusal"; ``tier`` the one that the
    provider says served it; ``is_estimate`` marks tokens that it did not tell."""

    text: str
    stopped: Literal["end", "length", "refusal"]
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    model: str = ""
    tier: str = ""
    is_estimate: bool = False


def _data_url(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


@lru_cache(maxsize=64)
def strict_schema(schema: type[BaseModel]) -> JsonObject:
    """The JSON schema as strict mode wants it: every property required, no others allowed, no defaults.

    Shared by all who ask: not to be changed.
    """
    document: JsonObject = _strict(json_schema(schema))
    return document


@lru_cache(maxsize=64)
def json_schema(form: type[BaseModel]) -> JsonObject:
    """Made once for each of the forms in use: it takes longer than to read an answer. Not to be changed."""
    return form.model_json_schema()


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    strict = {
        # The keys of these are names of ours, which may be any word.
        key: {name: _strict(each) for name, each in value.items()} if key in {"properties", "$defs"} else _strict(value)
        for key, value in node.items()
        if key not in NOT_SENT
    }
    if strict.get("type") == "object" and "properties" in strict:
        # What a class says of itself is for us; what its fields say is for the model.
        strict.pop("description", None)
        strict |= {"additionalProperties": False, "required": list(strict["properties"])}
    return strict
