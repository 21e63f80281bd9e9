"""Prompt files, one a stage, each with its version in the first line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "prompts"


@dataclass(frozen=True, slots=True)
class Prompt:
    version: str
    text: str


@cache
def prompt(stage: str) -> Prompt:
    """Raises FileNotFoundError for a stage without a prompt, ValueError for a file without a version."""
    first, _, text = (FOLDER / f"{stage}.md").read_text(encoding="utf-8").partition("\n")
    key, _, version = first.partition(":")
    if key != "version" or not version.strip():
        raise ValueError(f"{stage}.md must begin with a line such as version: 1")
    return Prompt(version.strip(), f"{(FOLDER / 'data.txt').read_text(encoding='utf-8').strip()}\n\n{text.strip()}\n")
