"""The openai SDK's ways to have calls answered later: the Batch API, and responses in the background."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from openai import OpenAI
from openai.types import Batch

from books.errors import ProviderRejected
from books.providers.client import mapped_errors, raw_of_completion
from books.providers.request import RawAnswer

ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
OURS = "bookpipeline"
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
# Batches are listed newest first; one that was sent minutes ago is among these.
LISTED = 100


@dataclass(frozen=True, slots=True)
class Answered:
    """``answer`` is None where the provider refused the call, for the reason in ``refusal``."""

    custom_id: str
    answer: RawAnswer | None
    refusal: str = ""


class DeferredClient:
    """Raises what ``books.providers.client`` raises; retries nothing."""

    def __init__(self, *, api_key: str, base_url: str | None, timeout: float) -> None:
        self._client = OpenAI(api_key=api_key, base_url=base_url, timeout=timeout, max_retries=0)

    def send_batch(self, key: str, bodies: Mapping[str, dict[str, Any]]) -> str:
        """Sends the calls by their custom ids; the provider repeats ``key``. Returns the provider's id."""
        lines = [
            json.dumps({"custom_id": name, "method": "POST", "url": ENDPOINT, "body": body})
            for name, body in bodies.items()
        ]
        with mapped_errors():
            file = self._client.files.create(
                file=(f"{key}.jsonl", "\n".join(lines).encode(), "application/jsonl"), purpose="batch"
            )
            return self._client.batches.create(
                completion_window="24h", endpoint=ENDPOINT, input_file_id=file.id, metadata={OURS: key}
            ).id

    def find_batch(self, key: str) -> str | None:
        with mapped_errors():
            page = self._client.batches.list(limit=LISTED)
        return next((batch.id for batch in page.data if (batch.metadata or {}).get(OURS) == key), None)

    def ended_batch(self, provider_id: str) -> Batch | None:
        """None while the provider is at work on it."""
        with mapped_errors():
            batch = self._client.batches.retrieve(provider_id)
        return batch if batch.status in ENDED else None

    def answers(self, batch: Batch) -> Iterator[Answered]:
        """What a batch that ended has; calls that it did not come to are missing."""
        for name in filter(None, (batch.output_file_id, batch.error_file_id)):
            with mapped_errors():
                text = self._client.files.content(name).text
            for line in text.splitlines():
                if line.strip():
                    yield _answered(json.loads(line))

    def send_background(self, key: str, body: dict[str, Any], window: str) -> str:
        """Begins one response; returns the provider's id."""
        with mapped_errors():
            options = {"background_options": {"completion_window": window}}
            response = self._client.responses.create(**_as_response(body), metadata={OURS: key}, extra_body=options)
        return str(response.id)

    def background(self, provider_id: str) -> Answered | None:
        """None while the provider is at work on it."""
        with mapped_errors():
            response = self._client.responses.retrieve(provider_id)
        if response.status in {"queued", "in_progress"}:
            return None
        if response.status not in {"completed", "incomplete"}:
            reason = response.error.message if response.error else f"It is {response.status}."
            return Answered(provider_id, None, reason)
        return Answered(provider_id, _raw_of_response(response))


def _answered(line: dict[str, Any]) -> Answered:
    name = str(line["custom_id"])
    response = line.get("response") or {}
    if response.get("status_code") != 200:
        said = line.get("error") or (response.get("body") or {}).get("error") or {}
        return Answered(name, None, str(said.get("message", "The provider gave no reason.")))
    try:
        return Answered(name, raw_of_completion(response["body"]))
    except ProviderRejected as error:
        return Answered(name, None, error.message)


def _as_response(body: dict[str, Any]) -> dict[str, Any]:
    """The arguments of Chat Completions as the Responses API has them."""
    system, *rest = body["messages"]
    form = body["response_format"]["json_schema"]
    arguments = {
        "model": body["model"],
        "instructions": system["content"],
        "input": [{"role": each["role"], "content": _content(each)} for each in rest],
        "max_output_tokens": body["max_completion_tokens"],
        "text": {"format": {"type": "json_schema", **form}},
        "prompt_cache_key": body["prompt_cache_key"],
        "background": True,
    }
    return arguments | ({"temperature": body["temperature"]} if "temperature" in body else {})


def _content(message: dict[str, Any]) -> Any:
    if isinstance(message["content"], str):
        return message["content"]
    return [
        {"type": "input_text", "text": part["text"]}
        if part["type"] == "text"
        else {"type": "input_image", **part["image_url"], "image_url": part["image_url"]["url"]}
        for part in message["content"]
    ]


def _raw_of_response(response: Any) -> RawAnswer:
    parts = [part for output in response.output if output.type == "message" for part in output.content]
    refusal = "".join(part.refusal for part in parts if part.type == "refusal")
    usage = response.usage
    return RawAnswer(
        text=refusal or cast("str", response.output_text),
        stopped="refusal" if refusal else "length" if response.status == "incomplete" else "end",
        tokens_in=usage.input_tokens if usage else 0,
        tokens_cached=usage.input_tokens_details.cached_tokens if usage else 0,
        tokens_out=usage.output_tokens if usage else 0,
        model=response.model,
    )
