"""Asking a model through the ledger: an answer that was paid for once is never paid for again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from django.db import connection
from pydantic import BaseModel

from books.errors import InvalidModelOutput, NothingUsable, ProviderRejected
from books.ledger.kept import hand_in, write_call
from books.ledger.prices import FREE, Price
from books.ledger.spending import within_caps
from books.models import CallOutcome, ModelCall
from books.providers.answers import cleaned, read_answer
from books.providers.request import Answer, ModelRequest, RawAnswer
from jobs.errors import JobError
from jobs.failpoints import failpoint
from jobs.models import Item
from jobs.throttle import call_slot

if TYPE_CHECKING:
    from books.providers.client import ModelClient  # which imports the SDK: half a second of every process that starts

logger = logging.getLogger(__name__)

REPAIR = "That answer does not fit the schema: {problem}\nAnswer again, with the same content in the right form."
# Where so many answers in a row of a job were of no use, the next item would only be paid for, too.
MOST_USELESS = 6
# The answers of old calls are cleared away by books.retention.
ANSWERED_BEFORE = """
    SELECT id, answer FROM books_modelcall WHERE input_sha256 = %s AND outcome = 'answered' AND answer <> ''
    ORDER BY id DESC LIMIT 1
"""
NO_USE = (CallOutcome.INVALID, CallOutcome.REFUSED, CallOutcome.TRUNCATED)
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
    """Asks the client of the request's provider, and writes a row for every call before its answer is judged.

    The row is committed on its own, outside the transaction that saves the item, so that a crash between the two
    finds the answer here. Only a crash between the provider's answer and this commit can cost a second call: while the
    database is away the answer is kept (``kept``).
    """

    def __init__(self, client_of: Callable[[str], ModelClient], base_url_of: Callable[[str], str]) -> None:
        self.client_of = client_of
        self.base_url_of = base_url_of

    def ask(self, request: ModelRequest[Answer]) -> Answer:
        """The valid answer to ``request``, from the ledger where it was given before. One that was cut off is asked for
        once more with twice the room, one that does not fit its form is repaired once.

        Raises InvalidModelOutput for the second useless answer, ProviderRejected for a refusal, NothingUsable in place
        of either where call after call of the job was of no use, BudgetReached or BudgetHeld before a call that a cap
        forbids, and what the client raises.
        """
        economy = bool(_item.get().job.params.get("economy"))
        request = replace(request, is_economy=economy) if economy else request
        hand_in()
        with _turn_of(request):
            return _known(request) or self._ask(request)

    def _ask(self, request: ModelRequest[Answer]) -> Answer:
        raw, outcome, answer, problem = self._send(request)
        if answer is not None:
            return answer
        if outcome == CallOutcome.REFUSED:
            raise _useless(ProviderRejected("The model refused to answer for this content."))
        if outcome == CallOutcome.TRUNCATED:
            again = replace(request, max_tokens=2 * request.max_tokens)
        else:
            again = replace(request, earlier=(raw.text, REPAIR.format(problem=problem)))
        raw, outcome, answer, problem = self._send(again)
        if answer is None:
            raise _useless(InvalidModelOutput(_complaint(outcome, problem, again)))
        _remember(request, answer)
        return answer

    def _send(self, request: ModelRequest[Answer]) -> tuple[RawAnswer, CallOutcome, Answer | None, str]:
        """The answer as it came, what became of it, and the valid one or what is wrong with it."""
        client, item, started = self.client_of(request.provider), _item.get(), time.monotonic()
        with within_caps(item, request, self.base_url_of(request.provider)) as price:
            try:
                with call_slot(client.provider, tokens=request.estimated_tokens) as slot:
                    failpoint("before_call")
                    raw = client.complete(request)
                    failpoint("after_answer")
                    slot.tokens = raw.tokens_in + raw.tokens_out
                    outcome, answer, problem = _judged(request, raw)
                    # First of all: whatever is noted after it may find the database away.
                    _write(request, client.provider, outcome, started, raw=raw, price=price)
            except JobError as error:
                if error.code != "provider_busy":
                    _write(request, client.provider, CallOutcome.FAILED, started, error_code=error.code)
                raise
        failpoint("after_ledger")
        return raw, outcome, answer, problem


def ask_without_book(client: ModelClient, request: ModelRequest[Any], *, price: Price) -> RawAnswer:
    """A call that checks a provider, put down like those of books. Raises what the client raises."""
    started = time.monotonic()
    try:
        raw = client.complete(request)
    except JobError as error:
        _write(request, client.provider, CallOutcome.FAILED, started, error_code=error.code)
        raise
    _write(request, client.provider, _judged(request, raw)[0], started, raw=raw, price=price)
    return raw


def _turn_of(request: ModelRequest[Any]) -> Lock:
    """Of threads that ask the same at once one asks: the others wait for their turn, and find its answer."""
    with _turns_lock:
        return _turns.setdefault(request.sha256, Lock())


def _known(request: ModelRequest[Answer]) -> Answer | None:
    with connection.cursor() as cursor:
        cursor.execute(ANSWERED_BEFORE, [request.sha256])
        call = cursor.fetchone()
    if call is None:
        return None
    logger.info("answered from the ledger", extra={"stage": request.stage, "call": call[0]})
    return read_answer(request.schema, call[1], request.about)[0]


def _judged(request: ModelRequest[Answer], raw: RawAnswer) -> tuple[CallOutcome, Answer | None, str]:
    """Never raises: whatever came was paid for, and gets its row."""
    if raw.stopped != "end":
        return {"refusal": CallOutcome.REFUSED, "length": CallOutcome.TRUNCATED}[raw.stopped], None, raw.stopped
    try:
        answer, problem = read_answer(request.schema, raw.text, request.about)
    except Exception:
        logger.exception("an answer could not be judged", extra={"stage": request.stage})
        answer, problem = None, "This cannot be read."
    return (CallOutcome.INVALID if answer is None else CallOutcome.ANSWERED), answer, problem


def _complaint(outcome: CallOutcome, problem: str, request: ModelRequest[Any]) -> str:
    if outcome == CallOutcome.TRUNCATED:
        limit = request.max_tokens
        return f"The model's answer was cut off at its limit of {limit} tokens, twice; raise the stage's limit."
    return f"The model's answer does not fit its form, twice: {problem[:200]}"


def _useless(error: JobError) -> JobError:
    """``error``, or one that also pauses the job where its last calls were all of no use."""
    mine = ModelCall.objects.filter(job_id=_item.get().job_id).exclude(outcome=CallOutcome.FAILED).order_by("-pk")
    last = list(mine.values_list("outcome", flat=True)[:MOST_USELESS])
    if len(last) < MOST_USELESS or not set(last) <= set(NO_USE):
        return error
    return NothingUsable(
        f"{error.message} The last {MOST_USELESS} answers were all of no use, so the job stopped asking. Try another "
        "model for this stage, or resume."
    )


def _remember(request: ModelRequest[Any], answer: BaseModel) -> None:
    """What a second call brought, under the input that led to it, at no cost: the calls themselves have their rows."""
    raw = RawAnswer(answer.model_dump_json(), "end", 0, 0, 0)
    _write(request, "ledger", CallOutcome.ANSWERED, time.monotonic(), raw=raw, price=FREE)


def _write(
    request: ModelRequest[Any],
    provider: str,
    outcome: CallOutcome,
    started: float,
    *,
    raw: RawAnswer | None = None,
    price: Price = FREE,
    error_code: str = "",
) -> None:
    item = _item.get(None)
    raw = raw or RawAnswer("", "end", 0, 0, 0)
    write_call(
        ModelCall(
            book_id=item.job.book_id if item else None,
            job_id=item.job_id if item else None,
            stage=request.stage,
            item=item.key if item else "",
            provider=provider,
            model=request.model,
            prompt_version=request.prompt_version,
            schema_version=request.schema_version,
            input_sha256=request.sha256,
            images=len(request.images),
            tokens_in=raw.tokens_in,
            tokens_cached=raw.tokens_cached,
            tokens_out=raw.tokens_out,
            is_estimate=raw.is_estimate,
            tier=raw.tier[:20],
            cost=price.of_answer(raw),
            seconds=time.monotonic() - started,
            outcome=outcome,
            error_code=error_code,
            answer=cleaned(raw.text),
        )
    )
