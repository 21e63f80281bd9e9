"""Sentences that are made, and kept, in one place and read in another, where people may speak another language.

``told`` makes one: in English, which is all it is to a log, a file or a program, with its template and its parts beside
it. ``books.wording.in_language`` says it in the language of a screen. The catalogue of translations has each template
that ``told`` or ``gettext_noop`` names as it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

# Of a sentence in a column of text; what is no such sentence never begins so there.
KEPT: Final = '{"said":'
AS_IT_IS: Final = "{sentence}"
# What sends a sentence may be anybody: a part is put in as it is, and no template reaches into it.
TEMPLATE: Final = re.compile(r"(?:[^{}]|\{\{|\}\}|\{[a-z_0-9]+(?::\.\d[f%])?\})*")
ENGLISH_TIME: Final = "%Y-%m-%d %H:%M"


def gettext_noop(text: str) -> str:
    """``text``, which the catalogues of translations list: a screen shows it in its language, all else as it is."""
    return text


class Told(str):
    """A sentence in English, its ``template`` (``many`` for another ``count`` than 1, where there is one), and the
    ``parts`` that are put into it: words, numbers, times and other sentences."""

    __slots__ = ("many", "parts", "template")
    template: str
    many: str
    parts: dict[str, object]


def told(template: str, **parts: object) -> Told:
    return _made(template, "", parts)


def told_count(template: str, many: str, **parts: object) -> Told:
    """By ``count``, which is one of ``parts``."""
    return _made(template, many, parts)


def _made(template: str, many: str, parts: dict[str, object]) -> Told:
    shown = {name: format(part, ENGLISH_TIME) if isinstance(part, datetime) else part for name, part in parts.items()}
    sentence = Told((many if many and parts["count"] != 1 else template).format(**shown))
    sentence.template, sentence.many, sentence.parts = template, many, parts
    return sentence


def whole(text: str) -> Told:
    """A text without parts of which the catalogue may know the whole, to be a part itself."""
    return text if isinstance(text, Told) else told(text.replace("{", "{{").replace("}", "}}"))


def named(name: str, sentence: str) -> str:
    """``sentence`` about a file, or whatever else has that name; "" is none."""
    return told("{name}: {sentence}", name=name, sentence=whole(sentence)) if name else sentence


def joined(parts: Sequence[str], between: str = ", ") -> Told:
    """Sentences, or parts of one, in a row."""
    names = [f"part_{number}" for number in range(len(parts))]
    return told(between.join(f"{{{name}}}" for name in names), **dict(zip(names, map(whole, parts), strict=True)))


def listed(parts: list[str], *, last: str = "and") -> str:
    """``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}" if parts else ""


def counted(count: int, noun: str) -> str:
    """ "1 page", "2 pages"; for nouns whose plural is regular."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


# ---- as it is kept ---------------------------------------------------------------------------------------------------


def plain(sentence: object) -> Any:
    """As JSON: a text as it is, a told sentence as its template and parts."""
    if isinstance(sentence, Told):
        many = {"many": sentence.many} if sentence.many else {}
        return {"said": sentence.template, **many, "parts": {n: plain(part) for n, part in sentence.parts.items()}}
    return {"at": sentence.isoformat()} if isinstance(sentence, datetime) else sentence


def sentence_of(found: object) -> str:
    """What ``plain`` made JSON of, wherever that came from. Raises ValueError for anything else."""
    sentence = _part(found)
    if isinstance(sentence, str):
        return sentence
    raise ValueError("This is no sentence.")


def _part(found: object) -> object:
    if not isinstance(found, dict):
        return found
    if "at" in found:
        return datetime.fromisoformat(str(found["at"]))
    template, many, parts = found.get("said"), found.get("many", ""), found.get("parts")
    is_template = all(isinstance(each, str) and TEMPLATE.fullmatch(each) for each in (template, many))
    if not is_template or not isinstance(parts, dict):
        raise ValueError("This is no template.")
    try:
        return _made(str(template), str(many), {name: _part(part) for name, part in parts.items()})
    except (KeyError, TypeError) as error:
        raise ValueError("These are not its parts.") from error


def as_text(sentence: str) -> str:
    """For a column of text."""
    if not isinstance(sentence, Told) and not sentence.startswith(KEPT):
        return sentence
    whole = sentence if isinstance(sentence, Told) else told(AS_IT_IS, sentence=sentence)
    return json.dumps(plain(whole), ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> str:
    return sentence_of(json.loads(text)) if text.startswith(KEPT) else text
