"""Tries a configured server with a few small calls: what works, what does not, and what to set."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw, ImageFont
from pydantic import BaseModel

from books.providers.answers import read_answer
from books.providers.profile import SENT_WITH
from books.providers.request import Choice, ModelRequest, RawAnswer
from books.sentences import gettext_noop
from jobs.errors import JobError

WORD = "LEAF"
NO_PRICE = gettext_noop("Unknown: add it under Model prices, or caps cannot hold.")


class CheckForm(BaseModel):
    word: str


Ask = Callable[[ModelRequest[CheckForm]], RawAnswer]


@dataclass(frozen=True, slots=True)
class Finding:
    title: str
    is_fine: bool
    sentence: str


def check_provider(ask: Ask, choice: Choice, left_out: Callable[[], Sequence[str]], price_source: str) -> list[Finding]:
    """At most three calls; after a first one that fails none follows.

    ``left_out`` is what requests are sent without by then; ``price_source`` says who names a price, "" for nobody.
    """
    question = ModelRequest(
        stage="check",
        prompt_version="1",
        instructions="Answer with the word that you are given or shown, in capitals.",
        facts="",
        material=f"The word is {WORD}.",
        schema=CheckForm,
        schema_version="1",
        model=choice.model,
        provider=choice.provider,
        max_tokens=2_000,
        effort=choice.effort,
    )
    first, answer = _try(gettext_noop("Form"), ask, question)
    if answer is None:
        return [replace(first, title=gettext_noop("Call"))]
    seen, _ = _try(gettext_noop("Image"), ask, replace(question, material="", images=(_picture(),)))
    cheap, tiered = _try(gettext_noop("Economy"), ask, replace(question, is_economy=True))
    if tiered is not None and tiered.tier != "flex":
        cheap = Finding(
            gettext_noop("Economy"),
            is_fine=False,
            sentence=gettext_noop("Served at the full price: this model has no cheaper tier."),
        )
    return [
        first,
        seen,
        Finding(gettext_noop("Usage"), not answer.is_estimate, _usage_words(answer)),
        cheap,
        Finding(gettext_noop("Price"), bool(price_source), price_source or NO_PRICE),
        Finding(gettext_noop("Requests"), is_fine=True, sentence=_profile_words(left_out())),
    ]


def _try(title: str, ask: Ask, question: ModelRequest[CheckForm]) -> tuple[Finding, RawAnswer | None]:
    try:
        raw = ask(question)
    except JobError as error:
        return Finding(title, is_fine=False, sentence=error.message), None
    answer, problem = read_answer(CheckForm, raw.text)
    if answer is None:
        said = f"It answers, but not in the form: {problem} It said: {raw.text[:80]}"
        return Finding(title, is_fine=False, sentence=said), raw
    is_right = WORD in answer.word.upper()
    said = gettext_noop("Works.") if is_right else f"It answered “{answer.word[:40]}” instead of {WORD}."
    return Finding(title, is_right, said), raw


def _usage_words(answer: RawAnswer) -> str:
    if answer.is_estimate:
        return gettext_noop("The server does not tell how many tokens it used: costs are estimated.")
    return f"{answer.tokens_in} tokens in, {answer.tokens_out} out."


def _profile_words(left_out: Sequence[str]) -> str:
    return f"Sent with {'; '.join(SENT_WITH[name] for name in left_out)}." if left_out else gettext_noop("Sent whole.")


def _picture() -> bytes:
    image = Image.new("L", (320, 120), 255)
    ImageDraw.Draw(image).text((30, 20), WORD, fill=0, font=ImageFont.load_default(size=64))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
