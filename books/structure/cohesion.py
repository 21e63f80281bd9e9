"""Where the vocabulary changes: boundaries for a book, or a stretch of one, that prints no headings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from books.structure.base import Digest

LONGEST_SEGMENT = 30  # pages
_PRIOR = 2.0  # times the logarithm of the number of words: what a segment costs besides its words
_LOOSE_END = 8.0  # nats
_HEADING = 12.0  # nats
_LARGEST_COUNT = 3


def _matrix(digests: Sequence[Digest]) -> NDArray[np.float64]:
    """Pages by terms; words of a single page or of nearly all pages tell nothing about boundaries."""
    pages_of = Counter(term for digest in digests for term in digest.terms)
    upper = max(2.0, 0.6 * len(digests))
    terms = {term: at for at, term in enumerate(t for t, n in pages_of.items() if 2 <= n <= upper)}
    matrix = np.zeros((len(digests), max(len(terms), 1)))
    for row, digest in enumerate(digests):
        for term, count in digest.terms.items():
            if term in terms:
                matrix[row, terms[term]] = min(count, _LARGEST_COUNT)
    return matrix


def _segment_costs(matrix: NDArray[np.float64], start: int) -> NDArray[np.float64]:
    """Costs in nats of the segments that begin at ``start`` and hold 1, 2, ... pages, each coded by its own words."""
    sums = np.cumsum(matrix[start : start + LONGEST_SEGMENT], axis=0)
    totals = sums.sum(axis=1, keepdims=True)
    vocabulary = matrix.shape[1]
    costs = -(sums * np.log((sums + 0.2) / (totals + 0.2 * vocabulary))).sum(axis=1)
    return np.asarray(costs)


def boundaries(digests: Sequence[Digest]) -> list[int]:
    """Indices of the pages at which a new subject begins, 0 not among them.

    The cheapest way to code the pages' words, where each segment pays for its own vocabulary once: the number of
    segments follows from the text. A page that begins in mid-sentence is a dearer place to cut, one with a heading a
    cheaper one.
    """
    count = len(digests)
    if count < 4:
        return []
    matrix = _matrix(digests)
    opening = _PRIOR * np.log(max(matrix.sum(), 2.0)) * np.ones(count)
    for at in range(1, count):
        opening[at] += _LOOSE_END * digests[at].starts_mid_sentence
        opening[at] -= _HEADING * any(heading.level <= 2 for heading in digests[at].headings)
    best, come_from = np.full(count + 1, np.inf), np.zeros(count + 1, dtype=int)
    best[0] = 0.0
    for start in range(count):
        costs = best[start] + opening[start] + _segment_costs(matrix, start)
        ends = slice(start + 1, start + 1 + len(costs))
        better = costs < best[ends]
        best[ends] = np.where(better, costs, best[ends])
        come_from[ends] = np.where(better, start, come_from[ends])
    cuts, at = [], count
    while at > 0:
        at = int(come_from[at])
        cuts.append(at)
    return sorted(cut for cut in cuts if cut > 0)
