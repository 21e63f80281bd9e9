"""What calls cost, what a book has spent, and the caps that no call may pass."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Sum

from books.errors import BudgetReached
from books.models import ModelCall, ModelPrice
from books.providers.request import ModelRequest, RawAnswer
from jobs.models import Job

MILLION = Decimal(1_000_000)


def cost_of(model: str, tokens_in: int, tokens_cached: int, tokens_out: int) -> Decimal | None:
    """US dollars; None where the price table does not know ``model``."""
    price = ModelPrice.objects.filter(model=model).first()
    if price is None:
        return None
    fresh = max(0, tokens_in - tokens_cached)
    total = fresh * price.input + tokens_cached * price.cached_input + tokens_out * price.output
    return total / MILLION


def cost_of_answer(request: ModelRequest[Any], answer: RawAnswer) -> Decimal | None:
    return cost_of(request.model, answer.tokens_in, answer.tokens_cached, answer.tokens_out)


def spent(**wanted: Any) -> Decimal:
    """US dollars over the calls that match, such as ``book=7`` or ``job=…``."""
    return ModelCall.objects.filter(**wanted).aggregate(total=Sum("cost"))["total"] or Decimal(0)


def check_caps(job: Job, request: ModelRequest[Any]) -> None:
    """Raises BudgetReached where ``request`` may take the book or the job past its cap.

    The estimate takes the longest answer allowed, so a cap is never passed, only reached a little early.
    """
    caps = {"book": job.book.spending_cap, "job": job.params.get("spending_cap")}
    if not any(cap is not None for cap in caps.values()):
        return
    estimate = cost_of(request.model, request.estimated_tokens, 0, request.max_tokens) or Decimal(0)
    totals = {"book": spent(book=job.book_id), "job": spent(job=job.pk)}
    for whose, cap in caps.items():
        if cap is not None and totals[whose] + estimate > Decimal(str(cap)):
            raise BudgetReached(
                f"This {whose} has spent ${totals[whose]:.2f} of the ${Decimal(str(cap)):.2f} it may spend. "
                "Raise the cap and resume; everything answered so far is kept."
            )
