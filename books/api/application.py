"""The API object: session authentication with CSRF, a permission per operation, errors as status codes."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.security import django_auth

from books.api.books import router as books
from books.api.contents import router as contents
from books.api.guidelines import router as guidelines
from books.api.jobs import job_document
from books.api.jobs import router as jobs
from books.api.pages import router as pages
from books.api.review import router as review
from books.api.uploads import router as uploads
from books.audit import refuse
from books.errors import DecisionRefused, EditedMeanwhile, StageNotReady, StorageAway
from jobs.errors import InvalidTransition, JobAlreadyActive, JobError, NothingToDo
from jobs.models import Job

api = NinjaAPI(title="bookpipeline", version="1", auth=django_auth)
api.add_router("/books", books)
api.add_router("/books", contents)
api.add_router("/books", pages)
api.add_router("/books", uploads)
api.add_router("/books", review)
api.add_router("", jobs)
api.add_router("/guidelines", guidelines)

CONFLICTS = (DecisionRefused, EditedMeanwhile, InvalidTransition, JobAlreadyActive, NothingToDo, StageNotReady)


@api.exception_handler(JobError)
def refused(request: HttpRequest, error: JobError) -> HttpResponse:
    """409 where the state of the book or job is in the way, 503 where files cannot be stored now, else 422; always a
    code and a sentence."""
    refuse(request, error.message)
    document: dict[str, object] = {"code": error.code, "message": error.message}
    if isinstance(error, JobAlreadyActive):
        document["job"] = job_document(Job.objects.get(pk=error.job_id))
    if isinstance(error, StorageAway):
        return api.create_response(request, document, status=503)
    return api.create_response(request, document, status=409 if isinstance(error, CONFLICTS) else 422)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Facts that the model's own rules refuse, field by field."""
    document = {"code": "invalid", "message": " ".join(error.messages), "fields": error.message_dict}
    return api.create_response(request, document, status=422)


@api.exception_handler(PermissionDenied)
def forbidden(request: HttpRequest, _error: PermissionDenied) -> HttpResponse:
    message = "Your account may not do this; ask an administrator for the permission."
    return api.create_response(request, {"code": "forbidden", "message": message}, status=403)
