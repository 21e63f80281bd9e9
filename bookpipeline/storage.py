"""Files in a bucket, read with one request each instead of three."""

from __future__ import annotations

import shutil
import tempfile
from typing import Any

from botocore.exceptions import ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage
from storages.utils import clean_name


class Bucket(S3Storage):  # type: ignore[misc]
    """An opened file is a copy, on disk from one megabyte on."""

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        if mode != "rb":
            opened: File[Any] = super()._open(name, mode)
            return opened
        try:
            body = self.bucket.Object(self._normalize_name(clean_name(name))).get()["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                raise FileNotFoundError(name) from None
            raise
        copy = tempfile.SpooledTemporaryFile(max_size=self.max_memory_size)  # noqa: SIM115 - closed with the file
        with body:
            shutil.copyfileobj(body, copy)
        copy.seek(0)
        return File(copy, name)
