"""How the API says no: always a code and a sentence, and every operation's document says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, RawPostDataException
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, Throttled
from ninja.errors import ValidationError as Misfit
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser

from books.api.jobs import JobOut, job_document
from books.audit import refuse
from books.errors import Busy, DecisionRefused, EditedMeanwhile, LinesInDoubt, StageNotReady, StorageAway
from books.wording import in_language
from jobs.errors import InvalidTransition, JobAlreadyActive, JobError, NothingToDo
from jobs.models import Job

CONFLICTS = (
    DecisionRefused,
    EditedMeanwhile,
    InvalidTransition,
    JobAlreadyActive,
    LinesInDoubt,
    NothingToDo,
    StageNotReady,
)
CODES = {
    400: "unreadable",
    401: "sign_in_first",
    403: "forbidden",
    404: "not_found",
    405: "no_such_method",
    413: "too_large",
    415: "not_json",
    422: "invalid",
    429: "too_many_at_once",
}
SIGN_IN_FIRST = "Sign in, or send a token that is valid as Authorization: Bearer."
NOT_JSON = "Send JSON, with Content-Type: application/json."
# What any operation may answer; what one that changes something may answer beside it, and one that takes JSON.
ALWAYS = {
    400: "The request cannot be read",
    401: "Nobody is signed in, and no valid token was sent",
    403: "The permission, the token's scope, or the CSRF token of a session's change is missing",
    404: "It is not there",
    405: "The address takes other methods: those that Allow names",
    422: "A value is not acceptable",
    429: "The token asked too often, or too many files are being sent at once: come back after Retry-After",
}
CHANGING = {
    409: "The state of the book or its job is in the way",
    413: "It is larger than what may be sent here",
    503: "Files cannot be stored or opened at the moment",
}
TAKES_JSON = {415: "It is something else where JSON is wanted"}


class Refusal(Schema):
    """``code`` is stable, ``message`` for a person; ``fields`` says what is wrong with which, ``job`` is in the way."""

    code: str
    message: str
    fields: dict[str, list[str]] | None = None
    job: JobOut | None = None


class RefusingAPI(NinjaAPI):
    """Documents, for every operation, the refusals that any of them may answer with."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """A generated client calls it by this name, in whichever module it stands."""
        return operation.view_func.__name__

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**options)
        schema = Refusal.json_schema()
        schemas = document["components"]["schemas"]
        schemas.update(schema.pop("$defs", {}))
        schemas["Refusal"] = _moved(schema)
        for operations in document["paths"].values():
            for method, operation in operations.items():
                takes_json = "application/json" in operation.get("requestBody", {}).get("content", {})
                more = ({} if method == "get" else CHANGING) | (TAKES_JSON if takes_json else {})
                for code, why in (ALWAYS | more).items():
                    operation["responses"].setdefault(code, _answer(why))
        return document


def _moved(schema: Any) -> Any:
    """References as they are called in the whole document."""
    return json.loads(json.dumps(schema).replace("#/$defs/", "#/components/schemas/"))


def _answer(why: str) -> dict[str, object]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    return {"description": why, "content": content}


class StorableParser(Parser):
    """Refuses what does not call itself JSON, and text that a database cannot store, wherever it stands in a body."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise NotJson
        body = super().parse_body(request)
        for text in _texts(body):
            if "\0" in text:
                raise ValueError("There is a NUL in it.")
            text.encode()
        return body

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> Any:
        if any("\0" in value for key in data for value in data.getlist(key)):
            raise HttpError(422, "There is a NUL in it, which no text has.")
        return super().parse_querydict(data, list_fields, request)


class NotJson(Exception):
    """Something else was sent in its place."""


def nowhere(_request: HttpRequest) -> JsonResponse:
    """Whatever begins like the API and is no operation of it: a program gets no page made for people."""
    return JsonResponse(
        {"code": "not_found", "message": "There is no such operation; see /api/openapi.json."}, status=404
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def register_error_handlers(api: NinjaAPI) -> None:
    """Gives ``api`` an answer for whatever its operations raise on purpose."""

    def answer(request: HttpRequest, status: int, code: str, message: str, **more: object) -> HttpResponse:
        return api.create_response(request, {"code": code, "message": message, **more}, status=status)

    @api.exception_handler(JobError)
    def refused(request: HttpRequest, error: JobError) -> HttpResponse:
        """409 where the state of the book or job is in the way, 503 where files cannot be stored now, else 422."""
        said = in_language(error.message)
        refuse(request, said)
        job = job_document(Job.objects.get(pk=error.job_id)) if isinstance(error, JobAlreadyActive) else None
        status = 503 if isinstance(error, (StorageAway, Busy)) else 409 if isinstance(error, CONFLICTS) else 422
        return answer(request, status, error.code, said, **({"job": job.dict()} if job else {}))

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        """Facts that the model's own rules refuse, field by field."""
        fields = error.message_dict if hasattr(error, "error_dict") else None
        return answer(request, 422, "invalid", " ".join(error.messages), fields=fields)

    @api.exception_handler(Misfit)
    def misfit(request: HttpRequest, error: Misfit) -> HttpResponse:
        """Values that do not fit the operation's schema."""
        fields: dict[str, list[str]] = {}
        for each in error.errors:
            fields.setdefault(str(each["loc"][-1]), []).append(each["msg"])
        message = "; ".join(f"{name}: {', '.join(messages)}" for name, messages in fields.items())
        return answer(request, 422, "invalid", message, fields=fields)

    @api.exception_handler(RawPostDataException)
    def form(request: HttpRequest, _error: RawPostDataException) -> HttpResponse:
        """A form in place of JSON, which the check of the CSRF token has read by now."""
        return answer(request, 415, "not_json", NOT_JSON)

    @api.exception_handler(HttpError)
    def said(request: HttpRequest, error: HttpError) -> HttpResponse:
        if isinstance(error.__cause__, NotJson):
            return answer(request, 415, "not_json", NOT_JSON)
        message = SIGN_IN_FIRST if error.status_code == 401 else str(error)
        return answer(request, error.status_code, CODES.get(error.status_code, "refused"), message)

    @api.exception_handler(Throttled)
    def too_often(request: HttpRequest, _error: Throttled) -> HttpResponse:
        """ninja adds Retry-After."""
        message = "This token has asked too often in this minute. Ask again after the seconds of Retry-After."
        return answer(request, 429, "too_many_requests", message)

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, _error: Http404) -> HttpResponse:
        return answer(request, 404, "not_found", "That is not there.")

    @api.exception_handler(PermissionDenied)
    def forbidden(request: HttpRequest, _error: PermissionDenied) -> HttpResponse:
        message = "Your account may not do this; ask an administrator for the permission."
        return answer(request, 403, "forbidden", message)
