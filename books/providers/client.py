"""The one place that knows the openai SDK: sends a request, maps its errors once, retries nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import openai
from openai import OpenAI
from openai.types.chat import ChatCompletion
from pydantic import ValidationError

from books.errors import ProviderRejected, ProviderUnavailable, RateLimited
from books.providers.deadline import limit_exchanges
from books.providers.request import ModelRequest, RawAnswer

LONGEST_MESSAGE = 300


class ModelClient(Protocol):
    """Raises RateLimited, ProviderUnavailable or ProviderRejected, never a vendor's own error."""

    provider: str

    def complete(self, request: ModelRequest[Any]) -> RawAnswer: ...


class OpenAIClient:
    """Any server that speaks Chat Completions with strict JSON schemas.

    ``timeout`` is in seconds for the whole call. The SDK's own retries are off: they would repeat a call that may
    have been billed, and hide a rate limit from the other workers.
    """

    def __init__(self, *, api_key: str, base_url: str | None, timeout: float, provider: str = "openai") -> None:
        self.provider = provider
        self._client = OpenAI(api_key=api_key, base_url=base_url, timeout=timeout, max_retries=0)
        limit_exchanges(self._client._client, timeout)

    def complete(self, request: ModelRequest[Any]) -> RawAnswer:
        with mapped_errors():
            # The method for completions would search each level of the body for names to translate.
            completion = self._client.post("/chat/completions", cast_to=ChatCompletion, body=body_of(request))
        return _raw(completion)


@contextmanager
def mapped_errors() -> Iterator[None]:
    """The SDK's errors as ours, here and nowhere else."""
    try:
        yield
    except openai.RateLimitError as error:
        raise RateLimited("The provider limits our calls for now.", retry_after=_retry_after(error)) from error
    except (openai.APIConnectionError, openai.InternalServerError) as error:
        raise ProviderUnavailable(f"The provider did not answer ({type(error).__name__}).") from error
    except openai.APIStatusError as error:
        raise ProviderRejected(_said(error)) from error
    except openai.APIError as error:
        raise ProviderUnavailable("The provider's answer was not readable.") from error


def body_of(request: ModelRequest[Any]) -> dict[str, Any]:
    """What Chat Completions is sent."""
    body: dict[str, Any] = {
        "model": request.model,
        "messages": request.messages(),
        "max_completion_tokens": request.max_tokens,
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": request.schema.__name__,
                "schema": request.form,
                "strict": True,
            },
        },
        "prompt_cache_key": f"{request.stage}-{request.prompt_version}",
    }
    if request.temperature is not None:
        body["temperature"] = request.temperature
    return body


def raw_of_completion(document: dict[str, Any]) -> RawAnswer:
    """From the JSON of a completion. Raises ProviderRejected for one that is none."""
    try:
        return _raw(ChatCompletion.model_validate(document))
    except (ValidationError, ProviderUnavailable) as error:
        raise ProviderRejected("The provider's answer was not readable.") from error


def _raw(completion: ChatCompletion) -> RawAnswer:
    if not completion.choices:
        raise ProviderUnavailable("The provider answered without content.")
    choice = completion.choices[0]
    usage = completion.usage
    details = getattr(usage, "prompt_tokens_details", None)
    refusal = choice.message.refusal or ("content filter" if choice.finish_reason == "content_filter" else "")
    return RawAnswer(
        text=refusal or choice.message.content or "",
        stopped="refusal" if refusal else "length" if choice.finish_reason == "length" else "end",
        tokens_in=usage.prompt_tokens if usage else 0,
        tokens_cached=(getattr(details, "cached_tokens", 0) or 0) if details else 0,
        tokens_out=usage.completion_tokens if usage else 0,
        model=completion.model or "",
    )


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds; retry-after-ms is finer where a provider sends it."""
    headers = error.response.headers
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return float(headers[name]) / scale
        except (KeyError, ValueError):
            continue
    return None


def _said(error: openai.APIStatusError) -> str:
    return f"The provider refused the call ({error.status_code}): {error.message[:LONGEST_MESSAGE]}"
