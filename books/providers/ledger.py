"""Asking a model through the ledger: an answer that was paid for once is never paid for again."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from books.errors import InvalidModelOutput, ProviderRejected
from books.models import CallOutcome, ModelCall
from books.providers import economy
from books.providers.cleaning import cleaned
from books.providers.client import ModelClient, body_of
from books.providers.economy import REJECTED, STOPS
from books.providers.kept import hand_in, write_call
from books.providers.request import Answer, ModelRequest, RawAnswer
from books.providers.spending import within_caps
from jobs.errors import JobError
from jobs.failpoints import pass_by
from jobs.models import Item
from jobs.throttle import call_slot

logger = logging.getLogger(__name__)

REPAIR = "That answer does not fit the schema: {problem}\nAnswer again, with the same content in the right form."
LONGEST_PROBLEM = 1_500
_item: ContextVar[Item] = ContextVar("item_that_asks")
# By the hash of what threads of this process ask; a lock lives as long as one of them has it or waits for it.
_turns: WeakValueDictionary[str, Lock] = WeakValueDictionary()
_turns_lock = Lock()


@contextmanager
def asking_for(item: Item) -> Iterator[None]:
    """Names the item on whose account the calls inside the block are made."""
    token = _item.set(item)
    try:
        yield
    finally:
        _item.reset(token)


class Ledger:
    """Asks through ``client``, and writes a row for every call before its answer is used.

    The row is committed on its own, outside the transaction that saves the item, so that a crash between the two
    finds the answer here. Only a crash between the provider's answer and this commit can cost a second call: while the
    database is away the answer is kept (``kept``).
    """

    def __init__(self, client: ModelClient) -> None:
        self.client = client

    def ask(self, request: ModelRequest[Answer]) -> Answer:
        """The valid answer to ``request``, from the ledger where it was given before; one repair is tried.

        Raises InvalidModelOutput for an answer cut off or invalid after the repair, ProviderRejected for a refusal,
        BudgetReached or BudgetHeld before a call that a cap forbids, and what the client raises.
        """
        hand_in()
        with _turn_of(request):
            return self._ask(request)

    def _ask(self, request: ModelRequest[Answer]) -> Answer:
        answer, problem = self._answer(request)
        if answer is not None:
            return answer
        raw, complaint = problem
        repair = replace(request, earlier=(raw, REPAIR.format(problem=complaint)))
        repaired, second = self._answer(repair)
        if repaired is None:
            economy.give_up(request, repair)
            raise InvalidModelOutput(f"The model's answer does not fit its form, twice: {second[1][:200]}")
        _remember(request, repaired)
        return repaired

    def _answer(self, request: ModelRequest[Answer]) -> tuple[Answer | None, tuple[str, str]]:
        """A valid answer, or else the raw text and what is wrong with it. Raises NotYet for one that comes later."""
        for known in _in_ledger(request):
            if known.outcome != CallOutcome.ANSWERED:
                return _looked_at(request, known)
            answer, _ = _read(request, RawAnswer(known.answer, "end", 0, 0, 0))
            if answer is not None:
                logger.info("answered from the ledger", extra={"stage": request.stage, "call": known.pk})
                return answer, ("", "")
        item = _item.get()
        window = economy.window_of(item.job)
        if window is not None:
            economy.still_awaited(request, item)
        with within_caps(item, request):
            if window is not None:
                economy.put_down(request, body_of(request), item, window)
            return self._send(request)

    def _send(self, request: ModelRequest[Answer]) -> tuple[Answer | None, tuple[str, str]]:
        started = time.monotonic()
        try:
            with call_slot(self.client.provider, tokens=request.estimated_tokens) as slot:
                pass_by("before_call")
                raw = self.client.complete(request)
                pass_by("after_answer")
                slot.tokens = raw.tokens_in + raw.tokens_out
                # First of all: whatever is noted after it may find the database away.
                answer, problem = _read(request, raw)
                outcome = _outcome(raw, answer)
                _write(request, self.client.provider, outcome, started, raw=raw)
        except JobError as error:
            if error.code != "provider_busy":
                _write(request, self.client.provider, CallOutcome.FAILED, started, error_code=error.code)
            raise
        pass_by("after_ledger")
        _check(outcome)
        return answer, (raw.text, problem)


def _outcome(raw: RawAnswer, answer: BaseModel | None) -> CallOutcome:
    fitting = CallOutcome.ANSWERED if answer is not None else CallOutcome.INVALID
    return {"refusal": CallOutcome.REFUSED, "length": CallOutcome.TRUNCATED}.get(raw.stopped, fitting)


def _check(outcome: CallOutcome) -> None:
    if outcome == CallOutcome.REFUSED:
        raise ProviderRejected("The model refused to answer for this content.")
    if outcome == CallOutcome.TRUNCATED:
        raise InvalidModelOutput("The model's answer was cut off at its limit; raise the stage's limit of tokens.")


def _looked_at(request: ModelRequest[Answer], came: ModelCall) -> tuple[Answer | None, tuple[str, str]]:
    """As an answer given at once, but its row is there already: only its outcome is new."""
    if came.error_code == REJECTED:
        ModelCall.objects.filter(pk=came.pk).update(outcome=CallOutcome.FAILED)
        raise ProviderRejected(came.answer)
    raw = RawAnswer(came.answer, STOPS.get(came.error_code, "end"), 0, 0, 0)
    answer, problem = _read(request, raw)
    outcome = _outcome(raw, answer)
    ModelCall.objects.filter(pk=came.pk).update(outcome=outcome, error_code="")
    _check(outcome)
    return answer, (raw.text, problem)


def _turn_of(request: ModelRequest[Any]) -> Lock:
    """Of threads that ask the same at once one asks: the others wait for their turn, and find its answer."""
    with _turns_lock:
        return _turns.setdefault(request.sha256, Lock())


def _in_ledger(request: ModelRequest[Any]) -> list[ModelCall]:
    """Calls with the same input whose answer can be used: the answered ones first, the newest of each first."""
    calls = ModelCall.objects.filter(economy.USABLE, input_sha256=request.sha256)
    calls = calls.exclude(outcome=CallOutcome.ANSWERED, answer="")  # cleared away by books.retention
    calls = calls.only("outcome", "error_code", "answer").order_by()
    return sorted(calls, key=lambda call: (call.outcome != CallOutcome.ANSWERED, -call.pk))


def _read(request: ModelRequest[Answer], raw: RawAnswer) -> tuple[Answer | None, str]:
    if raw.stopped != "end":
        return None, raw.stopped
    try:
        return request.schema.model_validate(cleaned(from_json(raw.text))), ""
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        return None, problems[:LONGEST_PROBLEM]
    except ValueError as error:
        return None, f"This is not JSON: {error}"[:LONGEST_PROBLEM]


def _remember(request: ModelRequest[Any], answer: Any) -> None:
    """The repaired answer under the input that led to it, at no cost: the calls themselves have their rows."""
    _write(
        request,
        "ledger",
        CallOutcome.ANSWERED,
        time.monotonic(),
        raw=RawAnswer(answer.model_dump_json(), "end", 0, 0, 0),
    )


def _write(
    request: ModelRequest[Any],
    provider: str,
    outcome: CallOutcome,
    started: float,
    *,
    raw: RawAnswer | None = None,
    error_code: str = "",
) -> None:
    item = _item.get()
    raw = raw or RawAnswer("", "end", 0, 0, 0)
    write_call(
        {
            "book_id": item.job.book_id,
            "job_id": str(item.job_id),
            "stage": request.stage,
            "item": item.key,
            "provider": provider,
            "model": request.model,
            "prompt_version": request.prompt_version,
            "schema_version": request.schema_version,
            "input_sha256": request.sha256,
            "tokens_in": raw.tokens_in,
            "tokens_cached": raw.tokens_cached,
            "tokens_out": raw.tokens_out,
            "seconds": time.monotonic() - started,
            "outcome": outcome,
            "error_code": error_code,
            "answer": cleaned(raw.text),
        }
    )
