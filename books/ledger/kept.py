"""Calls that the ledger could not take, as the database was away: kept here until it has them.

In this process while it lives, and on disk for those after it: what was paid for is never thrown away.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, cast
from uuid import uuid4

from django.conf import settings
from django.core import serializers
from django.core.files import locks
from django.db import DatabaseError, InterfaceError, connection
from django.dispatch import receiver

from books.models import Book, ModelCall
from books.models.insertion import insert
from jobs.database import is_away, with_reconnect
from jobs.models import Job
from jobs.sweep import swept

logger = logging.getLogger(__name__)

_in_process: dict[str, ModelCall] = {}
_one_thread = Lock()
# Together they tell one call from every other, also from one that asked the same.
WHICH_CALL = ("book_id", "stage", "item", "input_sha256", "outcome", "seconds")


def write_call(call: ModelCall) -> None:
    """As a new row of the ledger. Raises what the database raised where that stays away: the call is kept."""
    try:
        insert(call)
    except (DatabaseError, InterfaceError) as error:
        if not is_away(error):
            raise
        _keep(call)
        connection.close()
        with_reconnect(hand_in)


def hand_in() -> None:
    """Gives the ledger all that is kept, each once however many processes do so at the same time."""
    if not (_in_process or any(_folder().glob("*.json"))):
        return
    with _alone():
        for name, call in _all_kept().items():
            _hand_in(call)
            _in_process.pop(name, None)
            with suppress(OSError):
                (_folder() / name).unlink()


@receiver(swept)
def _hand_in_with_the_sweep(**_: Any) -> None:
    hand_in()


def _hand_in(call: ModelCall) -> None:
    """What belonged to a book that was deleted meanwhile has no place in the ledger."""
    if call.book_id is None or Book.objects.filter(pk=call.book_id).exists():
        if not ModelCall.objects.filter(**{name: getattr(call, name) for name in WHICH_CALL}).exists():
            call.job = Job.objects.filter(pk__in=[call.job_id]).first()
            call.save(force_insert=True)
        logger.info("a kept answer is in the ledger", extra={"stage": call.stage, "item": call.item})


def _keep(call: ModelCall) -> None:
    name = f"{uuid4().hex}.json"
    _in_process[name] = call
    try:
        _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = _folder() / f"{name}.part"
        with unfinished.open("w", encoding="utf-8") as file:
            serializers.serialize("json", [call], stream=file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(_folder() / name)
    except OSError:
        logger.exception("an answer is kept in this process only")


def _all_kept() -> dict[str, ModelCall]:
    on_disk: dict[str, ModelCall] = {}
    for file in _folder().glob("*.json"):
        with suppress(FileNotFoundError):
            (row,) = serializers.deserialize("json", file.read_text(encoding="utf-8"))
            on_disk[file.name] = cast("ModelCall", row.object)
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
