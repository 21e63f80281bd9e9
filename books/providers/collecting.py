"""Sends what was put down for economy and takes in what came back; the sweep does it, every minute."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import F
from django.dispatch import receiver

from books.models import DeferredCall, ModelCall, ProviderBatch
from books.models.deferred import DeferredState, Window
from books.models.ledger import CallOutcome
from books.providers.cleaning import cleaned
from books.providers.deferred_client import Answered, DeferredClient
from books.providers.economy import REJECTED, TERMS, discounted
from books.providers.factory import deferred_client
from books.providers.request import RawAnswer
from books.providers.spending import cost_of
from jobs import clock
from jobs.constants import FINAL, JobStatus
from jobs.errors import JobError
from jobs.starting import due_now
from jobs.sweep import swept

logger = logging.getLogger(__name__)

# The Batch API takes 50,000 calls and 200 MB a file, all to one model.
BATCH_CALLS, BATCH_BYTES = 10_000, 100_000_000
# One sweep sends and asks for no more than this many responses in the background, so that it ends soon.
RESPONSES_A_SWEEP = 200
# What was being sent for this long by a process that has told no outcome was sent by one that died.
SENDING = timedelta(minutes=10)
MOST_TRIES = 3
BATCHED = [window for window, terms in TERMS.items() if terms.is_batch]
COPIED = ("book_id", "job_id", "stage", "model", "prompt_version", "schema_version", "input_sha256")
NEVER_CAME = "The provider did not come to it in time."


@receiver(swept)
def run_economy(**_: Any) -> None:
    """Called after each sweep. A provider that is away leaves everything as it was, for the next."""
    DeferredCall.objects.filter(job__status__in=FINAL, state=DeferredState.WAITING).delete()
    if not DeferredCall.objects.exists():
        return
    client = deferred_client()
    for step in (_find_sent_batches, _send_batches, _send_responses, _take_in_batches, _take_in_responses):
        try:
            step(client)
        except JobError as error:
            logger.warning("economy could not go on", extra={"code": error.code, "step": step.__name__})


def _waiting() -> Any:
    """Of jobs that want answers: what a paused one put down stays until it goes on."""
    waiting = DeferredCall.objects.filter(state=DeferredState.WAITING).exclude(job__status=JobStatus.PAUSED)
    return waiting.order_by("model", "id")


def _send_batches(client: DeferredClient) -> None:
    waiting = _waiting().filter(window__in=BATCHED)
    for _, calls in groupby(waiting.iterator(chunk_size=500), key=lambda call: call.model):
        for bundle in _bundles(calls):
            _send_batch(client, bundle)


def _bundles(calls: Iterable[DeferredCall]) -> Iterable[list[DeferredCall]]:
    bundle: list[DeferredCall] = []
    size = 0
    for call in calls:
        length = len(str(call.body))
        if bundle and (len(bundle) >= BATCH_CALLS or size + length > BATCH_BYTES):
            yield bundle
            bundle, size = [], 0
        bundle.append(call)
        size += length
    if bundle:
        yield bundle


def _send_batch(client: DeferredClient, bundle: list[DeferredCall]) -> None:
    """Takes the calls that are still waiting, commits, and then sends: nobody else sends them now."""
    with transaction.atomic():
        batch = ProviderBatch.objects.create()
        taken = DeferredCall.objects.filter(pk__in=[call.pk for call in bundle], state=DeferredState.WAITING)
        taken.update(state=DeferredState.SENT, batch=batch, sent_at=clock.now(), tries=F("tries") + 1)
        bodies = {str(pk): body for pk, body in batch.calls.values_list("pk", "body")}
        if not bodies:
            batch.delete()
    if bodies:
        _sent(batch, lambda: client.send_batch(str(batch.pk), bodies))


def _sent(batch: ProviderBatch, send: Callable[[], str]) -> None:
    try:
        batch.provider_id = send()
    except JobError as error:
        if not error.provider_away:  # it may have got through: the next sweep looks
            _give_back(batch.calls.all(), error)
            batch.delete()
        raise
    batch.save(update_fields=["provider_id"])
    logger.info("batch sent", extra={"batch": batch.provider_id, "calls": batch.calls.count()})


def _find_sent_batches(client: DeferredClient) -> None:
    for batch in ProviderBatch.objects.filter(provider_id="", created_at__lt=clock.now() - SENDING):
        found = client.find_batch(str(batch.pk))
        if found:
            batch.provider_id = found
            batch.save(update_fields=["provider_id"])
        else:
            batch.calls.update(state=DeferredState.WAITING, batch=None, sent_at=None)
            batch.delete()


def _take_in_batches(client: DeferredClient) -> None:
    for batch in ProviderBatch.objects.exclude(provider_id=""):
        ended = client.ended_batch(batch.provider_id)
        if ended is None:
            continue
        calls = {str(call.pk): call for call in batch.calls.all()}
        for answered in client.answers(ended):
            if answered.custom_id in calls:
                _take_in(calls.pop(answered.custom_id), answered)
        _give_back(calls.values(), None)
        batch.delete()


def _send_responses(client: DeferredClient) -> None:
    for call in _waiting().exclude(window__in=BATCHED)[:RESPONSES_A_SWEEP]:
        taken = DeferredCall.objects.filter(pk=call.pk, state=DeferredState.WAITING)
        if not taken.update(state=DeferredState.SENT, sent_at=clock.now(), tries=F("tries") + 1):
            continue
        try:
            call.provider_id = client.send_background(str(call.pk), call.body, call.window)
        except JobError as error:
            _give_back([call], error)
            if error.retryable:
                raise
            continue
        call.save(update_fields=["provider_id"])


def _take_in_responses(client: DeferredClient) -> None:
    sent = DeferredCall.objects.filter(state=DeferredState.SENT, batch=None).order_by("sent_at")
    sent.filter(provider_id="", sent_at__lt=clock.now() - SENDING).update(state=DeferredState.WAITING, sent_at=None)
    for call in sent.exclude(provider_id="")[:RESPONSES_A_SWEEP]:
        answered = client.background(call.provider_id)
        if answered is not None:
            _take_in(call, answered)


def _take_in(call: DeferredCall, answered: Answered) -> None:
    """The answer becomes a row of the ledger, paid for, and the item that asked is due: once, whoever else tries."""
    raw = answered.answer or RawAnswer(answered.refusal, "end", 0, 0, 0)
    code = REJECTED if answered.answer is None else "" if raw.stopped == "end" else raw.stopped
    cost = cost_of(call.model, raw.tokens_in, raw.tokens_cached, raw.tokens_out)
    window = Window(call.window)
    with transaction.atomic():
        if not DeferredCall.objects.filter(pk=call.pk).delete()[0]:
            return
        ModelCall.objects.create(
            **{name: getattr(call, name) for name in COPIED},
            item=call.item.key,
            provider="openai",
            tokens_in=raw.tokens_in,
            tokens_cached=raw.tokens_cached,
            tokens_out=raw.tokens_out,
            cost=discounted(cost, window) if cost is not None else None,
            discount=TERMS[window].discount,
            seconds=(clock.now() - (call.sent_at or call.created_at)).total_seconds(),
            outcome=CallOutcome.RECEIVED,
            error_code=code,
            answer=cleaned(raw.text),
        )
    due_now(call.job_id, [call.item_id])


def _give_back(calls: Iterable[DeferredCall], error: JobError | None) -> None:
    """What got no answer is sent again with the next, three times in all; what the provider refuses is not, and a
    provider that is away counts for nothing."""
    for call in calls:
        if error is not None and not error.retryable:
            _take_in(call, Answered(str(call.pk), None, error.message))
        elif error is None and call.tries >= MOST_TRIES:
            _take_in(call, Answered(str(call.pk), None, NEVER_CAME))
        else:
            DeferredCall.objects.filter(pk=call.pk).update(
                state=DeferredState.WAITING,
                batch=None,
                provider_id="",
                sent_at=None,
                tries=F("tries") - (error is not None),
            )
