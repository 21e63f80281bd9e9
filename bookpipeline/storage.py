"""Files in a folder, and the static files that production serves.

A storage that does not answer, or that is full, raises StorageAway whatever is asked of it.
"""

from __future__ import annotations

import errno
import os
import posixpath
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.utils.translation import gettext_lazy
from whitenoise.storage import CompressedManifestStaticFilesStorage

from books.errors import StorageAway

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
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageAway(str(FULL), retry_after=TRY_AGAIN_SECONDS) from error
        if error.errno in BROKEN:
            raise StorageAway(AWAY.format(why=error.strerror), retry_after=TRY_AGAIN_SECONDS) from error
        raise


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

    def presigned_post(self, name: str, **_: object) -> None:
        """There is no address but the server's own."""

    def remove_folder(self, name: str) -> None:
        with suppress(FileNotFoundError):
            shutil.rmtree(self.path(name))


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
