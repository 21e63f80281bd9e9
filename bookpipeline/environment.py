"""The environment, with the file .env below it; the settings' modules read it and nothing else does."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import ParseResult

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET = re.compile("KEY|SECRET|TOKEN|PASS")


class Choice(NamedTuple):
    """``value`` as a page may show it; of a secret whether it "is_set" alone."""

    value: str
    is_set: bool
    is_secret: bool


class Environment(environ.Env):  # type: ignore[misc]  # the package's own types are no class to mypy
    """Remembers what was read, for the page of settings, without secrets."""

    def __init__(self) -> None:
        super().__init__()
        self._choices: dict[str, Choice] = {}

    def choice(self, name: str) -> Choice:
        """Nothing, where what it belongs to is off and it was not read."""
        return self._choices.get(name) or Choice("", is_set=False, is_secret=bool(SECRET.search(name)))

    def get_value(self, var: str, *args: Any, **options: Any) -> Any:
        value = super().get_value(var, *args, **options)
        is_secret = bool(SECRET.search(var)) and not isinstance(value, int | float)
        self._choices[var] = Choice("" if is_secret else _told(value), var in self.ENVIRON and value != "", is_secret)
        return value


def _told(value: Any) -> str:
    """Of addresses without who signs in there; of entries that have entries, such as keys, the names alone."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ", ".join(name if isinstance(each, dict) else f"{name}={each}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_told, value))
    text = value.geturl() if isinstance(value, ParseResult) else str(value)
    scheme, is_address, rest = text.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}" if is_address else text


env = Environment()
env.read_env(BASE_DIR / ".env")


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    about: str

    @property
    def choice(self) -> Choice:
        return env.choice(self.name)


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    variables: list[Variable] = field(default_factory=list)


@cache
def sections() -> list[Section]:
    """Of .env.example: headings between "==", and above a variable the sentences on it and on those that follow."""
    found: list[Section] = []
    about: list[str] = []
    for line in (BASE_DIR / ".env.example").read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch("# == (.+) ==", line):
            found.append(Section(heading[1]))
        elif named := re.match("#?([A-Z][A-Z0-9_]+)=", line):
            found[-1].variables.append(Variable(named[1], " ".join(about)))
        about = [*about, line[2:]] if line.startswith("# ") and not heading else []
    return found
