"""What a person sees where a request cannot be served."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.urls import reverse


def test_an_upload_of_more_files_than_the_server_takes_in_is_explained(screens, book):
    files = [SimpleUploadedFile(f"{number}.png", b"x") for number in range(260)]
    response = screens.post(reverse("admin:books_book_upload", args=[book.pk]), {"files": files})
    assert response.status_code == 400
    assert "at most 200 files at once" in response.content.decode()


def test_a_missing_book_is_explained(screens):
    response = screens.get(reverse("admin:books_book_overview", args=[404]))
    assert (response.status_code, "nothing at this address" in response.content.decode()) == (404, True)


def test_a_missing_permission_is_explained(client, person, book):
    client.force_login(person())
    response = client.get(reverse("admin:books_book_overview", args=[book.pk]))
    assert (response.status_code, "no permission" in response.content.decode()) == (403, True)


@pytest.mark.parametrize("code", [400, 403, 404, 500])
def test_the_page_needs_no_context(code):
    """Django renders 400 and 500 without one."""
    assert "bookpipeline" in render_to_string(f"{code}.html")
