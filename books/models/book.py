"""A textbook, the status that is derived from everything below it, and finding books by the words of their facts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import connections, models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.text import slugify
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from books.language import search_words
from jobs.models import Job
from jobs.states import JobStatus

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What a person says of a book.
BOOK_FIELDS = ("title", "author", "edition", "edition_year", "country", "board", "grade", "subject", "language")
SEARCHED = ("title", "author", "subject", "board")
# More words than these narrow a search no further.
MOST_WORDS = 12


def wanted_words(query: str) -> list[str]:
    return search_words(query).split()[:MOST_WORDS]


def full_text(wanted: list[str]) -> str:
    """What PostgreSQL's to_tsquery is asked for every one of those words, or one that begins with it."""
    return " & ".join(f"{word}:*" for word in wanted)


def books_with_words(query: str, books: QuerySet[Book] | None = None) -> QuerySet[Book]:
    """Books with every word of ``query``, or one that begins with it, in title, author, subject or board.

    PostgreSQL has a full-text index over exactly this expression (``books.guidelines.search`` says why full text);
    SQLite, which serves one machine, reads through the columns.
    """
    books = Book.objects.all() if books is None else books
    wanted = wanted_words(query)
    if wanted and connections[books.db].vendor == "postgresql":
        terms = SearchQuery(full_text(wanted), config="simple", search_type="raw")
        return books.alias(words_of_it=SearchVector(*SEARCHED, config="simple")).filter(words_of_it=terms)
    for word in wanted:
        books = books.filter(_has(word))
    return books


def _has(word: str) -> Q:
    found = Q()
    for fact in SEARCHED:
        found |= Q(**{f"{fact}__iregex": rf"\b{re.escape(word)}"})
    return found


# Such as eng, chi_sim or deu+fra. It becomes part of a file name.
LANGUAGE = r"^[a-z]{3}(_[a-z]+)*(\+[a-z]{3}(_[a-z]+)*)*\Z"


def by_person(on_delete: Any = models.SET_NULL) -> models.ForeignKey[User | None, User | None]:
    """Who did it; None for what nobody did, and by default for whose account is gone."""
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=on_delete, related_name="+")


class BookStatus(models.TextChoices):
    """PENDING_REVIEW: a person has to look, at pages that are not approved yet or at guidelines."""

    NO_PAGES = "no_pages", _("No pages")
    READY = "ready_for_extraction", _("Ready to generate")
    PROCESSING = "processing", _("Processing")
    PAUSED = "paused", _("Job paused")
    PENDING_REVIEW = "pending_review", _("Pending review")
    APPROVED = "approved", pgettext_lazy("book", "Approved")


class Access(models.TextChoices):
    """Who may open a book, beside its owner and administrators: ``books.access`` says it."""

    ALL = "all", _("Everybody with a role")
    TEAM = "team", _("The team: the people named below")
    OWNER = "owner", _("The owner alone")


def access_of_new_books() -> str:
    return str(settings.BOOK_ACCESS)


class BookQuerySet(models.QuerySet["Book"]):
    def with_status(self) -> BookQuerySet:
        """Adds ``status_now``, a BookStatus: never stored, so it can never be wrong."""
        from books.models.guideline import ReviewStatus, Subtopic
        from books.models.page import Page, PageReview

        holding = Job.objects.holding().filter(book=OuterRef("pk"))
        pages = Page.objects.filter(book=OuterRef("pk"))
        subtopics = Subtopic.objects.filter(topic__book=OuterRef("pk"))
        undecided = subtopics.filter(status__in=[status for status in ReviewStatus if status.awaits])
        # Not EXISTS: PostgreSQL would rather read every guideline once than look for those of 25 books in the index.
        ones = {"undecided": _one_of(undecided), "any_subtopic": _one_of(subtopics)}
        status = Case(
            When(Exists(holding.filter(status=JobStatus.PAUSED)), then=Value(BookStatus.PAUSED)),
            When(Exists(holding), then=Value(BookStatus.PROCESSING)),
            When(~Exists(pages), then=Value(BookStatus.NO_PAGES)),
            When(Exists(pages.exclude(review=PageReview.APPROVED)), then=Value(BookStatus.PENDING_REVIEW)),
            When(undecided__isnull=False, then=Value(BookStatus.PENDING_REVIEW)),
            When(any_subtopic__isnull=False, then=Value(BookStatus.APPROVED)),
            default=Value(BookStatus.READY),
            output_field=models.CharField(),
        )
        # The model declares it for its readers, hence:
        return self.alias(**ones).annotate(status_now=status)  # type: ignore[no-redef]

    def with_page_count(self) -> BookQuerySet:
        from books.models.page import Page

        pages = Page.objects.filter(book=OuterRef("pk")).order_by().values("book")
        counted = Subquery(pages.annotate(count=Count("pk")).values("count"))
        number = Coalesce(counted, 0, output_field=models.IntegerField())
        return self.annotate(page_count=number)  # type: ignore[no-redef]


