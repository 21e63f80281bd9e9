"""What the stages of extraction share."""

from __future__ import annotations

from jobs.constants import Load
from jobs.models import Item


class GuidelineStage:
    """The offline engine computes, so its items belong to the processor pool. A failed item leaves nothing behind."""

    load = Load.CPU
    concurrency = 1
    required = True
    provider = ""

    def save_failure(self, item: Item, message: str) -> None:
        return None
