"""The real openai client against a real server: every failure becomes one of our errors, and none is retried."""

from __future__ import annotations

import pytest

from books.errors import ProviderRejected, ProviderUnavailable, RateLimited
from books.providers.client import OpenAIClient
from tests.providers.requests import Remembered, question


def client_at(url: str, timeout: float = 2) -> OpenAIClient:
    return OpenAIClient(api_key="a-key", base_url=url, timeout=timeout, profiles=Remembered())


def test_an_answer_comes_with_what_it_used(client, provider):
    raw = client.complete(question())
    assert (raw.text, raw.stopped, raw.model) == ('{"title": "Fractions"}', "end", "gpt-5-mini")
    assert (raw.tokens_in, raw.tokens_out) == (provider.counts.tokens_in, provider.counts.tokens_out)
    assert raw.tokens_in > 0


@pytest.mark.parametrize("seconds", [1.25, 7])
def test_a_rate_limit_names_its_time(client, provider, seconds):
    provider.behave(rate_limit_every=1, retry_after=seconds)
    with pytest.raises(RateLimited) as raised:
        client.complete(question())
    assert raised.value.retry_after == seconds
    assert (raised.value.retryable, raised.value.counts_attempt) == (True, False)


@pytest.mark.parametrize(
    ("fault", "error"), [("error_every", ProviderUnavailable), ("bad_request_every", ProviderRejected)]
)
def test_statuses_become_errors(client, provider, fault, error):
    provider.behave(**{fault: 1})
    with pytest.raises(error) as raised:
        client.complete(question())
    assert raised.value.retryable is (error is ProviderUnavailable)
    assert provider.counts.calls == 1


def test_a_refused_call_says_why(client, provider):
    provider.behave(bad_request_every=1)
    with pytest.raises(ProviderRejected, match=r"400.*was told to"):
        client.complete(question())


@pytest.mark.timeout(60)
def test_a_call_that_hangs_ends_at_the_time_limit(provider):
    provider.behave(hang_every=1)
    with pytest.raises(ProviderUnavailable, match="Timeout"):
        client_at(provider.url, 0.3).complete(question())


@pytest.mark.timeout(60)
def test_an_answer_that_drips_ends_at_the_time_limit_too(provider):
    """Each byte comes in time, the answer never: a call was held until the queue's own timeout killed its worker."""
    provider.behave(drip_every=1)
    with pytest.raises(ProviderUnavailable, match="Timeout"):
        client_at(provider.url, 1).complete(question())


def test_a_dropped_connection_is_an_outage(client, provider):
    provider.behave(away=True)
    with pytest.raises(ProviderUnavailable, match="Connection"):
        client.complete(question())
    assert provider.counts.calls == 1


def test_nobody_at_the_address_is_an_outage():
    with pytest.raises(ProviderUnavailable, match="Connection"):
        OpenAIClient(api_key="a-key", base_url="http://127.0.0.1:9/v1", timeout=2, profiles=Remembered()).complete(
            question()
        )


@pytest.mark.parametrize(("fault", "stopped"), [("refuse_every", "refusal"), ("truncate_every", "length")])
def test_refusals_and_cut_answers_are_told_apart(client, provider, fault, stopped):
    provider.behave(**{fault: 1})
    assert client.complete(question()).stopped == stopped
