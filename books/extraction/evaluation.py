"""How well found subtopic boundaries agree with true ones. Imports neither Django nor a vendor's SDK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BoundaryScores:
    """``precision``, ``recall`` and ``f1`` (0 to 1, best 1) at the exact page; ``pk`` and ``window_diff`` (best 0).

    Pk: Beeferman, Berger and Lafferty 1999. WindowDiff: Pevzner and Hearst 2002. Both slide a window of half the mean
    true segment over the pages, and forgive a near miss in part.
    """

    precision: float
    recall: float
    f1: float
    pk: float
    window_diff: float


def boundary_scores(truth_starts: Sequence[int], found_starts: Sequence[int], page_count: int) -> BoundaryScores:
    """Compare the pages (1 to ``page_count``) on which subtopics begin; a page named twice counts once.

    Where neither has a boundary all agree. Raises ValueError for a page outside the book.
    """
    truth, found = set(truth_starts), set(found_starts)
    if any(not 1 <= page <= page_count for page in truth | found):
        raise ValueError(f"A boundary lies outside pages 1 to {page_count}.")
    hits = len(truth & found)
    precision = hits / len(found) if found else float(not truth)
    recall = hits / len(truth) if truth else float(not found)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    pk, window_diff = _window_errors(truth, found, page_count)
    return BoundaryScores(precision, recall, f1, pk, window_diff)


def _window_errors(truth: set[int], found: set[int], page_count: int) -> tuple[float, float]:
    """The shares of windows that disagree on whether (Pk), and on how often (WindowDiff), a boundary lies within.

    A boundary on page 1 parts nothing and is left out.
    """
    inner = [starts - {1} for starts in (truth, found)]
    width = max(1, round(page_count / (len(inner[0]) + 1) / 2))
    windows = [range(first + 1, first + width + 1) for first in range(1, page_count - width + 1)]
    if not windows:
        return 0.0, 0.0
    counts = [[sum(page in starts for page in window) for window in windows] for starts in inner]
    pairs = list(zip(*counts, strict=True))
    pk = sum((a > 0) != (b > 0) for a, b in pairs) / len(pairs)
    return pk, sum(a != b for a, b in pairs) / len(pairs)
