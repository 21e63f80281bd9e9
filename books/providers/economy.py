"""Economy: a call is put down to be answered within hours, for less; the item that asked looks again then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal, NoReturn

from django.db.models import Q

from books.models import DeferredCall, ModelCall
from books.models.deferred import Window
from books.models.ledger import CallOutcome
from books.providers.request import ModelRequest
from books.providers.spending import most_it_may_cost
from jobs import clock
from jobs.errors import NotYet
from jobs.models import Item, Job


@dataclass(frozen=True, slots=True)
class Terms:
    """``discount`` in percent of the standard price, as OpenAI publishes it."""

    discount: int
    is_batch: bool


TERMS = {
    Window.TWO_HOURS: Terms(30, is_batch=False),
    Window.EIGHT_HOURS: Terms(40, is_batch=False),
    Window.DAY: Terms(50, is_batch=True),
}
GIVEN_UP = "given_up"
# The ``error_code`` of a received call says how it ended: with an answer (none), cut off, refused by the model, or
# rejected by the provider.
REJECTED = "rejected"
STOPS: dict[str, Literal["length", "refusal"]] = {"length": "length", "refusal": "refusal"}
# An answer that came in and was not looked at yet, or that is being repaired; or one that was given to the same input.
CAME = Q(discount__gt=0, outcome__in=[CallOutcome.RECEIVED, CallOutcome.INVALID]) & ~Q(error_code=GIVEN_UP)
USABLE = Q(outcome=CallOutcome.ANSWERED) | CAME
# The sweep makes an item due as soon as its answer is in; it looks for itself, too, in case it was missed then.
LOOK_AGAIN = timedelta(minutes=15)


def window_of(job: Job) -> Window | None:
    """What the person chose at the start of the job; None for answers at once at the full price."""
    chosen = job.params.get("economy")
    return Window(chosen) if chosen in Window.values else None


def discounted(amount: Decimal, window: Window) -> Decimal:
    return amount * (100 - TERMS[window].discount) / 100


def give_up(*requests: ModelRequest[Any]) -> None:
    """The repair did not fit either: when asked again they are asked anew."""
    asked = [request.sha256 for request in requests]
    ModelCall.objects.filter(input_sha256__in=asked, outcome=CallOutcome.INVALID).update(error_code=GIVEN_UP)


def still_awaited(request: ModelRequest[Any], item: Item) -> None:
    """Raises NotYet where ``request`` was put down already."""
    known = DeferredCall.objects.filter(book=item.job.book_id, input_sha256=request.sha256).first()
    if known is not None:
        _not_yet(Window(known.window))


def put_down(request: ModelRequest[Any], body: dict[str, Any], item: Item, window: Window) -> NoReturn:
    """Keeps ``request`` for the next sending. Raises NotYet, always."""
    amount = most_it_may_cost(request)
    DeferredCall.objects.get_or_create(
        book_id=item.job.book_id,
        input_sha256=request.sha256,
        defaults={
            "job_id": item.job_id,
            "item": item,
            "window": window,
            "stage": request.stage,
            "model": request.model,
            "prompt_version": request.prompt_version,
            "schema_version": request.schema_version,
            "body": body,
            "reserved": discounted(amount, window) if amount is not None else 0,
        },
    )
    _not_yet(window)


def _not_yet(window: Window) -> NoReturn:
    raise NotYet(f"Waits for the provider's answer, {window.label}.", until=clock.now() + LOOK_AGAIN)
