"""Books in the admin: the list, the form of a book's facts, deletion, and the addresses of the screens around them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from books.access import may_choose_people
from books.admin import book_list, book_page, deletion
from books.admin.guards import StaffRequest
from books.admin.paging import LookAhead, ValueFilter
from books.admin.suggested import Languages
from books.errors import DeletionRefused
from books.extraction.job import resume_extraction
from books.intake.sample import SAMPLE
from books.models import Book, BookStatus
from books.models.book import books_with_words
from books.ocr.factory import installed_languages
from books.ocr.start import lack_of_language
from books.publishing.deletion import delete_book
from books.wording import count_of_pages, in_language
from jobs.errors import JobError
from jobs.progress import start_sentence


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in BookStatus.choices]

    def queryset(self, _request: HttpRequest, books: QuerySet[Book]) -> QuerySet[Book]:
        return books.filter(Q(status_now=self.value())) if self.value() else books


class BookFacts(forms.ModelForm[Book]):
    """Refuses a language here rather than when its pages are to be read."""

    def clean_language(self) -> str:
        language = str(self.cleaned_data["language"])
        is_new = self.instance.pk is None or "language" in self.changed_data
        if is_new and (lack := lack_of_language(language)):
            raise forms.ValidationError(lack)
        return language


FACTS = ("country", "board", "grade", "subject")


@admin.register(Book)
class BookAdmin(LookAhead, admin.ModelAdmin[Book]):
    when_empty = _("There is no book yet. Add one, and drop its scans or its PDF on it.")
    form = BookFacts
    list_display = ("book", "status", "readers", "active_job", "page_count", "author", "grade", "subject")
    list_display_links = None
    list_filter = (StatusFilter, *((fact, ValueFilter) for fact in FACTS))
    search_fields = ("title", "author", "subject", "board")
    search_help_text = _("Title, author, subject or board")
    actions = ("generate",)
    fieldsets = (
        (None, {"fields": ("title", "author", ("edition", "edition_year"), "language")}),
        (_("Curriculum"), {"fields": (("country", "board"), ("grade", "subject"))}),
        (_("Spending"), {"fields": ("spending_cap",), "classes": ("collapse",)}),
        (_("Guidelines"), {"fields": ("verifies", "sends_images", "merge_from"), "classes": ("collapse",)}),
        (_("Who may open it"), {"fields": ("owner", "access", "team"), "classes": ("collapse",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, book: Book | None = None) -> tuple[str, ...]:
        """The cap is for those who may spend; who else may open the book is for its owner to say."""
        user = cast("StaffRequest", request).user
        cap = () if user.has_perm("books.ask_model") else ("spending_cap",)
        if book is None:
            return (*cap, "owner")
        return cap if may_choose_people(user, book) else (*cap, "owner", "access", "team")

    def save_model(self, request: HttpRequest, obj: Book, form: forms.ModelForm[Book], change: bool) -> None:  # noqa: FBT001
        """Who adds a book owns it."""
        if not change:
            obj.owner = cast("StaffRequest", request).user
        super().save_model(request, obj, form, change)

    def get_search_results(
        self, _request: HttpRequest, books: QuerySet[Book], search_term: str
    ) -> tuple[QuerySet[Book], bool]:
        return books_with_words(search_term, books), False

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Names the languages there are models for, which differ from machine to machine."""
        if db_field.name == "language":
            kwargs["help_text"] = gettext("What its pages are printed in, and a second language where they have two.")
            kwargs["widget"] = Languages(installed_languages)
        if db_field.name in {"owner", "team"}:
            kwargs["queryset"] = User.objects.filter(is_active=True, is_staff=True).order_by("username")
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in {"owner", "team"} and field is not None:
            field.widget.can_add_related = False
        return field

    # ---- the list ---------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Book]:
        return book_list.live_books(cast("User", request.user))

    @admin.display(description=_("book"), ordering="title")
    def book(self, book: Book) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:books_book_overview", args=[book.pk]), book.title)

    @admin.display(description=_("status"), ordering="status_now")
    def status(self, book: Book) -> SafeString:
        return render_to_string("bookpipeline/_list_status.html", {"row": getattr(book, "row", None)})

    @admin.display(description=_("published"))
    def readers(self, book: Book) -> SafeString | str:
        version = getattr(book, "published_version", None)
        if version is None:
            return gettext("nothing")
        url = reverse("admin:books_book_publish", args=[book.pk])
        words = gettext("Version {version}").format(version=version)
        return format_html('<a class="badge badge-published" href="{}">{}</a>', url, words)

    @admin.display(ordering="page_count", description=_("pages"))
    def page_count(self, book: Book) -> str:
        return count_of_pages(getattr(book, "page_count", 0))

    @admin.display(description=_("job"))
    def active_job(self, book: Book) -> SafeString:
        return render_to_string("bookpipeline/_list_job.html", {"row": getattr(book, "row", None)})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Gives each visible book its row, and hands those that move to the template, which asks for their progress in
        one request."""
        try:
            response = super().changelist_view(request, extra_context)
        except DeletionRefused as refusal:
            messages.error(request, in_language(refusal.message))
            return redirect("admin:books_book_changelist")
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            books = response.context_data["cl"].result_list
            for book in books:
                book.row = book_list.row_of(book, cast("User", request.user))
            moving = [book.row for book in sorted(books, key=lambda book: int(book.pk)) if book.row.job]
            response.context_data |= {
                "has_sample": SAMPLE.is_dir(),
                "moving": moving,
                "mark": book_list.mark_of(moving),
            }
        return response

    def has_ask_model_permission(self, request: HttpRequest) -> bool:
        return cast("StaffRequest", request).user.has_perm("books.ask_model")

    @admin.action(description=_("Generate guidelines, going on where each book is"), permissions=["ask_model"])
    def generate(self, request: HttpRequest, books: QuerySet[Book]) -> None:
        for book in books.order_by("title", "pk"):
            try:
                job = resume_extraction(book, user=cast("StaffRequest", request).user)
            except JobError as refusal:
                messages.error(request, f"{book}: {in_language(refusal.message)}")
            else:
                messages.success(request, f"{book}: {in_language(start_sentence(job))}")

    # ---- the form ---------------------------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().add_view(request, form_url, {**book_page.upload_context(), **(extra_context or {})})

    def response_post_save_add(self, request: HttpRequest, obj: Book) -> HttpResponseRedirect:
        return redirect("admin:books_book_overview", obj.pk)

    response_post_save_change = response_post_save_add

    # ---- deletion: with all that hangs on the book, and only while nothing works on it ------------------------------

    def delete_view(
        self, request: HttpRequest, object_id: str, _extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return deletion.delete_view(self, cast("StaffRequest", request), unquote(object_id))

    def get_deleted_objects(
        self, books: QuerySet[Book] | Iterable[Book], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Of several at once: one line a book instead of one a row below it."""
        chosen = list(books)
        lacking = set() if self.has_delete_permission(request) else {"book"}
        counts = {"books": len(chosen), **deletion.counts_of(chosen)}
        return [str(book) for book in chosen], counts, lacking, deletion.protected(chosen)

    def delete_queryset(self, _request: HttpRequest, books: QuerySet[Book]) -> None:
        """All of them or none."""
        with transaction.atomic():
            for book in books:
                delete_book(book.pk)
