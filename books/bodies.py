"""Which addresses take more than a form without files, and how much: they say so where they are defined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from books.intake import limits

# Names, borders and fields of a form beside its files; also all that a person without a role has to send.
FORM: Final = 64 * 1024
ONE_FILE: Final = max(limits.SINGLE_FILE_BYTES, limits.PDF_BYTES) + FORM
MANY_FILES: Final = limits.FILES_PER_UPLOAD * limits.BULK_FILE_BYTES + FORM
# By the name of an operation of the API, whose view keeps its function to itself: bytes and permission.
OPERATIONS: Final[dict[str, tuple[int, str]]] = {}
Operation = TypeVar("Operation", bound=Callable[..., Any])


def takes(most_bytes: int, permission: str) -> Callable[[Operation], Operation]:
    """For an operation that takes files, from people who have ``permission``."""

    def declare(operation: Operation) -> Operation:
        OPERATIONS[operation.__name__] = most_bytes, permission
        return operation

    return declare
