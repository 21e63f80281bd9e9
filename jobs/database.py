"""Riding out a database that goes away for a moment: a restart, a failover, a busy file."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

T = TypeVar("T")

PAUSE_SECONDS = 0.5


def with_reconnect(transact: Callable[[], T]) -> T:
    """The result of ``transact``, a whole transaction that is safe to run twice, tried for up to
    ``JOB_DATABASE_PATIENCE_SECONDS`` while the connection fails. Other database errors pass through."""
    gives_up_at = time.monotonic() + settings.JOB_DATABASE_PATIENCE_SECONDS
    while True:
        try:
            return transact()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() > gives_up_at:
                raise
            logger.warning("database away, trying again: %s", error)
            connection.close()
            time.sleep(PAUSE_SECONDS)
