"""Falsehoods in the stand-in's guidelines, and its second reading, which tells them from what is true."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

Statement = dict[str, Any]


def _number(statement: Statement) -> None:
    statement["text"] = f"{statement['text'].rstrip('.')} in all 98,765 cases."


def _name(statement: Statement) -> None:
    statement["text"] = f"{statement['text'].rstrip('.')}, as Quelvaro of Ys found."


def _quote(statement: Statement) -> None:
    statement["evidence"][0]["quote"] = "every careful reader of older chronicles will have noticed it"


def _negation(statement: Statement) -> None:
    """No comparison of words finds this one."""
    statement["text"] = f"It is wrong that the following holds: {statement['text']}"


FAULTS: tuple[Callable[[Statement], None], ...] = (_number, _negation, _name, _quote)


def plant(answer: dict[str, Any], every: int) -> dict[str, str]:
    """Makes each ``every``-th statement of a guideline false, and returns what was true by what is false."""
    found = [each for part in ("objective", "concepts", "depth", "prerequisites") for each in answer[part]]
    planted: dict[str, str] = {}
    for statement, fault in zip(found[::every], cycle(FAULTS), strict=False):
        true = statement["text"]
        fault(statement)
        planted[statement["text"]] = true
    return planted


def told_apart(answer: dict[str, Any], material: dict[str, Any], planted: dict[str, str]) -> dict[str, Any]:
    texts = {each["number"]: each["text"] for each in material["statements"]}
    for verdict in answer["verdicts"]:
        if texts[verdict["number"]] in planted:
            verdict |= {"verdict": "no", "correction": planted[texts[verdict["number"]]]}
    return answer
