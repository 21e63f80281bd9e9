"""Files in a folder or a bucket: a bucket's read with one request instead of three, whole folders removed at once."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from storages.backends.s3 import S3Storage
from storages.utils import clean_name


class Folder(FileSystemStorage):
    def remove_folder(self, name: str) -> None:
        with suppress(FileNotFoundError):
            shutil.rmtree(self.path(name))


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

    def remove_folder(self, name: str) -> None:
        """A thousand objects a request; what was half sent in parts goes too. Raises OSError for what would not go."""
        where = {"Bucket": self.bucket_name, "Prefix": f"{self._normalize_name(clean_name(name))}/"}
        client = self.connection.meta.client
        for page in client.get_paginator("list_multipart_uploads").paginate(**where):
            for upload in page.get("Uploads", ()):
                client.abort_multipart_upload(Bucket=self.bucket_name, Key=upload["Key"], UploadId=upload["UploadId"])
        answers = self.bucket.objects.filter(Prefix=where["Prefix"]).delete()
        if errors := [error for answer in answers for error in answer.get("Errors", ())]:
            raise OSError(f"{len(errors)} objects below {name} were not deleted: {errors[0].get('Code')}")
