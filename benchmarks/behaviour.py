"""What the stand-in does and counts, and how it knows a picture again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from PIL import Image

HASH_SIDE = 24
# Bits of 552 in which two pictures of one page differ at most, after another scaling.
SAME_PICTURE = 60


@dataclass
class Behaviour:
    """``latency`` in seconds; ``*_every`` n: each n-th call fails so (0: none, 1: all of them). The first that applies
    wins, in this order. ``drip_pause`` seconds lie between two bytes of an answer that drips.
    ``plant_every`` n: each n-th statement of a guideline is false, and the second reading tells (0: none).
    ``thought``: tokens that a reasoning model thinks at its own effort, within the limit of its answer.
    ``nonsense_seed``: answers fit their form and make no sense (0: they do), those of ``nonsense_forms`` or all."""

    latency: float = 0.0
    away: bool = False
    hang_every: int = 0
    hang_seconds: float = 3_600.0
    rate_limit_every: int = 0
    retry_after: float = 1.0
    error_every: int = 0
    bad_request_every: int = 0
    refuse_every: int = 0
    truncate_every: int = 0
    malformed_every: int = 0
    loop_every: int = 0
    drip_every: int = 0
    drip_pause: float = 0.1
    plant_every: int = 0
    thought: int = 0
    nonsense_seed: int = 0
    nonsense_forms: tuple[str, ...] = ()


@dataclass
class Counts:
    """``kinds`` counts calls by the name of their schema, ``outcomes`` by what became of them."""

    calls: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)


def picture_hash(image: Image.Image) -> int:
    """Equal but for some bits after scaling: whether each of 24 x 23 cells is darker than the one to its right."""
    cells = list(image.convert("L").resize((HASH_SIDE, HASH_SIDE), Image.Resampling.BOX).tobytes())
    bits = [cells[at] < cells[at + 1] for at in range(HASH_SIDE * HASH_SIDE - 1) if (at + 1) % HASH_SIDE]
    return sum(bit << at for at, bit in enumerate(bits))
