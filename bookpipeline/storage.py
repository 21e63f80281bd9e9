"""Files in a folder or a bucket: a bucket's read with one request instead of three, whole folders removed at once.

A storage that does not answer, or that is full, raises StorageAway whatever is asked of it.
"""

from __future__ import annotations

import errno
import os
import posixpath
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.utils.translation import gettext_lazy
from storages.backends.s3 import S3Storage
from storages.utils import clean_name
from whitenoise.storage import CompressedManifestStaticFilesStorage

from books.errors import StorageAway

BRIEFLY: Final = Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 1})
TRY_AGAIN_SECONDS = 15
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
BROKEN = {errno.EIO, errno.EROFS, errno.ESTALE, errno.EACCES, errno.EPERM, errno.ENOTCONN}
FULL = gettext_lazy("There is no room left to store files: make some, and this goes on by itself.")
AWAY = gettext_lazy("The storage of files does not answer ({why}). This goes on by itself when it does.")


@contextmanager
def telling_what_is_wrong() -> Iterator[None]:
    """FileNotFoundError and what is no fault of the storage pass."""
    try:
        yield
    except (BotoCoreError, Boto3Error, ClientError) as error:
        raise StorageAway(AWAY.format(why=_name(error)), retry_after=TRY_AGAIN_SECONDS) from error
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageAway(str(FULL), retry_after=TRY_AGAIN_SECONDS) from error
        if error.errno in BROKEN:
            raise StorageAway(AWAY.format(why=error.strerror), retry_after=TRY_AGAIN_SECONDS) from error
        raise


def _name(error: Exception) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


class Folder(FileSystemStorage):
    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        with telling_what_is_wrong():
            opened: File[Any] = super()._open(name, mode)  # type: ignore[misc]
            return opened

    def _save(self, name: str, content: File[Any]) -> str:
        with telling_what_is_wrong():
            return str(super()._save(name, content))  # type: ignore[misc]

    def delete(self, name: str) -> None:
        with telling_what_is_wrong():
            super().delete(name)

    def answers(self) -> bool:
        """Whether files can be written."""
        try:
            Path(self.location).mkdir(parents=True, exist_ok=True)
        except OSError:
            return False
        return os.access(self.location, os.W_OK)

    def names(self, folder: str) -> Iterator[str]:
        """Of all files below ``folder``, at whatever depth."""
        found = (path for path in Path(self.path(folder)).rglob("*") if path.is_file())
        return (path.relative_to(self.location).as_posix() for path in found)

    def remove_folder(self, name: str) -> None:
        with suppress(FileNotFoundError):
            shutil.rmtree(self.path(name))


class Bucket(S3Storage):  # type: ignore[misc]
    """An opened file is a copy, on disk from one megabyte on."""

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


class Collected(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """What production serves. The screens' sheet has in it what it imports: one request instead of three."""

    SHEET: Final = "bookpipeline/screens.css"

    def post_process(self, paths: dict[str, Any], *, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            Path(self.path(self.SHEET)).write_text(whole_sheet(paths))
            paths = {**paths, self.SHEET: (self, self.SHEET)}
        yield from super().post_process(paths, dry_run=dry_run, **options)


def whole_sheet(paths: dict[str, Any]) -> str:
    """Without comments, which browsers do not read: a kilobyte of every screen."""
    sheet = _text(Collected.SHEET, paths)
    sheet = re.sub(r'@import url\("(.+?)"\);', lambda found: _moved(found[1], paths), sheet)
    return re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)


def _text(name: str, paths: dict[str, Any]) -> str:
    storage, path = paths[name]
    with storage.open(path) as file:
        return str(file.read().decode())


def _moved(address: str, paths: dict[str, Any]) -> str:
    """The sheet at ``address``, relative to ours, as it has to be there; it names others from its own folder."""
    folder = posixpath.dirname(address)
    name = posixpath.normpath(posixpath.join(posixpath.dirname(Collected.SHEET), address))
    return re.sub(r"url\((\.\..+?)\)", lambda url: f"url({posixpath.join(folder, url[1])})", _text(name, paths))