def _one_of(rows: models.QuerySet[Any]) -> Subquery:
    return Subquery(rows.order_by().values("pk")[:1])


class Book(models.Model):
    """Its pages are numbered from 1 in scan order, without regard to printed numbers."""

    title = models.CharField(_("title"), max_length=200)
    author = models.CharField(_("author"), max_length=200, blank=True)
    edition = models.CharField(_("edition"), max_length=80, blank=True)
    edition_year = models.PositiveSmallIntegerField(
        _("edition year"), null=True, blank=True, validators=[MinValueValidator(1450), MaxValueValidator(2100)]
    )
    country = models.CharField(_("country"), max_length=80, blank=True)
    board = models.CharField(_("board"), max_length=80, blank=True, help_text=_("The examination or curriculum board."))
    grade = models.CharField(_("grade"), max_length=40, blank=True)
    subject = models.CharField(_("subject"), max_length=80, blank=True)
    language = models.CharField(
        _("language"),
        max_length=40,
        default="eng",
        validators=[
            RegexValidator(LANGUAGE, _("Three letters a language, as eng or deu, joined by + where it has several."))
        ],
        help_text=_("What its pages are read in, as Tesseract calls it."),
    )
    spending_cap = models.DecimalField(
        _("spending cap"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("US dollars that model calls for this book may cost in all; empty for no cap."),
    )
    merge_from = models.FloatField(
        _("merge by itself from"),
        default=0.9,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_(
            "Subtopics found to teach the same, as sure as this (0 to 1) or surer, are merged without asking; "
            "empty to be asked about every pair. It can be undone."
        ),
    )
    verifies = models.BooleanField(
        _("have guidelines read a second time"),
        default=True,
        help_text=_(
            "Where a language model writes: one more call a guideline judges each statement by its pages alone. "
            "What it doubts is marked for the reviewer."
        ),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    access = models.CharField(_("open to"), max_length=5, choices=Access, default=access_of_new_books)
    team = models.ManyToManyField(settings.AUTH_USER_MODEL, verbose_name=_("team"), blank=True, related_name="+")
    sends_images = models.BooleanField(
        _("send images of pages to the model"),
        default=True,
        help_text=_(
            "Where a language model digests and writes: it also sees the pages whose text does not tell all, "
            "with formulas, tables, figures or doubtful words. The estimate says what that costs."
        ),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    status_now: str  # on rows of with_status
    page_count: int  # on rows of with_page_count

    objects = BookQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("book"), _("books")
        ordering = ("title", "id")
        permissions = (
            ("ask_model", "Can start jobs that ask a language model, which may cost money"),
            ("open_every_book", "Can open every book, and say who else may"),
        )
        constraints = (
            models.CheckConstraint(condition=~Q(title=""), name="book_has_title"),
            models.CheckConstraint(condition=Q(access__in=Access.values), name="book_access_known"),
            models.CheckConstraint(
                condition=Q(edition_year__isnull=True) | Q(edition_year__range=(1450, 2100)),
                name="book_edition_year_plausible",
            ),
        )
        indexes = (
            models.Index(F("country"), F("board"), F("grade"), F("subject"), name="book_curriculum"),
            # The list of books is in this order; PostgreSQL has a full-text index besides (books.models.book).
            models.Index(fields=["title", "id"], name="book_in_order"),
            *(models.Index(fields=[name], name=f"book_{name}") for name in ("board", "grade", "subject")),
        )

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self._state.adding and Book.objects.count() >= settings.QUOTA_BOOKS:
            raise ValidationError(
                gettext("There are {most} books here, as many as there may be. Have one deleted.").format(
                    most=settings.QUOTA_BOOKS
                )
            )

    @property
    def file_name(self) -> str:
        """What files of it are called by, in letters that every system takes."""
        return slugify(self.title)[:60] or "book"

    @property
    def status(self) -> BookStatus:
        """As it is in the database now, at the price of a query; lists use ``with_status``."""
        return BookStatus(Book.objects.with_status().get(pk=self.pk).status_now)


class DeletedBook(models.Model):
    """A book whose rows are gone and whose files may not be yet; forgotten when nothing can come there any more."""

    number = models.PositiveBigIntegerField(unique=True, help_text="The id that it had.")
    title = models.CharField(max_length=200)
    deleted_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.title

    @property
    def folder(self) -> str:
        return f"books/{self.number}"
