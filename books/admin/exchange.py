"""Guidelines out into files and back in: what a file would change is shown before it does."""

from __future__ import annotations

import json

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from books.admin.guards import StaffRequest, action, screen, show
from books.bodies import FORM
from books.errors import Busy, ImportRefused
from books.models import Book, GuidelineImport, PageReview, Subtopic
from books.publishing.files.compare import differences
from books.publishing.files.export import book_docx, book_json, book_markdown
from books.publishing.files.import_file import MOST_BYTES, apply_import, receive
from books.publishing.files.sheets import guideline_sheet
from books.publishing.text.exports import TEXT_FORMS, text_response
from books.wording import in_language

# Beyond this many a page of differences helps nobody; all of them are applied.
SHOWN = 200
TYPES = {
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@screen("books.view_book", "export/<str:form>/", "books_book_export")
def export(request: StaffRequest, book: Book, form: str) -> HttpResponseBase:
    """``form`` is json, md, csv, xlsx or docx."""
    if form not in TYPES:
        raise Http404(_("There is no such form of export."))
    with override(settings.LANGUAGE_CODE):  # programs and other people's screens read it too
        response = HttpResponse(_body(book, form), content_type=TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{book.file_name}-guidelines.{form}"'
    return response


def _body(book: Book, form: str) -> str | bytes:
    if form == "json":
        return json.dumps(book_json(book), ensure_ascii=False, indent=2) + "\n"
    if form == "md":
        return book_markdown(book)
    return book_docx(book) if form == "docx" else guideline_sheet(book, form)


@screen("books.view_book", "text/<str:form>/", "books_book_text_export")
def export_text(request: StaffRequest, book: Book, form: str) -> HttpResponseBase:
    """``form`` is one of TEXT_FORMS."""
    if form not in TEXT_FORMS:
        raise Http404(_("There is no such form of export."))
    try:
        return text_response(book, form)
    except Busy as refusal:
        messages.error(request, in_language(refusal.message))
        return redirect("admin:books_book_exchange", book.pk)


@screen("books.view_book", "exchange/", "books_book_exchange")
def exchange(request: StaffRequest, book: Book) -> HttpResponseBase:
    return show(
        request,
        "exchange",
        {
            "title": _("Export and import"),
            "book": book,
            "pages": book.pages.count(),
            "approved": book.pages.filter(review=PageReview.APPROVED).count(),
            "text_forms": TEXT_FORMS,
            "count": Subtopic.objects.filter(topic__book=book).count(),
        },
    )


@action("books.change_subtopic", "import/", "books_book_import", most_bytes=MOST_BYTES + FORM)
def send(request: StaffRequest, book: Book) -> HttpResponseBase:
    file = request.FILES.get("file")
    if file is None or file.file is None:
        raise ImportRefused(_("Choose a file first."))
    received = receive(book, file.name or "", file.file, user=request.user)
    return redirect("admin:books_book_import_preview", book.pk, received.pk)


@screen("books.change_subtopic", "import/<uuid:import_id>/", "books_book_import_preview")
def preview(request: StaffRequest, book: Book, import_id: str) -> HttpResponseBase:
    received = get_object_or_404(GuidelineImport, pk=import_id, book=book)
    found = differences(received)
    return show(
        request,
        "import",
        {
            "title": _("Import guidelines"),
            "book": book,
            "received": received,
            "total": len(found),
            "new": sum(each.kind == "new" for each in found),
            "differences": found[:SHOWN],
            "hidden": max(0, len(found) - SHOWN),
        },
    )


@action("books.change_subtopic", "import/<uuid:import_id>/decide/", "books_book_import_decide")
def decide(request: StaffRequest, book: Book, import_id: str) -> HttpResponseBase:
    """Applies what was shown, or throws the file away."""
    received = get_object_or_404(GuidelineImport, pk=import_id, book=book)
    if request.POST.get("decision") != "apply":
        received.delete()
        messages.info(request, _("The file was thrown away; nothing was changed."))
        return redirect("admin:books_book_exchange", book.pk)
    count = apply_import(received, user=request.user)
    messages.success(
        request,
        ngettext("1 guideline imported.", "{count} topics and guidelines imported.", count).format(count=count),
    )
    return redirect("admin:books_book_guidelines", book.pk)
