"""The schedule that ours replaces, before the same stand-in: page after page, each call waiting for the one before.

As it was measured on 40-page books: a summary of the page, the boundary, a merge into the guideline where the page goes
on with its subtopic, and the summaries of subtopic and topic once more; 4.75 calls a page where a subtopic has four.
Its prompts have the sizes that were measured: the boundary's grow with the book, the others stay about the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openai import OpenAI

from books.ocr.engines.model import PageForm
from books.providers.request import strict_schema

FORM = {"name": "PageForm", "strict": True, "schema": strict_schema(PageForm)}
# Tokens of the boundary's prompt at these pages, and of every other prompt on average.
BOUNDARY_FIRST, BOUNDARY_AT_40, OTHERS = 994, 2_752, 707
CHARACTERS_PER_TOKEN = 4
PAGES_A_SUBTOPIC = 4


@dataclass(frozen=True)
class Schedule:
    seconds: float
    calls: int
    pages: int


def prompts_of(number: int, text: str) -> Iterator[str]:
    """The prompts for page ``number`` (from 1), in the order in which they are sent."""
    boundary = BOUNDARY_FIRST + (BOUNDARY_AT_40 - BOUNDARY_FIRST) * (number - 1) / 39
    sizes = [OTHERS, boundary]
    if number % PAGES_A_SUBTOPIC != 1:
        sizes.append(OTHERS)
    for size in [*sizes, OTHERS, OTHERS]:
        yield _of_size(text, round(size))


def _of_size(text: str, tokens: int) -> str:
    """``text`` and what the model is told with it, ``tokens`` long altogether."""
    told = "What is known of the book so far, and what is to be made of the page. "
    length = tokens * CHARACTERS_PER_TOKEN
    return (text + told * (length // len(told) + 1))[:length]


def run(texts: Sequence[str], url: str) -> Schedule:
    client = OpenAI(api_key="a-key", base_url=url, max_retries=0)
    calls, began = 0, time.monotonic()
    for number, text in enumerate(texts, start=1):
        for prompt in prompts_of(number, text):
            client.chat.completions.create(
                model="gpt-5-mini",
                messages=[{"role": "user", "content": prompt}],
                response_format={"type": "json_schema", "json_schema": FORM},
            )
            calls += 1
    return Schedule(time.monotonic() - began, calls, len(texts))
