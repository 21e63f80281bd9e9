"""The one place that knows the openai SDK: sends a request as its server takes it, maps errors, retries nothing."""

from __future__ import annotations

from typing import Any, Protocol

import httpx2
import openai

from books.deadline import limit_exchanges
from books.errors import AccountRefused, ProviderError, ProviderRejected, ProviderUnavailable
from books.providers.completion import document_of, raw_answer
from books.providers.failures import failure, words_of
from books.providers.profile import body_of, refused_in
from books.providers.request import JsonObject, ModelRequest, RawAnswer

# A refused request is sent once more without what was refused, so often at the most.
MOST_FALLBACKS = 6
# The cheaper tier is slower; the time of a slice of network work holds a call of this many deadlines.
ECONOMY_PATIENCE = 3
ABOUT_THE_REQUEST = frozenset({400, 404, 415, 422, 501})
NOT_THE_API = "This address answers, but does not speak the API: it usually ends in /v1"


class ModelClient(Protocol):
    """Raises a leaf of ProviderError, never a vendor's own error; an answer of status 200 is returned whatever it says,
    so that it can be put down before it is judged."""

    provider: str

    def complete(self, request: ModelRequest[Any]) -> RawAnswer: ...


class Profiles(Protocol):
    """What each model of a provider is known to refuse."""

    def left_out(self, model: str) -> tuple[str, ...]: ...

    def is_proven(self, model: str) -> bool: ...

    def learn(self, model: str, left_out: tuple[str, ...]) -> None: ...


class OpenAIClient:
    """Any server that speaks Chat Completions.

    ``timeout`` is in seconds for the whole call, however its bytes drip in. The SDK's own retries are off: they would
    repeat a call that may have been billed, and hide a rate limit from the other workers.
    """

    def __init__(
        self, *, api_key: str, base_url: str | None, timeout: float, profiles: Profiles, provider: str = "openai"
    ) -> None:
        self.provider = provider
        self.timeout = timeout
        self.profiles = profiles
        self._client = openai.OpenAI(api_key=api_key, base_url=base_url, timeout=timeout, max_retries=0)
        limit_exchanges(self._client._client)

    def complete(self, request: ModelRequest[Any]) -> RawAnswer:
        left_out = self.profiles.left_out(request.model)
        for _ in range(MOST_FALLBACKS):
            body = body_of(request, left_out)
            try:
                answer = self._send(request, body)
            except _Refused as refusal:
                refused = self._refused(refusal, request, body, left_out)
                if not refused:
                    raise refusal.error from refusal
                left_out = (*left_out, *refused)
            else:
                if left_out != self.profiles.left_out(request.model) or not self.profiles.is_proven(request.model):
                    self.profiles.learn(request.model, left_out)
                return answer
        raise ProviderError(f"The provider takes no request of ours, not even without {', '.join(left_out)}.")

    def _refused(
        self, refusal: _Refused, request: ModelRequest[Any], body: JsonObject, left_out: tuple[str, ...]
    ) -> list[str]:
        if refusal.status not in ABOUT_THE_REQUEST or (request.is_economy and "tier" in refusal.words):
            return []
        is_proven = not isinstance(refusal.error, ProviderRejected) or self.profiles.is_proven(request.model)
        return refused_in(refusal.words, body, left_out, is_proven=is_proven)

    def _send(self, request: ModelRequest[Any], body: JsonObject) -> RawAnswer:
        patience = ECONOMY_PATIENCE if request.is_economy else 1
        try:
            options: Any = {"timeout": self.timeout * patience}
            response = self._client.post("/chat/completions", cast_to=httpx2.Response, body=body, options=options)
        except openai.APIStatusError as error:
            raise _Refused(error.status_code, error.body, error.response, request) from error
        except openai.APIConnectionError as error:
            raise ProviderUnavailable(f"The provider did not answer ({type(error).__name__}).") from error
        return _raw(response, request)


class _Refused(Exception):
    """A status that says no, with what it means and the words in which it was said."""

    def __init__(self, status: int, body: Any, response: httpx2.Response, request: ModelRequest[Any]) -> None:
        super().__init__(status)
        self.status = status
        self.words = words_of(body)
        self.error = failure(status, body, response.headers, response.text)
        if request.is_economy and status in ABOUT_THE_REQUEST and "tier" in self.words:
            self.error = AccountRefused(f"{self.error.message} Start the job again without economy")


def _raw(response: httpx2.Response, request: ModelRequest[Any]) -> RawAnswer:
    document = document_of(response.text)
    if document is None and not response.text.strip():
        raise ProviderUnavailable("The provider answered with nothing at all.")
    if document is None:
        raise AccountRefused(NOT_THE_API)
    error = document.get("error")
    if error and not document.get("choices"):
        status = error.get("code") if isinstance(error, dict) else None
        raise failure(status if isinstance(status, int) else 500, document, response.headers)
    return raw_answer(document, request)
