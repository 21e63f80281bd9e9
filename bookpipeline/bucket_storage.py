"""Files in a bucket: read with one request instead of three, whole folders removed at once.

By itself, since the libraries of S3 take a quarter of the time that a process needs to start.
"""

from __future__ import annotations

import base64
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from bookpipeline import storage
from bookpipeline.storage import AWAY, TRY_AGAIN_SECONDS
from books.errors import StorageAway

# What does not answer is tried again by the job or the browser, which can wait longer than a request.
CLIENT: Final = Config(
    signature_version="s3v4",
    connect_timeout=5,
    read_timeout=30,
    retries={"total_max_attempts": 2, "mode": "standard"},
)
# Files wait on disk; one thread and one buffer a transfer keep a web process small.
TRANSFER: Final = TransferConfig(use_threads=False)
BRIEFLY: Final = Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 1})


@contextmanager
def telling_what_is_wrong() -> Iterator[None]:
    """As of a folder, where copies lie on the way; FileNotFoundError passes."""
    try:
        with storage.telling_what_is_wrong():
            yield
    except (BotoCoreError, Boto3Error, ClientError) as error:
        raise StorageAway(AWAY.format(why=_name(error)), retry_after=TRY_AGAIN_SECONDS) from error


def _name(error: Exception) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


class Bucket(S3Storage):  # type: ignore[misc]
    """An opened file is a copy, on disk from one megabyte on."""

    def get_default_settings(self) -> dict[str, Any]:
        return {**super().get_default_settings(), "client_config": CLIENT, "transfer_config": TRANSFER}

    def _save(self, name: str, content: File[Any]) -> str:
        with telling_what_is_wrong():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with telling_what_is_wrong():
            super().delete(name)

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        with telling_what_is_wrong():
            return self._copied(name) if mode == "rb" else super()._open(name, mode)

    def _copied(self, name: str) -> File[Any]:
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

    def answers(self) -> bool:
        """Whether the bucket can be reached, within seconds."""
        try:
            self._asking_briefly.head_bucket(Bucket=self.bucket_name)
        except (BotoCoreError, ClientError):
            return False
        return True

    def names(self, folder: str) -> Iterator[str]:
        with telling_what_is_wrong():
            for found in self.bucket.objects.filter(Prefix=f"{self._normalize_name(clean_name(folder))}/"):
                yield found.key

    def presigned_post(self, name: str, *, size: int, sha256: bytes, seconds: int) -> tuple[str, dict[str, str]]:
        """Address and fields with which whoever has them may send just this object meanwhile."""
        checksum = base64.b64encode(sha256).decode()
        fields = {"x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-sha256": checksum}
        conditions = [["content-length-range", size, size], *({key: value} for key, value in fields.items())]
        post = self.connection.meta.client.generate_presigned_post(
            self.bucket_name, name, Fields=fields, Conditions=conditions, ExpiresIn=seconds
        )
        return post["url"], post["fields"]

    @cached_property
    def _asking_briefly(self) -> Any:
        return boto3.client("s3", endpoint_url=self.endpoint_url, region_name=self.region_name, config=BRIEFLY)

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
