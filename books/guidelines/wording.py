"""What changed between two texts, word by word, for a person to take or leave. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Literal

WordChange = tuple[Literal["same", "removed", "added"], str]
# A word with the space behind it; scripts that leave no space between words go letter by letter.
_WORD = re.compile(r"^\s+|[\u3040-\u30ff\u3400-\u9fff]\s*|[^\s\u3040-\u30ff\u3400-\u9fff]+\s*")


def word_changes(before: str, after: str) -> list[WordChange]:
    """Runs of words in reading order, what was removed ahead of what stands there instead; space alone is no change.

    "same" and "added" put together are exactly ``after``; "same" and "removed" have the words of ``before``.
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    match = SequenceMatcher(None, [word.strip() for word in old], [word.strip() for word in new], autojunk=False)
    changes: list[WordChange] = []
    for kind, old_from, old_to, new_from, new_to in match.get_opcodes():
        if kind == "equal":
            changes.append(("same", "".join(new[new_from:new_to])))
            continue
        if old_to > old_from:
            changes.append(("removed", "".join(old[old_from:old_to])))
        if new_to > new_from:
            changes.append(("added", "".join(new[new_from:new_to])))
    return changes
