"""Files on their way in: kept on this machine's disk until a view has judged them, which may have no room for them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views import defaults

from bookpipeline.storage import NO_ROOM, TRY_AGAIN_SECONDS
from books.errors import StorageAway

NO_ROOM_WORDS = _("The server has no room for this upload, and stored nothing of it. Send it again when room was made.")


class NoRoomForUpload(StorageAway, BadRequest):
    """Raised while a form is read, which may be before any view is asked: Django has ``refused`` answer then."""

    code = "storage_away"


class SpooledUpload(TemporaryFileUploadHandler):
    def new_file(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().new_file(*args, **kwargs)
        except OSError as error:
            raise _told(error) from error

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        try:
            super().receive_data_chunk(raw_data, start)
        except OSError as error:
            self.upload_interrupted()  # takes the little room away that it had
            raise _told(error) from error


def _told(error: OSError) -> Exception:
    return NoRoomForUpload(str(NO_ROOM_WORDS), retry_after=TRY_AGAIN_SECONDS) if error.errno in NO_ROOM else error


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that could not be read."""
    if isinstance(exception, NoRoomForUpload):
        return render(request, "refused.html", {"title": _("No room"), "message": exception.message}, status=507)
    return defaults.bad_request(request, exception)
