"""How well a page was read, against its true text; for tests, benchmarks and the evaluation command."""

from __future__ import annotations

from rapidfuzz.distance import Levenshtein

# Only what print or a keyboard draws in several ways and every reader takes for the same character.
QUOTES = {"‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"'}
DASHES = dict.fromkeys("‐‑‒–—―−", "-")
LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
SAME_CHARACTER = str.maketrans({**QUOTES, **DASHES, **LIGATURES})


def comparable(text: str) -> str:
    """Quotes, dashes and ligatures unified, every run of white space (line ends too) one space, none at the ends.

    Case, punctuation, bullets, accents and characters that only look alike (0 and O, × and x) keep their difference.
    """
    return " ".join(text.translate(SAME_CHARACTER).split())


def character_error_rate(truth: str, read: str) -> float:
    """Insertions, deletions and substitutions (Levenshtein) per character of the truth, both made comparable.

    0 is perfect; invented text can lift it above 1. An empty truth gives 0 for an empty reading, else 1.
    """
    expected, found = comparable(truth), comparable(read)
    if not expected:
        return float(bool(found))
    return Levenshtein.distance(expected, found) / len(expected)
