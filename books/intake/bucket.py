"""Direct uploads: browsers send their files to the bucket, and the server looks at what arrived there."""

from __future__ import annotations

import base64
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from botocore.exceptions import ClientError
from django.core.files.storage import storages
from storages.backends.s3 import S3Storage

from books.errors import UploadRejected
from books.intake import limits
from books.models import ExpectedFile

NOT_THERE = "The file did not arrive in the storage; choose it again."
# A copy of up to 200 MB is looked at on disk, never in memory.
IN_MEMORY_BYTES = limits.MEBIBYTE


def is_direct() -> bool:
    """Whether browsers send to a bucket."""
    return isinstance(storages["default"], S3Storage)


def presigned_post(expected: ExpectedFile) -> dict[str, Any] | None:
    """{"url", "fields"} with which a browser may send exactly the announced file; None where the server takes it.

    The bucket checks length and sha256, so what was judged cannot be replaced by anything else afterwards. A browser
    that cannot compute the sha256 sends to the server.
    """
    if not (is_direct() and expected.sha256):
        return None
    checksum = base64.b64encode(bytes.fromhex(expected.sha256)).decode()
    fields = {"x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-sha256": checksum}
    storage = _storage()
    post: dict[str, Any] = storage.connection.meta.client.generate_presigned_post(
        storage.bucket_name,
        expected.storage_name,
        Fields=fields,
        Conditions=[
            ["content-length-range", expected.size, expected.size],
            *({name: value} for name, value in fields.items()),
        ],
        ExpiresIn=int(limits.DELIVERY_IDLE.total_seconds()),
    )
    return post


@contextmanager
def fetched(name: str) -> Iterator[BinaryIO]:
    """A copy of the object ``name`` on disk, in one request. Raises UploadRejected where there is none."""
    storage = _storage()
    try:
        body = storage.bucket.Object(name).get()["Body"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"NoSuchKey", "404"}:
            raise
        raise UploadRejected(NOT_THERE) from None
    with body, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as copy:
        shutil.copyfileobj(body, copy)
        copy.seek(0)
        yield cast("BinaryIO", copy)


def _storage() -> S3Storage:
    storage = storages["default"]
    if not isinstance(storage, S3Storage):
        raise TypeError("The storage is no bucket.")
    return storage
