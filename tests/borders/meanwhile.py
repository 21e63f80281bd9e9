"""Something that another person does while a request is under way, at a point that the test names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def meanwhile(act: Callable[[], object], *, at: str) -> Iterator[None]:
    """Does ``act`` once, just before the first statement in which ``at`` stands."""
    done = []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not done and at in sql:
            done.append(act)
            act()
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield
    assert done, f"no statement had {at!r}"
