"""Calls that the ledger could not take, as the database was away: kept here until it has them.

In this process while it lives, and on disk for those after it: what was paid for is never thrown away.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files import locks
from django.db import DatabaseError, InterfaceError, connection
from django.dispatch import receiver

from books.models import Book, ModelCall
from jobs.database import is_away, with_reconnect
from jobs.models import Job
from jobs.sweep import swept

logger = logging.getLogger(__name__)

_in_process: dict[str, dict[str, Any]] = {}
_one_thread = Lock()
# Together they tell one call from every other, also from one that asked the same.
WHICH_CALL = ("book_id", "stage", "item", "input_sha256", "outcome", "seconds")


def write_call(values: dict[str, Any]) -> None:
    """A row of the ledger. Raises what the database raised where that stays away: the call is kept."""
    try:
        ModelCall.objects.create(**values)
    except (DatabaseError, InterfaceError) as error:
        if not is_away(error):
            raise
        _keep(values)
        connection.close()
        with_reconnect(hand_in)


def hand_in() -> None:
    """Gives the ledger all that is kept, each once however many processes do so at the same time."""
    if not (_in_process or any(_folder().glob("*.json"))):
        return
    with _alone():
        for name, values in _all_kept().items():
            _hand_in(values)
            _in_process.pop(name, None)
            with suppress(OSError):
                (_folder() / name).unlink()


@receiver(swept)
def _hand_in_with_the_sweep(**_: Any) -> None:
    hand_in()


def _hand_in(values: dict[str, Any]) -> None:
    """What belonged to a book that was deleted meanwhile has no place in the ledger."""
    if values["book_id"] is None or Book.objects.filter(pk=values["book_id"]).exists():
        job_id = values["job_id"] if Job.objects.filter(pk=values["job_id"]).exists() else None
        known = {name: values[name] for name in WHICH_CALL}
        ModelCall.objects.get_or_create(**known, defaults=values | {"job_id": job_id})
        logger.info("a kept answer is in the ledger", extra={"stage": values["stage"], "item": values["item"]})


def _keep(values: dict[str, Any]) -> None:
    name = f"{uuid4().hex}.json"
    _in_process[name] = values
    try:
        _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = _folder() / f"{name}.part"
        with unfinished.open("w", encoding="utf-8") as file:
            json.dump(values, file, default=str)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(_folder() / name)
    except OSError:
        logger.exception("an answer is kept in this process only")


def _all_kept() -> dict[str, dict[str, Any]]:
    on_disk = {}
    for file in _folder().glob("*.json"):
        with suppress(FileNotFoundError):
            on_disk[file.name] = json.loads(file.read_text(encoding="utf-8"))
    return on_disk | _in_process


@contextmanager
def _alone() -> Iterator[None]:
    """Among all threads of this process, and where there is a disk among all processes of this machine."""
    with _one_thread, ExitStack() as stack:
        with suppress(OSError):
            file = stack.enter_context((_folder() / "lock").open("w"))
            locks.lock(file, locks.LOCK_EX)
        yield


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "answers"
