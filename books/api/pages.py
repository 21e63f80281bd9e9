"""Pages as JSON: adding many or one, a better scan for one, reading one again."""

from __future__ import annotations

from typing import Any, BinaryIO, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File, Router, Schema, Status
from ninja.files import UploadedFile

from books.api.jobs import StartedOut, started_document
from books.api.permission import require
from books.bodies import MANY_FILES, ONE_FILE, takes
from books.intake.arrange import delete_pages, insert_pages
from books.intake.replace import replace_scan
from books.intake.store import Receipt, Upload, add_files
from books.models import Book, Page
from books.ocr.start import check_readable, read_new_pages, start_reading

router = Router(tags=["pages"])


class RefusedFile(Schema):
    name: str
    reason: str


class BulkOut(Schema):
    """``pages`` is how many pages were added."""

    stored: list[str]
    refused: list[RefusedFile]
    pages: int
    job_id: UUID | None


class PagesOut(Schema):
    numbers: list[int]
    job_id: UUID | None


@router.post("/{int:book_id}/pages/bulk", response=BulkOut)
@takes(MANY_FILES, "books.change_book")
def upload_pages(request: HttpRequest, book_id: int, files: File[list[UploadedFile]]) -> dict[str, Any]:
    """Stores what is acceptable of up to 200 files, in natural order of their names, and has the new pages read.

    Names what is not stored with the reason. Answers 409 while a job works from the book's pages.
    """
    user = require(request, "books.change_book")
    book = get_object_or_404(Book, pk=book_id)
    check_readable(book)
    receipt = add_files(book, [_upload(each) for each in files], user=user)
    job = read_new_pages(book, user=user) if receipt.stored else None
    return {
        "stored": [source.name for source in receipt.stored],
        "refused": [{"name": error.name, "reason": error.reason} for error in receipt.refused],
        "pages": receipt.pages,
        "job_id": job.pk if job else None,
    }


@router.post("/{int:book_id}/pages", response={201: PagesOut})
@takes(ONE_FILE, "books.change_book")
def add_page(request: HttpRequest, book_id: int, file: File[UploadedFile]) -> Status[dict[str, Any]]:
    """Adds one file (an image of up to 20 MB, or a PDF with all its pages) behind the last page and has it read."""
    user = require(request, "books.change_book")
    book = get_object_or_404(Book, pk=book_id)
    check_readable(book)
    return Status(201, _added(add_files(book, [_upload(file)], user=user), user))


@router.put("/{int:book_id}/pages/{int:number}/scan", response=PagesOut)
@takes(ONE_FILE, "books.change_book")
def put_scan(request: HttpRequest, book_id: int, number: int, file: File[UploadedFile]) -> dict[str, Any]:
    """Replaces the scan of a page and has it read; its review begins anew, its earlier readings stay as history."""
    user = require(request, "books.change_book")
    page = get_object_or_404(Page.objects.select_related("book"), book=book_id, number=number)
    check_readable(page.book)
    page = replace_scan(page, _upload(file), user=user)
    return {"numbers": [page.number], "job_id": start_reading(page.book, pages=[page.pk], user=user).pk}


@router.post("/{int:book_id}/pages/{int:number}/insert", response={201: PagesOut})
@takes(ONE_FILE, "books.change_book")
def insert_page(request: HttpRequest, book_id: int, number: int, file: File[UploadedFile]) -> Status[dict[str, Any]]:
    """Adds one file before page ``number``; the pages behind it, and what cites them, are renumbered."""
    user = require(request, "books.change_book")
    book = get_object_or_404(Book, pk=book_id)
    check_readable(book)
    receipt, _ = insert_pages(book, [_upload(file)], number, user=user)
    return Status(201, _added(receipt, user))


@router.delete("/{int:book_id}/pages/{int:number}", response={204: None})
def delete_page(request: HttpRequest, book_id: int, number: int) -> Status[None]:
    """Removes a page and closes the gap; for thirty days it can be brought back."""
    user = require(request, "books.change_book")
    page = get_object_or_404(Page.objects.select_related("book"), book=book_id, number=number)
    delete_pages(page.book, [page], user=user)
    return Status(204, None)


@router.post("/{int:book_id}/pages/{int:number}/retry-ocr", response={202: StartedOut})
def retry_page(request: HttpRequest, book_id: int, number: int) -> Status[dict[str, Any]]:
    user = require(request, "books.change_book")
    page = get_object_or_404(Page.objects.select_related("book"), book=book_id, number=number)
    return Status(202, started_document(start_reading(page.book, pages=[page.pk], user=user)))


def _added(receipt: Receipt, user: User) -> dict[str, Any]:
    """Starts the reading of a single file's pages; raises the UploadRejected of one that was not stored."""
    if receipt.refused:
        raise receipt.refused[0]
    pages = Page.objects.filter(source__in=receipt.stored).order_by("number")
    job = read_new_pages(receipt.stored[0].book, user=user)
    return {"numbers": list(pages.values_list("number", flat=True)), "job_id": job.pk if job else None}


def _upload(file: UploadedFile) -> Upload:
    return Upload(file.name or "", cast("BinaryIO", file.file))
