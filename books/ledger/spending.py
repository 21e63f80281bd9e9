"""What a book has spent on calls, and the caps that no call may pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet, Sum

from books.errors import BudgetHeld, BudgetReached
from books.ledger.prices import Price, own_price, published_price
from books.models import Book, ModelCall, ModelPrice, Reservation
from books.providers.request import ModelRequest
from jobs import clock
from jobs.database import with_reconnect
from jobs.models import Item, Job
from jobs.states import ItemState

# How long a call waits for others in flight to show what they leave of a cap.
HELD_SECONDS = 1.0
PRICE_AND_CAP = """
    SELECT price.*, book.spending_cap IS NOT NULL OR (job.params ->> 'spending_cap') IS NOT NULL AS is_capped
    FROM jobs_job AS job JOIN books_book AS book ON book.id = job.book_id
    LEFT JOIN books_modelprice AS price ON price.model = %s WHERE job.id = %s
"""


def spent(**wanted: Any) -> Decimal:
    """US dollars over the calls that match, such as ``book=7`` or ``job=…``."""
    return ModelCall.objects.filter(**wanted).aggregate(total=Sum("cost"))["total"] or Decimal(0)


@contextmanager
def within_caps(item: Item, request: ModelRequest[Any], base_url: str) -> Iterator[Price]:
    """Holds back, until the block has written what the call cost, the most that it may cost at the price given.

    So calls in flight together cannot pass a cap either. Raises BudgetReached where the call does not fit under the
    cap of its book or job, and BudgetHeld where it may fit once calls in flight are over.
    """
    price, is_capped = with_reconnect(partial(_price_and_cap, item.job_id, request.model, base_url))
    if not is_capped:
        yield price
        return
    with_reconnect(partial(_reserve, item, request, price))
    try:
        yield price
    finally:
        mine = Reservation.objects.filter(item=item, lease_token=item.lease_token)
        with_reconnect(mine.delete)


def _price_and_cap(job_id: UUID, model: str, base_url: str) -> tuple[Price, bool]:
    """What ``model`` costs, as ``books.providers.prices`` says, and whether a cap holds: one query a call."""
    key = Job._meta.pk.get_db_prep_value(job_id, connection)
    rows: Any = ModelPrice.objects.raw(PRICE_AND_CAP, [model, key])
    for row in rows:
        return own_price(row) if row.pk else published_price(model, base_url), bool(row.is_capped)
    raise Job.DoesNotExist("The job was deleted while it was worked on.")


def _reserve(item: Item, request: ModelRequest[Any], price: Price) -> None:
    """Under the book's lock."""
    with transaction.atomic():
        # As ModelCall refers to the book, a stronger lock would wait for every call being written.
        job = Job.objects.get(pk=item.job_id)
        book = Book.objects.select_for_update(no_key=True).get(pk=job.book_id)
        amount = price.most(request)
        caps = _caps(book, job)
        if amount is None:
            raise BudgetReached(
                f"This {next(iter(caps))} has a cap, but no price is known for {request.model}. Add it under Model "
                "prices, or take the cap away, and resume."
            )
        for whose, cap in caps.items():
            _check(whose, cap, job, amount)
        values = {"book": book, "lease_token": item.lease_token, "amount": amount}
        Reservation.objects.update_or_create(item=item, defaults=values)


def _caps(book: Book, job: Job) -> dict[str, Decimal]:
    caps = {"book": book.spending_cap, "job": job.params.get("spending_cap")}
    return {whose: Decimal(str(cap)) for whose, cap in caps.items() if cap is not None}


def _check(whose: str, cap: Decimal, job: Job, amount: Decimal) -> None:
    total = spent(book=job.book_id) if whose == "book" else spent(job=job.pk)
    if total + amount > cap:
        raise BudgetReached(
            f"This {whose} has spent ${total:.2f}, the next call may cost ${amount:.2f}, and ${cap:.2f} is all it "
            f"may spend. Raise the cap and resume; everything answered so far is kept."
        )
    in_flight = _in_flight().filter(**{"book": job.book_id} if whose == "book" else {"item__job": job})
    held = in_flight.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    if total + held + amount > cap:
        said = f"Calls in flight may spend what this {whose} has left of ${cap:.2f}."
        raise BudgetHeld(said, retry_after=HELD_SECONDS)


def _in_flight() -> QuerySet[Reservation]:
    """Those whose worker is known to live, or may: it extends its leases, also of a cancelled job, until its calls are
    over, and those of a dead one end by themselves."""
    is_held = {"item__state": ItemState.LEASED, "item__lease_token": F("lease_token")}
    return Reservation.objects.filter(**is_held, item__lease_expires_at__gt=clock.now())
