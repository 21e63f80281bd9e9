"""Envelopes that models and servers put around an answer are opened; what would have to be guessed is not."""

from __future__ import annotations

import json

import pytest
from pydantic import BaseModel, Field

from books.providers.answers import read_answer


class Heading(BaseModel):
    text: str
    number: str
    level: int = Field(ge=1, le=3)


class Digest(BaseModel):
    summary: list[str]
    headings: list[Heading]
    exercises: int
    printed_number: int | None


GOOD = {
    "summary": ["Leaves take in air."],
    "headings": [{"text": "Leaves", "number": "1.2", "level": 2}],
    "exercises": 3,
    "printed_number": None,
}
PLAIN = json.dumps(GOOD)
LOOSE = PLAIN.replace('"exercises": 3', "'exercises': 3").replace("}]", "},]").replace("null}", "null, // none\n}")
ENVELOPES = {
    "as it is": PLAIN,
    "a fence": f"```json\n{PLAIN}\n```",
    "a fence without its end": f"```\n{PLAIN}",
    "prose": f"Here is the JSON you asked for:\n\n{PLAIN}\n\nLet me know {{if}} you need [more]!",
    "prose with braces before": f"The set {{1, 2}} is [not] it. {PLAIN}",
    "an end token": f"{PLAIN}<|im_end|>",
    "a thought with a draft": f"<think>Perhaps {json.dumps(GOOD | {'exercises': 9})}?</think>{PLAIN}",
    "a byte order mark": f"\ufeff{PLAIN}",
    "one key more": json.dumps(GOOD | {"explanation": "because"}),
    "the schema's wrapping": json.dumps({"type": "json_object", "properties": GOOD}),
    "a function call": json.dumps({"name": "Digest", "arguments": PLAIN}),
    "a list of one": json.dumps([GOOD]),
    "JSON in JSON": json.dumps(PLAIN),
    "the answer under its name": json.dumps({"Digest": GOOD}),
    "twice": f"{PLAIN}\n{json.dumps(GOOD | {'exercises': 7})}",
    "single quotes, commas, comments": LOOSE,
    "a Python value": repr(GOOD),
    "line feeds inside text": PLAIN.replace("take in", "take\tin").replace("\tin", " in"),
    "numbers as strings": json.dumps(GOOD | {"exercises": "3"}),
    "a number as 3.0": json.dumps(GOOD | {"exercises": 3.0}),
    "a text as number": PLAIN.replace('"1.2"', "1.2"),
    "camel case": PLAIN.replace("printed_number", "printedNumber"),
    "capitals": PLAIN.replace('"summary"', '"Summary"'),
    "one item instead of a list": json.dumps(GOOD | {"headings": GOOD["headings"][0]}),
    "text instead of a list": json.dumps(GOOD | {"summary": GOOD["summary"][0]}),
    "items in a wrapping": json.dumps(GOOD | {"summary": [{"text": GOOD["summary"][0]}]}),
    "a null left out": json.dumps({key: value for key, value in GOOD.items() if value is not None}),
}


@pytest.mark.parametrize("text", ENVELOPES.values(), ids=ENVELOPES.keys())
def test_what_can_be_put_right_is(text):
    answer, problem = read_answer(Digest, text)
    assert problem == ""
    assert answer is not None
    assert answer.model_dump() == GOOD


def test_null_for_a_list_is_an_empty_one():
    answer, _ = read_answer(Digest, json.dumps(GOOD | {"headings": None}))
    assert answer is not None
    assert answer.headings == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON"),
        ("I cannot read this page.", "not JSON"),
        ("{" * 50_000, "not JSON"),
        ("[" * 50_000, "not JSON"),
        (PLAIN[:-70], "not JSON"),
        (PLAIN[:20], "not JSON"),
        (json.dumps({"nothing": "asked"}), "summary: Field required"),
        (json.dumps(GOOD | {"exercises": "three"}), "exercises: Input should be a valid integer"),
        (json.dumps(GOOD | {"exercises": None}), "exercises"),
        (json.dumps({"properties": {"summary": {"type": "array"}}}), "Field required"),
    ],
)
def test_nothing_is_guessed(text, problem):
    answer, said = read_answer(Digest, text)
    assert answer is None
    assert problem in said
