"""What a model's tokens cost: the table of this installation, and below it a kept list of published prices."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from books.models import ModelCall, ModelPrice
from books.providers.request import ModelRequest, RawAnswer

MILLION = Decimal(1_000_000)
# The cheaper tier where the table has a price of ours: half, as OpenAI and Google publish it.
ECONOMY_SHARE = Decimal("0.5")
PUBLISHED = f"published prices, as of genai-prices {version('genai-prices')}"
# Few tokens, below the sizes from which some models charge more.
SAMPLE = 1_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars a million tokens; all None where nobody knows the model. ``source`` is for people."""

    input: Decimal | None = None
    cached_input: Decimal | None = None
    output: Decimal | None = None
    economy_share: Decimal = ECONOMY_SHARE
    source: str = ""

    @property
    def is_known(self) -> bool:
        return self.input is not None

    def of(self, tokens_in: int, tokens_cached: int, tokens_out: int, tier: str = "") -> Decimal | None:
        """``tier`` is the one that the provider says served the call."""
        if self.input is None or self.cached_input is None or self.output is None:
            return None
        fresh = max(0, tokens_in - tokens_cached)
        full = (fresh * self.input + tokens_cached * self.cached_input + tokens_out * self.output) / MILLION
        return full * self.economy_share if tier == "flex" else full

    def of_answer(self, answer: RawAnswer) -> Decimal | None:
        return self.of(answer.tokens_in, answer.tokens_cached, answer.tokens_out, answer.tier)

    def most(self, request: ModelRequest[Any]) -> Decimal | None:
        """What ``request`` may cost at the full price."""
        return self.of(request.most_tokens_in, 0, request.max_tokens)


FREE = Price(Decimal(0), Decimal(0), Decimal(0))


def price_of(model: str, base_url: str = "") -> Price:
    known = ModelPrice.objects.filter(model=model).first()
    return own_price(known) if known else published_price(model, base_url)


def own_price(row: ModelPrice) -> Price:
    return Price(row.input, row.cached_input, row.output, source=f"own table, {row.updated_at:%d %B %Y}")


@lru_cache(maxsize=256)
def published_price(model: str, base_url: str = "") -> Price:
    """As the server at ``base_url`` charges; behind an address that nobody lists, as OpenAI does for its models."""
    from genai_prices import Usage, calc_price  # here: a tenth of the time in which a process starts

    places: list[dict[str, str]] = [{"provider_api_url": base_url}] if base_url else []
    for place in (*places, {"provider_id": "openai"}):
        try:
            fresh, cached, output, economy = (
                calc_price(usage, model, price_context=context, **place).total_price * 1_000_000 / SAMPLE  # type: ignore[call-overload]
                for usage, context in (
                    (Usage(input_tokens=SAMPLE), None),
                    (Usage(input_tokens=SAMPLE, cache_read_tokens=SAMPLE), None),
                    (Usage(output_tokens=SAMPLE), None),
                    (Usage(input_tokens=SAMPLE), {"service_tier": "flex"}),
                )
            )
        except LookupError:
            continue
        return Price(fresh, cached, output, economy / fresh if fresh else ECONOMY_SHARE, PUBLISHED)
    return Price()


def known_models() -> list[str]:
    """What was asked or priced here, and then what OpenAI publishes."""
    from genai_prices import data_snapshot

    published = {
        model.id for place in data_snapshot.get_snapshot().providers if place.id == "openai" for model in place.models
    }
    ours = {*ModelCall.objects.order_by().values_list("model", flat=True).distinct()}
    ours |= {*ModelPrice.objects.values_list("model", flat=True)}
    return [*sorted(ours), *sorted(published - ours)]


@receiver(post_save, sender=ModelPrice)
def price_earlier_calls(instance: ModelPrice, **_: Any) -> None:
    """Calls that were made before the price was known get it now."""
    price = own_price(instance)
    unpriced = ModelCall.objects.filter(model=instance.model, cost=None)
    for call in unpriced.only("tokens_in", "tokens_cached", "tokens_out", "tier").iterator():
        cost = price.of(call.tokens_in, call.tokens_cached, call.tokens_out, call.tier)
        ModelCall.objects.filter(pk=call.pk).update(cost=cost)
