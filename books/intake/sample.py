"""The sample book that comes with the project: a chapter of a real textbook, free to use (see its ATTRIBUTION.md)."""

from __future__ import annotations

from contextlib import ExitStack

from django.conf import settings
from django.contrib.auth.models import User

from books.access import open_books
from books.intake.files import files_in
from books.intake.store import Upload, add_all_files
from books.models import Book

SAMPLE = settings.BASE_DIR / "samples" / "prealgebra"
FACTS = {
    "title": "Prealgebra 2e (sample)",
    "author": "Lynn Marecek and others",
    "edition": "2e",
    "edition_year": 2020,
    "country": "United States",
    "grade": "College preparatory",
    "subject": "Mathematics",
}


def add_sample_book(*, user: User | None = None) -> Book:
    """The sample book with its pages; the one that is here, where it is."""
    found = open_books(user) if user else Book.objects.all()
    book = found.filter(title=FACTS["title"]).first() or Book.objects.create(**FACTS, owner=user)
    with ExitStack() as stack:
        uploads = [Upload(file.name, stack.enter_context(file.open("rb"))) for file in files_in([SAMPLE])[0]]
        add_all_files(book, uploads, user=user)
    return book
