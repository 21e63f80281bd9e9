"""The order of teaching without a model: the book's own, told from the titles."""

from __future__ import annotations

from collections.abc import Sequence

from books.extraction.engine import NamedSubtopic, NamedTopic, TeachingOrder
from books.language import listed

# So many titles are named; a longer storyline says how many lie between.
MOST_NAMED = 6
HONEST = "(In the book's order; put together from the titles.)"


def as_in_the_book(parts: Sequence[NamedSubtopic | NamedTopic]) -> TeachingOrder:
    """See ``GuidelineEngine.order_subtopics``."""
    return TeachingOrder(tuple(part.key for part in parts), f"{_way([part.title for part in parts])} {HONEST}")


def _way(titles: Sequence[str]) -> str:
    named = [f"“{title}”" for title in titles]
    if len(named) < 2:
        return f"Is all about {named[0]}." if named else "There is nothing in it."
    first, *between, last = named
    if len(named) > MOST_NAMED:
        kept = between[: MOST_NAMED - 2]
        between = [*kept, f"{len(between) - len(kept)} more"]
    goes_on = f", goes on to {listed(between)}" if between else ""
    return f"Begins with {first}{goes_on}, and ends with {last}."
