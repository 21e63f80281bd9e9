"""What beside the material decides an engine's result; stored with every result. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MadeWith:
    """Of one engine in one stage. A result that was made with another than now is stale. ``version`` is that of an
    engine without models; all is empty where nobody noted it."""

    engine: str = ""
    version: str = ""
    model: str = ""
    prompt: str = ""
    schema: str = ""
    temperature: float | None = None

    def __str__(self) -> str:
        if not self.model:
            return f"{self.engine} {self.version}".strip()
        heat = "" if self.temperature is None else f" t{self.temperature:g}"
        return f"{self.engine} {self.model} p{self.prompt} s{self.schema}{heat}"
