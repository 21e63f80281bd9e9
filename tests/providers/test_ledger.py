"""No answer is paid for twice, and every call leaves a row."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from books.errors import (
    BudgetHeld,
    BudgetReached,
    InvalidModelOutput,
    NothingUsable,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
)
from books.ledger import asking
from books.ledger.asking import asking_for
from books.ledger.spending import spent
from books.models import Book, CallOutcome, ModelCall, ModelPrice, Reservation
from jobs.models import Item, Job, Throttle
from jobs.states import ItemState
from tests.factories import ItemFactory
from tests.providers.requests import ledger_of, question

pytestmark = pytest.mark.usefixtures("_asking")


def outcomes() -> list[str]:
    return list(ModelCall.objects.order_by("pk").values_list("outcome", flat=True))


def test_a_call_leaves_a_row_with_everything(ledger, provider, item):
    ModelPrice.objects.create(model="gpt-5-mini", input=1, cached_input=Decimal("0.1"), output=2)
    assert ledger.ask(question()).title == "Fractions"
    row = ModelCall.objects.get()
    assert (row.book_id, row.job_id, row.item, row.stage) == (item.job.book_id, item.job_id, item.key, "name")
    assert (row.provider, row.model, row.prompt_version, row.schema_version) == ("openai", "gpt-5-mini", "1", "1")
    assert (row.tokens_in, row.tokens_out) == (provider.counts.tokens_in, provider.counts.tokens_out)
    assert row.cost == Decimal(row.tokens_in + 2 * row.tokens_out) / 1_000_000
    assert (row.outcome, row.answer) == (CallOutcome.ANSWERED, '{"title": "Fractions"}')
    assert row.seconds > 0


def test_the_same_question_is_never_paid_for_again(ledger, provider, client, item):
    ledger.ask(question())
    another = ItemFactory(job=item.job)
    with asking_for(another):
        assert ledger_of(client).ask(question()).title == "Fractions"
    assert (provider.counts.calls, ModelCall.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    "changes",
    [{"model": "other"}, {"instructions": "Else."}, {"temperature": 0.0}, {"max_tokens": 10}, {"images": (b"png",)}],
)
def test_another_question_is(ledger, provider, changes):
    ledger.ask(question())
    ledger.ask(question(**changes))
    assert provider.counts.calls == 2


def test_a_crash_after_the_answer_finds_it_again(ledger, provider, monkeypatch):
    """The worker dies when the answer is in the ledger and the item not saved yet."""
    read = asking._write

    def die(*args, **kwargs):
        read(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(asking, "_write", die)
    with pytest.raises(KeyboardInterrupt):
        ledger.ask(question())
    monkeypatch.undo()
    assert ledger.ask(question()).title == "Fractions"
    assert provider.counts.calls == 1


def test_an_answer_of_the_wrong_form_is_asked_for_once_more(ledger, provider):
    provider.behave(malformed_every=1)
    with pytest.raises(InvalidModelOutput, match="twice"):
        ledger.ask(question())
    assert provider.counts.calls == 2
    assert outcomes() == [CallOutcome.INVALID, CallOutcome.INVALID]


def test_a_repaired_answer_is_kept_under_the_first_question(ledger, provider):
    provider.behave(malformed_every=3)
    for title in ("One", "Two", "Three"):
        assert ledger.ask(question(title)).title == title
    assert provider.counts.calls == 4
    assert ledger.ask(question("Three")).title == "Three"
    assert provider.counts.calls == 4
    assert outcomes().count(CallOutcome.INVALID) == 1


@pytest.mark.parametrize(
    ("fault", "error", "outcome"),
    [
        ("refuse_every", ProviderRejected, CallOutcome.REFUSED),
        ("error_every", ProviderUnavailable, CallOutcome.FAILED),
        ("rate_limit_every", RateLimited, CallOutcome.FAILED),
        ("bad_request_every", ProviderRejected, CallOutcome.FAILED),
    ],
)
def test_a_failure_is_one_call_and_one_row_and_no_answer(ledger, provider, fault, error, outcome):
    provider.behave(**{fault: 1})
    with pytest.raises(error):
        ledger.ask(question())
    assert (provider.counts.calls, outcomes()) == (1, [outcome])
    Throttle.objects.update(cool_until=None)
    provider.behave(**{fault: 0})
    assert ledger.ask(question()).title == "Fractions"


def test_an_answer_cut_off_is_asked_for_once_more_with_twice_the_room(ledger, provider):
    provider.behave(truncate_every=1)
    with pytest.raises(InvalidModelOutput, match="cut off at its limit of 8000 tokens, twice"):
        ledger.ask(question())
    assert outcomes() == [CallOutcome.TRUNCATED, CallOutcome.TRUNCATED]
    provider.behave(truncate_every=2)
    provider.counts.calls = 1
    assert ledger.ask(question("Decimals")).title == "Decimals"
    assert provider.asked[-1]["max_completion_tokens"] == 8_000
    assert ledger.ask(question("Decimals")).title == "Decimals"
    assert provider.counts.calls == 3


def test_the_default_model_has_a_price_and_a_later_one_prices_what_had_none(ledger, provider):
    ledger.ask(question())
    assert ModelCall.objects.get().cost > 0
    ledger.ask(question(model="a-model-of-our-own"))
    call = ModelCall.objects.get(model="a-model-of-our-own")
    assert call.cost is None
    ModelPrice.objects.create(model="a-model-of-our-own", input=1, cached_input=1, output=1)
    call.refresh_from_db()
    assert call.cost == Decimal(call.tokens_in + call.tokens_out) / 1_000_000


def test_the_cheaper_tier_is_asked_for_and_billed_as_it_was_served(ledger, provider, item):
    ModelPrice.objects.create(model="gpt-5-mini", input=100, cached_input=100, output=100)
    Job.objects.filter(pk=item.job_id).update(params={"economy": True})
    item.job.refresh_from_db()
    ledger.ask(question())
    call = ModelCall.objects.get()
    assert (provider.asked[0]["service_tier"], call.tier) == ("flex", "flex")
    assert call.cost == Decimal(call.tokens_in + call.tokens_out) / 10_000 / 2


def test_answers_of_no_use_in_a_row_pause_the_job(ledger, provider):
    provider.behave(malformed_every=1)
    for title in ("One", "Two"):
        with pytest.raises(InvalidModelOutput):
            ledger.ask(question(title))
    with pytest.raises(NothingUsable, match="last 6 answers") as raised:
        ledger.ask(question("Three"))
    assert (raised.value.pauses_job, raised.value.retryable, provider.counts.calls) == (True, False, 6)


def test_a_rate_limit_gives_the_attempt_back_and_stops_the_next_call(ledger, provider):
    provider.behave(rate_limit_every=1, retry_after=30)
    with pytest.raises(RateLimited) as raised:
        ledger.ask(question())
    assert not raised.value.counts_attempt
    provider.behave(rate_limit_every=0)
    with pytest.raises(Exception, match="takes no call for another"):
        ledger.ask(question())
    assert (provider.counts.calls, outcomes()) == (1, [CallOutcome.FAILED])


def limit(job: Job, whose: str, cap: Decimal) -> None:
    if whose == "book":
        Book.objects.filter(pk=job.book_id).update(spending_cap=cap)
    else:
        Job.objects.filter(pk=job.pk).update(params={"spending_cap": float(cap)})


@pytest.mark.parametrize("whose", ["book", "job"])
def test_a_cap_is_never_passed(ledger, provider, item, whose):
    ModelPrice.objects.create(model="gpt-5-mini", input=1000, cached_input=100, output=10)
    first = question(max_tokens=20)
    ledger.ask(first)
    limit(item.job, whose, spent() + Decimal("0.01"))
    with pytest.raises(BudgetReached, match=f"This {whose} has spent") as raised:
        ledger.ask(question("Decimals", max_tokens=20))
    assert raised.value.pauses_job
    assert provider.counts.calls == 1
    assert ledger.ask(first).title == "Fractions"


@pytest.mark.parametrize("whose", ["book", "job"])
def test_sixteen_calls_in_flight_together_do_not_pass_a_cap_either(client, provider, item, whose):
    """All of them fit under it alone, none knows the others' cost; those that wait go on when it is known."""
    ModelPrice.objects.create(model="gpt-5-mini", input=1000, cached_input=1000, output=1000)
    provider.behave(latency=0.1)
    cap = Decimal("2.5")
    limit(item.job, whose, cap)
    items = [ItemFactory(job=item.job, state=ItemState.PENDING, key=f"k{n}") for n in range(16)]
    lease_until = timezone.now() + timedelta(minutes=5)
    Item.objects.filter(job=item.job).update(state=ItemState.LEASED, lease_token=1, lease_expires_at=lease_until)
    held: list[BudgetHeld] = []

    def spend(mine: Item) -> None:
        mine.refresh_from_db()
        asked = 0
        try:
            with asking_for(mine):
                while True:
                    try:
                        ledger_of(client).ask(question(f"{mine.key} {asked}", max_tokens=100))
                        asked += 1
                    except BudgetHeld as error:
                        held.append(error)
                        time.sleep(0.05)
        except BudgetReached:
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(spend, items))
    most = 1000 * Decimal(question(max_tokens=100).most_tokens_in + 105) / 1_000_000
    assert cap - most < spent() <= cap
    assert held
    assert not held[0].counts_attempt
    assert not Reservation.objects.exists()


def test_what_a_dead_worker_held_is_free_again(ledger, item):
    ModelPrice.objects.create(model="gpt-5-mini", input=1, cached_input=1, output=1)
    limit(item.job, "book", Decimal("1"))
    dead = ItemFactory(job=item.job, state=ItemState.PENDING, lease_token=2)
    Reservation.objects.create(item=dead, book=item.job.book, lease_token=1, amount=1)
    assert ledger.ask(question()).title == "Fractions"


def test_a_cap_without_a_price_is_no_cap(ledger, provider, item):
    limit(item.job, "book", Decimal("5"))
    with pytest.raises(BudgetReached, match="no price is known for a-model-of-our-own"):
        ledger.ask(question(model="a-model-of-our-own"))
    assert provider.counts.calls == 0


def test_an_answer_may_hold_what_a_database_refuses(ledger):
    for _ in range(2):
        assert ledger.ask(question("N\x00ul\x1bl\u202e")).title == "Null"
