"""What refusals and answers of many servers mean, as they are known from them. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from books.errors import AccountRefused, ProviderRejected, ProviderUnavailable, RateLimited
from books.providers.completion import document_of, raw_answer
from books.providers.failures import failure, wait_named
from books.providers.profile import body_of, refused_in
from tests.providers.requests import question


def error(message: str, **more: str) -> dict:
    return {"message": message, **more}


ACCOUNT = [
    (401, error("Incorrect API key provided.", code="invalid_api_key")),
    (401, {"detail": "Unauthorized"}),
    (402, error("Insufficient Balance")),
    (403, error("Country, region, or territory not supported", code="unsupported_country_region_territory")),
    (404, error("The model `gpt-9` does not exist", code="model_not_found")),
    (404, {"object": "error", "message": "The model does not exist.", "type": "NotFoundError"}),
    (404, "404 page not found"),
    (429, error("You exceeded your current quota", type="insufficient_quota", code="insufficient_quota")),
    (429, error("Your account org is suspended due to insufficient balance")),
    (429, error("Monthly spend limit reached for this workspace")),
    (400, error("API key not valid. Please pass a valid API key.")),
    (400, error("Invalid model name passed in model=gpt-9: model not found")),
    (400, error("max_tokens is too large: 9000. This model supports at most 4096 completion tokens")),
    (400, error("This model does not support image input")),
    (404, error("DeploymentNotFound", code="DeploymentNotFound")),
]
CONTENT = [
    (400, error("The response was filtered", code="content_filter")),
    (400, {"message": "Rejected by our safety system", "code": "content_policy_violation"}),
    (403, error("Your input was flagged by moderation")),
    (400, error("This model's maximum context length is 8192 tokens", code="context_length_exceeded")),
    (413, error("Request too large")),
    (422, error("prompt is too long: 210000 tokens")),
    (400, error("Some other thing is wrong")),
]
PASSES = [
    (408, ""),
    (409, ""),
    (425, ""),
    (500, ""),
    (502, "<html>Bad Gateway</html>"),
    (503, ""),
    (504, ""),
    (520, ""),
]
PASSES += [(529, error("Overloaded")), (498, error("Flex tier capacity exceeded"))]
LIMITS = [
    (429, error("Rate limit reached for gpt-5 in organization on tokens per min (TPM)")),
    (429, error("You exceeded your current quota. Please retry in 12.5s.")),
    (429, error("Too many requests: quota of requests per minute exceeded")),
    (429, "slow down"),
    (429, ""),
]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        *((*each, AccountRefused) for each in ACCOUNT),
        *((*each, ProviderRejected) for each in CONTENT),
        *((*each, ProviderUnavailable) for each in PASSES),
        *((*each, RateLimited) for each in LIMITS),
    ],
)
def test_a_refusal_means_what_it_says(status, body, kind):
    text = body if isinstance(body, str) else json.dumps(body)
    found = failure(status, None if isinstance(body, str) else body, {}, text)
    assert type(found) is kind
    if isinstance(body, dict) and kind in {AccountRefused, ProviderRejected}:
        assert next(each for each in (body.get("message"), body.get("detail")) if each).rstrip(".") in found.message
    assert "<" not in found.message


@pytest.mark.parametrize(
    ("headers", "said", "seconds"),
    [
        ({}, "", None),
        ({"retry-after": "0"}, "", 1),
        ({"retry-after": "-5"}, "", 1),
        ({"Retry-After": "7"}, "", 7),
        ({"retry-after-ms": "2500", "retry-after": "3"}, "", 2.5),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "nan"}, "", 1),
        ({}, "Please try again in 20s.", 20),
        ({}, "Please retry after 90000ms", 90),
        ({}, "try again in 2m", 120),
    ],
)
def test_the_time_to_wait_is_found(headers, said, seconds):
    assert wait_named(headers, said) == seconds


def test_a_date_to_wait_for_is_understood():
    until = datetime.now(UTC) + timedelta(seconds=20)
    assert 17 < wait_named({"retry-after": format_datetime(until)}) <= 20


CHOICE = {"message": {"content": '{"title": "A"}'}, "finish_reason": "stop"}
SHAPES = {
    "plain": {"choices": [CHOICE]},
    "parts": {"choices": [{"message": {"content": [{"type": "text", "text": '{"title": "A"}'}]}}]},
    "reasoning": {"choices": [{"message": {"content": None, "reasoning_content": '{"title": "A"}'}}]},
    "other reasoning": {"choices": [{"message": {"content": "", "reasoning": '{"title": "A"}'}}]},
    "a tool": {"choices": [{"message": {"tool_calls": [{"function": {"arguments": '{"title": "A"}'}}]}}]},
    "an object": {"choices": [{"message": {"parsed": {"title": "A"}, "content": "x"}}]},
    "completions": {"choices": [{"text": '{"title": "A"}'}]},
    "ollama": {"message": {"content": '{"title": "A"}'}, "done": True},
    "responses": {"output": [{"type": "reasoning"}, {"content": [{"type": "output_text", "text": '{"title": "A"}'}]}]},
    "anthropic": {"content": [{"type": "text", "text": '{"title": "A"}'}], "stop_reason": "end_turn"},
    "gemini": {"candidates": [{"content": {"parts": [{"text": '{"title": "A"}'}]}}]},
}


@pytest.mark.parametrize("document", SHAPES.values(), ids=SHAPES.keys())
def test_the_text_is_found_wherever_it_is(document):
    raw = raw_answer(document, question())
    assert (json.loads(raw.text), raw.stopped) == ({"title": "A"}, "end")
    assert raw.is_estimate
    assert raw.tokens_in > 0 < raw.tokens_out


USAGES = [
    ({"prompt_tokens": 7, "completion_tokens": 5}, (7, 5, False)),
    ({"prompt_tokens": "7", "completion_tokens": "5"}, (7, 5, False)),
    ({"input_tokens": 7, "output_tokens": 5}, (7, 5, False)),
    ({"prompt_tokens": 7.0, "completion_tokens": 5.0, "prompt_tokens_details": {"cached_tokens": None}}, (7, 5, False)),
    ({"prompt_tokens": -1, "completion_tokens": 5}, (None, 5, True)),
    ({"prompt_tokens": 0, "completion_tokens": 0}, (None, None, True)),
    ({"prompt_tokens": "many", "completion_tokens": float("nan")}, (None, None, True)),
    ({"total_tokens": 12}, (None, None, True)),
    ([], (None, None, True)),
    ("none", (None, None, True)),
]


@pytest.mark.parametrize(("usage", "told"), USAGES)
def test_tokens_are_taken_as_told_or_estimated(usage, told):
    asked = question()
    raw = raw_answer({"choices": [CHOICE], "usage": usage}, asked)
    expected = told[0] or asked.estimated_tokens_in, told[1] or -(-len(raw.text) // 4), told[2]
    assert (raw.tokens_in, raw.tokens_out, raw.is_estimate) == expected


@pytest.mark.parametrize("body", ["", "<!doctype html>", "[]", '"text"', "data: not json", "null"])
def test_what_is_no_completion_is_none(body):
    assert document_of(body) is None


def test_a_stream_that_nobody_asked_for_is_put_together():
    events = [{"choices": [{"delta": {"content": part}}]} for part in ('{"title"', ': "A"}')]
    events.append({"choices": [{"delta": {}, "finish_reason": "length"}], "usage": {"prompt_tokens": 3}})
    body = "\n\n".join(f"data: {json.dumps(event)}" for event in events) + "\n\ndata: [DONE]\n"
    raw = raw_answer(document_of(body), question())
    assert (raw.text, raw.stopped, raw.tokens_in) == ('{"title": "A"}', "length", 3)


@pytest.mark.parametrize(
    ("words", "left_out"),
    [
        (
            "Unsupported parameter: 'max_completion_tokens' is not supported. Use 'max_tokens'",
            ["max_completion_tokens"],
        ),
        ("body.prompt_cache_key: Extra inputs are not permitted", ["prompt_cache_key"]),
        ("Unrecognized request argument supplied: reasoning_effort", ["reasoning_effort"]),
        ("'temperature' does not support 0.2 with this model", ["temperature"]),
        ("'response_format.type' must be 'json_object' or 'text'", ["json_schema"]),
        ("Invalid schema for response_format: '$defs' is not permitted", ["json_schema"]),
        ("failed to parse grammar", ["json_schema"]),
        ("json_schema.strict: unknown field strict", ["strict"]),
    ],
)
def test_what_a_server_names_is_left_out(words, left_out):
    body = body_of(question(temperature=0.2, effort="low"))
    assert refused_in(words, body, (), is_proven=True) == left_out
    smaller = body_of(question(temperature=0.2, effort="low"), left_out)
    assert left_out[0] not in smaller


def test_a_server_that_names_nothing_gets_it_plain_once_and_only_before_it_took_anything():
    body = body_of(question())
    assert refused_in("Bad request", body, (), is_proven=True) == []
    plain = refused_in("Bad request", body, (), is_proven=False)
    assert plain == ["prompt_cache_key", "strict"]
    assert refused_in("Bad request", body_of(question(), plain), plain, is_proven=False) == []


def test_without_a_schema_the_form_is_said_in_words():
    body = body_of(question(), ("json_schema",))
    assert body["response_format"] == {"type": "json_object"}
    assert '"title"' in body["messages"][0]["content"]
    assert "response_format" not in body_of(question(), ("json_schema", "json_object"))
