"""Signs on one base line, with what is raised or lowered among them and the initial that they begin with.

Imports neither Django nor a vendor's SDK.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# All in heights of the font. Characters of one line are level within this.
LEVEL: Final = 0.15
# Of a superscript or subscript: its size, how far its base line is moved, how far it stands from what it belongs to.
SCRIPT_SIZE, SCRIPT_SHIFT, SCRIPT_GAP, LONGEST_SCRIPT = (0.4, 0.85), (0.1, 0.75), 0.35, 12
LEADING_GAP: Final = 0.17
# An initial is so many times as high as the lines beside it, and stands as near to the first of them.
INITIAL, INITIAL_GAP = 1.7, 1.2
RAISED: Final = str.maketrans("0123456789+-−–=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿⁱ")
LOWERED: Final = str.maketrans("0123456789+-−–=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎")
ORDINALS: Final = frozenset({"st", "nd", "rd", "th"})

Edges = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sign:
    """A character with its marks, or a whole superscript. ``follows`` says whether white space is set before it (True),
    or is not whatever the gap (False)."""

    text: str
    box: Edges
    base: float
    follows: bool | None = None


@dataclass(slots=True)
class Run:
    """Signs beside each other on one base line, in the order of their words."""

    signs: list[Sign]
    size: float
    base: float

    @property
    def box(self) -> Edges:
        left, top, right, bottom = zip(*(sign.box for sign in self.signs), strict=True)
        return min(left), min(top), max(right), max(bottom)

    @property
    def text(self) -> str:
        return "".join(sign.text for sign in self.signs)


def gap(one: Edges, other: Edges) -> float:
    """Between two boxes beside each other, whichever is on the left; below 0 where they overlap."""
    return max(other[0] - one[2], one[0] - other[2])


def overlap(one: Edges, other: Edges) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def with_initials(runs: list[Run]) -> list[Run]:
    """Each initial put before the first of the lines beside it."""
    initials = [run for run in runs if len(run.text) == 1 and run.text.isalpha()]
    kept = list(runs)
    for initial in initials:
        box = initial.box
        beside = [
            run
            for run in runs
            if run is not initial
            and run.size * INITIAL < initial.size
            and box[1] < run.base <= initial.base + LEVEL * run.size
            and -run.size / 2 < run.box[0] - box[2] < INITIAL_GAP * run.size
        ]
        if beside:
            first = min(beside, key=lambda run: run.base)
            start = first.signs[0]
            first.signs[0] = Sign(start.text, start.box, start.base, follows=start.follows or False)
            first.signs.insert(0, Sign(initial.text, box, initial.base))
            kept.remove(initial)
    return kept


def with_scripts(runs: list[Run]) -> list[Run]:
    """Superscripts and subscripts put into the run that they belong to, a fraction's two parts as one."""
    hosts: list[Run] = []
    small: list[tuple[Run, Run]] = []
    for run in runs:
        near = [other for other in runs if _is_script(run, other)]
        # What ends where it begins, before what begins where it ends.
        host = min(near, key=lambda other: (other.box[0] > run.box[0], gap(other.box, run.box)), default=None)
        if host is None:
            hosts.append(run)
        else:
            small.append((run, host))
    for run, host in small:
        _insert(host, run)
    return hosts


def _is_script(run: Run, host: Run) -> bool:
    if run is host or len(run.text) > LONGEST_SCRIPT:
        return False
    shift = abs(run.base - host.base)
    is_power = run.text.isdigit() and host.text[-1:].isdigit() and host.box[2] <= run.box[0] + 1
    return (
        SCRIPT_SIZE[0] * host.size < run.size < SCRIPT_SIZE[1] * host.size
        and (shift > SCRIPT_SHIFT[0] * host.size or is_power)
        and shift < SCRIPT_SHIFT[1] * host.size
        and gap(run.box, host.box) < SCRIPT_GAP * host.size
    )


def _insert(host: Run, script: Run) -> None:
    """Where it stands: after the last sign that ends before it."""
    is_raised = script.base < host.base + SCRIPT_SHIFT[0] * host.size
    text = _scripted(script.text, is_raised=is_raised, before=host)
    at = sum(sign.box[2] <= script.box[0] + 0.3 * script.size for sign in host.signs)
    follows = script.signs[0].follows
    # A space painted before it is one before a sign that leads what follows it, as of an isotope.
    is_apart = at == 0 or (follows and gap(host.signs[at - 1].box, script.box) > LEADING_GAP * host.size)
    host.signs.insert(at, Sign(text, script.box, host.base, follows=follows if is_apart else False))


def _scripted(text: str, *, is_raised: bool, before: Run) -> str:
    if is_raised and text in ORDINALS and before.text[-1:].isdigit():
        return text
    signs, mark = (RAISED, "^") if is_raised else (LOWERED, "_")
    if all(ord(sign) in signs for sign in text):
        return text.translate(signs)
    if not any(map(str.isalnum, text)):
        return text
    return f"{mark}{text}" if len(text) == 1 else f"{mark}({text})"
