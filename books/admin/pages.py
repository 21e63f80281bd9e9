"""The grid of a book's pages, and the pictures themselves."""

from __future__ import annotations

from collections.abc import Callable

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern

from books.admin.guards import StaffRequest, route, screen
from books.admin.page_states import cells_of
from books.errors import StorageAway
from books.models import Book, Page
from books.ocr.thumbnails import thumbnail_of


def routes() -> list[URLPattern]:
    page = "<int:book_id>/pages/<int:number>/"
    return [
        route("<int:book_id>/pages/", grid, "books_book_pages"),
        route(page + "scan/", scan, "books_book_scan", cacheable=True),
        route(page + "thumbnail/", thumbnail, "books_book_thumbnail", cacheable=True),
    ]


@screen("books.view_book")
def grid(request: StaffRequest, book_id: int) -> HttpResponseBase:
    book = get_object_or_404(Book, pk=book_id)
    return render(request, "bookpipeline/_pages.html", {"book": book, "cells": cells_of(book)})


@screen("books.view_book")
def scan(request: StaffRequest, book_id: int, number: int) -> HttpResponseBase:
    """Streams the PNG that the reading encoded."""
    page = _page(book_id, number)
    return _picture(lambda: FileResponse(default_storage.open(page.image_name), content_type="image/png"))


@screen("books.view_book")
def thumbnail(request: StaffRequest, book_id: int, number: int) -> HttpResponseBase:
    page = _page(book_id, number)
    return _picture(lambda: HttpResponse(thumbnail_of(page), content_type="image/jpeg"))


def _picture(made: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The address holds the reading's id, so a day in the cache is safe."""
    try:
        response = made()
    except FileNotFoundError as error:
        raise Http404("This page has no picture yet.") from error
    except StorageAway as away:
        return HttpResponse(away.message, status=503, content_type="text/plain")
    response["Cache-Control"] = "private, max-age=86400"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _page(book_id: int, number: int, *related: str) -> Page:
    pages = Page.objects.select_related(*related) if related else Page.objects.all()
    return get_object_or_404(pages, book=book_id, number=number)
