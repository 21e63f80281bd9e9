"""What a model says without the characters that a database, a screen or a reader chokes on. Pure."""

from __future__ import annotations

import re
from typing import Any

# Control characters but tab and line feed, halves of surrogate pairs, signs that turn the direction of what follows.
_UNWANTED = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\u202a-\\u202e\\u2066-\\u2069\\ufffe\\uffff]")


def cleaned(value: Any) -> Any:
    """``value``, read from JSON, with all its strings cleaned; everything else as it is."""
    if isinstance(value, str):
        return _UNWANTED.sub("", value)
    if isinstance(value, list):
        return [cleaned(each) for each in value]
    if isinstance(value, dict):
        return {cleaned(key): cleaned(each) for key, each in value.items()}
    return value
