"""Direct uploads: where the storage is a bucket, browsers get a form with which they send their files there."""

from __future__ import annotations

import base64
from typing import Any

from django.core.files.storage import storages
from storages.backends.s3 import S3Storage

from books.intake import limits
from books.models import ExpectedFile


def presigned_post(expected: ExpectedFile) -> dict[str, Any] | None:
    """{"url", "fields"} with which a browser may send exactly the announced file; None where the server takes it.

    The bucket checks length and sha256, so what was judged cannot be replaced by anything else afterwards. A browser
    that cannot compute the sha256 sends to the server.
    """
    storage = storages["default"]
    if not isinstance(storage, S3Storage) or not expected.sha256:
        return None
    checksum = base64.b64encode(bytes.fromhex(expected.sha256)).decode()
    fields = {"x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-sha256": checksum}
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
