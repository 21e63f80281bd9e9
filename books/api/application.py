"""The API object: sessions with CSRF or tokens with scopes, a permission per operation, errors as status codes."""

from __future__ import annotations

from django.conf import settings

from books.api.base import TokenThrottle, open_to
from books.api.books import router as books
from books.api.changes import router as changes
from books.api.contents import router as contents
from books.api.guidelines import router as guidelines
from books.api.jobs import router as jobs
from books.api.pages import router as pages
from books.api.refusals import RefusingAPI, StorableParser, register_error_handlers
from books.api.review import router as review
from books.api.spreads import router as spreads

api = RefusingAPI(
    title="bookpipeline",
    version=settings.VERSION,
    urls_namespace="api-1",
    description=f"Commit {settings.COMMIT}",
    auth=open_to(),
    throttle=[TokenThrottle()],
    parser=StorableParser(),
)
api.add_router("/books", books)
api.add_router("/books", contents)
api.add_router("/books", pages)
api.add_router("/books", spreads)
api.add_router("/books", review)
api.add_router("/books", changes)
api.add_router("", jobs)
api.add_router("/guidelines", guidelines)
register_error_handlers(api)
