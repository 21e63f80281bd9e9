"""Calls answered later for less: sent once, taken in once, billed at the discounted rate."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from books.errors import BudgetHeld, InvalidModelOutput, ProviderRejected
from books.models import DeferredCall, ModelCall, ModelPrice, ProviderBatch
from books.providers import collecting, factory
from books.providers.deferred_client import DeferredClient
from jobs import clock
from jobs.constants import JobStatus
from jobs.errors import NotYet
from jobs.models import Item
from tests.providers.requests import question

pytestmark = pytest.mark.usefixtures("_asking")
WINDOWS = ("24h", "8h", "2h")


@pytest.fixture(params=WINDOWS)
def window(request, item, provider, settings):
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "a-key", provider.url
    factory.deferred_client.cache_clear()
    item.job.params = {"economy": request.param}
    item.job.save()
    item.not_before = clock.now() + timedelta(hours=1)
    item.save()
    yield request.param
    factory.deferred_client.cache_clear()


def of_batches(test):
    """For what only batches do."""
    return pytest.mark.parametrize("window", ["24h"], indirect=True)(test)


def put_down(ledger, **changes):
    with pytest.raises(NotYet):
        ledger.ask(question(**changes))


def sweep():
    collecting.run_economy()


def test_an_answer_that_comes_later(ledger, item, provider, window):
    ModelPrice.objects.create(model="gpt-5-mini", input=1000, cached_input=1, output=1000)
    put_down(ledger)
    put_down(ledger)
    provider.behave(later_seconds=3_600)
    sweep()
    sweep()
    assert (provider.counts.calls, ModelCall.objects.count()) == (1, 0)
    put_down(ledger)
    for one in (*provider.later.batches.values(), *provider.later.responses.values()):
        one["ready_at"] = 0
    sweep()
    item.refresh_from_db()
    assert (item.not_before, DeferredCall.objects.count(), ProviderBatch.objects.count()) == (None, 0, 0)
    assert ledger.ask(question()).title == "Fractions"
    assert ledger.ask(question()).title == "Fractions"
    call = ModelCall.objects.get()
    discount = {"24h": 50, "8h": 40, "2h": 30}[window]
    assert (call.outcome, call.discount, provider.counts.calls) == ("answered", discount, 1)
    assert call.cost == Decimal(call.tokens_in + call.tokens_out) * (100 - discount) / 100_000


@pytest.mark.parametrize(
    ("fate", "error", "outcome"),
    [("refuse", ProviderRejected, "refused"), ("truncate", InvalidModelOutput, "truncated")],
)
def test_no_answer_is_named_and_may_be_asked_again(ledger, provider, window, fate, error, outcome):
    provider.behave(**{f"{fate}_every": 1})
    put_down(ledger)
    sweep()
    sweep()
    with pytest.raises(error):
        ledger.ask(question())
    assert ModelCall.objects.get().outcome == outcome
    put_down(ledger)


def test_a_misfit_is_repaired_later_too(ledger, provider, window):
    provider.behave(malformed_every=1)
    put_down(ledger)
    sweep()
    sweep()
    provider.behave(malformed_every=0)
    put_down(ledger)
    sweep()
    sweep()
    assert ledger.ask(question()).title == "Fractions"
    assert provider.counts.calls == 2


@of_batches
def test_a_call_that_the_provider_rejects(ledger, provider, window):
    provider.behave(bad_request_every=1)
    put_down(ledger)
    sweep()
    sweep()
    with pytest.raises(ProviderRejected, match="bad_request"):
        ledger.ask(question())


@of_batches
def test_what_a_batch_did_not_come_to_is_sent_again_three_times_in_all(ledger, provider, window):
    provider.behave(batch_answers=1)
    for title in ("One", "Two"):
        put_down(ledger, title=title)
    sweep()
    assert ledger.ask(question("One")).title == "One"
    provider.behave(batch_answers=0)
    for _ in range(4):
        sweep()
    assert provider.counts.calls == 1
    with pytest.raises(ProviderRejected, match="did not come to it"):
        ledger.ask(question("Two"))


@of_batches
def test_a_batch_whose_sender_died_is_found_and_not_sent_twice(ledger, provider, window, monkeypatch):
    class Death(BaseException):
        """As a kill between the provider's answer and our note of it."""

    send = DeferredClient.send_batch

    def dies(self, key, bodies):
        send(self, key, bodies)
        raise Death

    put_down(ledger)
    monkeypatch.setattr(DeferredClient, "send_batch", dies)
    with pytest.raises(Death):
        sweep()
    monkeypatch.undo()
    sweep()
    assert DeferredCall.objects.get().state == "sent"
    ProviderBatch.objects.update(created_at=clock.now() - collecting.SENDING)
    sweep()
    sweep()
    assert ledger.ask(question()).title == "Fractions"
    assert (len(provider.later.batches), provider.counts.calls) == (1, 1)


def test_a_provider_that_is_away_costs_nothing(ledger, provider, window):
    put_down(ledger)
    provider.behave(away=True)
    sweep()
    provider.behave(away=False)
    DeferredCall.objects.update(sent_at=clock.now() - 2 * collecting.SENDING)
    ProviderBatch.objects.update(created_at=clock.now() - 2 * collecting.SENDING)
    for _ in range(3):
        sweep()
    assert ledger.ask(question()).title == "Fractions"
    assert provider.counts.calls == 1


def test_what_was_put_down_counts_against_the_cap(ledger, item, provider, window):
    ModelPrice.objects.create(model="gpt-5-mini", input=1000, cached_input=1, output=1000)
    item.job.book.spending_cap = Decimal(5)
    item.job.book.save()
    put_down(ledger)
    reserved = DeferredCall.objects.get().reserved
    assert 0 < reserved < 5
    item.job.book.spending_cap = reserved + 3
    item.job.book.save()
    with pytest.raises(BudgetHeld):
        ledger.ask(question("Another"))


def test_a_paused_job_sends_nothing_and_a_cancelled_one_forgets(ledger, item, provider, window):
    put_down(ledger)
    item.job.status = JobStatus.PAUSED
    item.job.save()
    sweep()
    assert (provider.counts.calls, DeferredCall.objects.count()) == (0, 1)
    item.job.status = JobStatus.CANCELLED
    item.job.save()
    sweep()
    assert (provider.counts.calls, DeferredCall.objects.count()) == (0, 0)
    assert Item.objects.count() == 1
