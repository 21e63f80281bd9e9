"""Equations between numbers that a text prints, and whether they are true. Pure.

What has letters, units or blanks in it is no such equation.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final

# Results are often printed rounded.
_ROUNDED: Final = Fraction(1, 100)
# More digits than that are no task for a learner.
_MOST_DIGITS: Final = 12
_SIGNS: Final = str.maketrans(
    {"÷": "/", "∕": "/", "⁄": "/", "×": "*", "·": "*", "⋅": "*", "•": "*", "−": "-", "–": "-"}
)
_POWERS: Final = {"²": "**2", "³": "**3"}
_SIDE: Final = r"[\d .,+\-−–*/÷∕⁄×·⋅•()$%²³]"
_EQUATION: Final = re.compile(rf"(?<![\w.,)])(?=[-−–($\d]){_SIDE}++(?:={_SIDE}++)+(?![=≈_?])")
# Before an equation that is the end of one with letters, such as "3x − 5 = 7": a sign, or what a sign stands behind.
_SIGN_BEFORE: Final = re.compile(r"[+*/×÷·⋅<>^−–-]$")
_TERM_BEFORE: Final = re.compile(r"(?:(?<![^\W\d_])[^\W\d_]|[\d)])$")
# What follows without being counted or measured by the number before it.
_GOES_ON: Final = re.compile(r"(?:[A-Z]\w|(?:and|but|because|so|since|is|or|not|which|y|pero|und|et)\b|[^\w])|$")
_OPERATORS: Final[dict[type[ast.AST], Callable[[Fraction, Fraction], Fraction]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: lambda one, other: Fraction(one ** int(other)) if abs(one) < 10**_MOST_DIGITS else Fraction(0),
}  # fmt: skip


def equations(text: str) -> Iterator[tuple[int, int, bool]]:
    """From where to where each equation reaches, and whether its sides agree, as far as they can be worked out."""
    for found in _EQUATION.finditer(text):
        before = text[: found.start()].rstrip(" ")
        if _SIGN_BEFORE.search(before) or (found[0][0] in "-−–" and _TERM_BEFORE.search(before)):
            continue
        first, *rest = found[0].split("=")
        is_in_brackets = first.startswith("(") and first.count("(") > first.count(")")
        sides = [_value(side) for side in (first[is_in_brackets:], *rest[:-1], _without_bracket(rest[-1]))]
        end = found.start() + len(found[0].rstrip(" .,"))
        if None not in sides and _GOES_ON.match(text[end:].lstrip(" ")):
            yield found.start(), end, all(map(_agree, sides, sides[1:]))


def _without_bracket(side: str) -> str:
    """Without one that was opened before the equation."""
    return side.rstrip(" .,").removesuffix(")") if side.count(")") > side.count("(") else side


def _agree(one: Fraction | None, other: Fraction | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= _ROUNDED * max(abs(one), abs(other))


def _value(side: str) -> Fraction | None:
    """None of what cannot be worked out."""
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", side.translate(_SIGNS)).replace("$", "").strip(" .,\n")
    if re.search(r"\*\s*\*|[²³]\s*[²³]", plain):
        return None
    for sign, written in _POWERS.items():
        plain = plain.replace(sign, written)
    plain = re.sub(r"\)\s*\(|(?<=\d)\(", lambda found: ")*(" if found[0][0] == ")" else "*(", plain)
    plain = re.sub(r"(\d)\s*%", r"\1/100", plain)
    if (
        not plain
        or any(len(run) > _MOST_DIGITS for run in re.findall(r"\d+", plain))
        or re.search(r"(?<![\d.])0\d", plain)
    ):
        return None
    try:
        return _of(ast.parse(plain, mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, KeyError):
        return None


def _of(node: ast.AST) -> Fraction:
    match node:
        case ast.Constant(value=int() | float()):
            return Fraction(str(node.value))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_of(inner)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _of(inner)
        case ast.BinOp(left=left, op=sign, right=right):
            return _OPERATORS[type(sign)](_of(left), _of(right))
    raise ValueError(ast.dump(node))
