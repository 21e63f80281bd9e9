"""The prompt files of extraction, one a stage."""

from __future__ import annotations

from pathlib import Path

from books.providers.prompts import Prompt, prompt_in

FOLDER = Path(__file__).resolve().parent.parent / "prompts"


def prompt(stage: str) -> Prompt:
    """As ``prompt_in``."""
    return prompt_in(FOLDER, stage)
