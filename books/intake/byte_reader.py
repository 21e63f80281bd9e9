"""The few bounded reads that every format check is built from."""

from __future__ import annotations

import hashlib
import os
from typing import BinaryIO

from books.errors import UploadRejected

BLOCK_BYTES = 64 * 1024


def size_of(data: BinaryIO) -> int:
    """Bytes in ``data``; leaves it at the start."""
    size = data.seek(0, os.SEEK_END)
    data.seek(0)
    return size


def read_exactly(data: BinaryIO, count: int) -> bytes:
    """The next ``count`` bytes, which the caller has bounded; raises UploadRejected if the file ends before."""
    piece = data.read(count)
    if len(piece) < count:
        raise cut_off()
    return piece


def sha256_of(data: BinaryIO) -> str:
    """The hexadecimal digest of all of ``data``."""
    digest = hashlib.sha256()
    data.seek(0)
    while block := data.read(BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


def cut_off() -> UploadRejected:
    return UploadRejected("The file ends too early, as if it was cut off on the way; scan or copy it again.")


def damaged(what: str) -> UploadRejected:
    return UploadRejected(f"The file is damaged ({what}); scan or export it again.")
