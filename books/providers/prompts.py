"""Prompt files, each with its version in the first line. Imports neither Django nor a vendor's SDK."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Prompt:
    version: str
    text: str


@cache
def prompt_in(folder: Path, name: str) -> Prompt:
    """The file ``name``.md behind the folder's data.txt, which says that what is sent is data.

    Its version is the number in its first line and a mark of all that is sent, also of what stands before every prompt.
    Raises FileNotFoundError where there is no such prompt, ValueError for a file without a version.
    """
    first, _, text = (folder / f"{name}.md").read_text(encoding="utf-8").partition("\n")
    key, _, version = first.partition(":")
    if key != "version" or not version.strip():
        raise ValueError(f"{name}.md must begin with a line such as version: 1")
    before = (folder / "data.txt").read_text(encoding="utf-8").strip()
    whole = f"{before}\n\n{text.strip()}\n"
    return Prompt(f"{version.strip()}-{sha256(whole.encode()).hexdigest()[:4]}", whole)
