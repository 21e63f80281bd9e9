"""Which subtopics look alike: the same as by comparing each with each, in memory that grows with their number."""

from __future__ import annotations

import random
import tracemalloc

from rapidfuzz import fuzz

from books.extraction.base import NamedSubtopic
from books.extraction.outline_ops import ALIKE_RATIO, ALIKE_SUMMARY_RATIO, ALIKE_TERMS, MOST_ALIKE, look_alikes

WORDS = ["Whole", "Numbers", "Fractions", "Adding", "Light", "Mirrors", "Decimals", "Rates"]


def subtopics(count: int, words: int) -> list[NamedSubtopic]:
    chosen = random.Random(count)

    def text(length: int) -> str:
        return " ".join(chosen.choices(WORDS[:words], k=length))

    def terms() -> dict[str, int]:
        return {word.casefold(): chosen.randint(1, 9) for word in chosen.sample(WORDS[:words], words // 2)}

    return [NamedSubtopic(str(at), "T", text(3), text(9), (at + 1,), terms()) for at in range(count)]


def each_with_each(rows: list[NamedSubtopic]) -> set[tuple[str, str]]:
    pairs = set()
    for one in rows:
        scores = {other.key: likeness(one, other) for other in rows if other is not one}
        closest = sorted((key for key, score in scores.items() if score), key=lambda key: (-scores[key], int(key)))
        pairs |= {tuple(sorted((one.key, key), key=int)) for key in closest[:MOST_ALIKE]}
    return pairs


def likeness(one: NamedSubtopic, other: NamedSubtopic) -> float:
    title = fuzz.token_set_ratio(one.title.casefold(), other.title.casefold())
    summary = fuzz.token_sort_ratio(one.summary, other.summary)
    wording = max(title, summary if summary >= ALIKE_SUMMARY_RATIO else 0)
    sizes = [sum(count**2 for count in each.terms.values()) ** 0.5 for each in (one, other)]
    matter = sum(count * other.terms.get(term, 0) for term, count in one.terms.items()) / (sizes[0] * sizes[1])
    return round(max(wording / 100, matter), 9) if wording >= ALIKE_RATIO or matter >= ALIKE_TERMS else 0


def test_the_pairs_are_those_of_comparing_each_with_each():
    for count, words in ((2, 2), (30, 8), (40, 4)):
        rows = subtopics(count, words)
        assert {(one.key, other.key) for one, other in look_alikes(rows)} == each_with_each(rows)
    assert look_alikes([]) == []


def test_memory_grows_with_the_subtopics_not_with_their_pairs():
    """A list of all pairs that are alike was kept: 40 megabytes where 500 are."""
    rows = [NamedSubtopic(str(at), "T", "Light", "About light.", (1,), {"light": 3}) for at in range(500)]
    tracemalloc.start()
    pairs = look_alikes(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(pairs) <= MOST_ALIKE * len(rows)
    assert peak < 2_000_000
