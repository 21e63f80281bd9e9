"""Other words for what a guideline copies from the book. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from books.extraction.engine import Guideline, Statement
from books.extraction.stages import each_statement
from books.guidelines.parts import PARTS
from books.guidelines.support import PrintedWords


def reworded(
    guideline: Guideline, printed: PrintedWords, reword: Callable[[Sequence[str]], Sequence[str]]
) -> Guideline:
    """``guideline``, checked, with what it copies put in other words by one call of ``reword``, if it copies at all.

    Other words are taken where they copy nothing and stand on the same pages as well as the old ones did; else the
    statement stays as it is, with its flag.
    """
    texts = _copied(guideline, printed)
    if not texts:
        return guideline
    offers = dict(zip(texts, reword(texts), strict=False))

    def better(statement: Statement) -> Statement:
        text = offers.get(statement.text, "").strip()
        flags = printed.flags_of(text, statement.pages)
        return replace(statement, text=text, flags=flags) if text and set(flags) < set(statement.flags) else statement

    summary = offers.get(guideline.summary, "").strip()
    kept = guideline.summary if not summary or printed.copied_run(summary) else summary
    return replace(each_statement(guideline, better), summary=kept)


def _copied(guideline: Guideline, printed: PrintedWords) -> list[str]:
    """Each once, in order; the summary too, which no flag can mark."""
    statements = [each for part in PARTS for each in getattr(guideline, part)]
    copied = [each.text for each in statements if "copied" in each.flags]
    if printed.copied_run(guideline.summary):
        copied.append(guideline.summary)
    return list(dict.fromkeys(copied))
