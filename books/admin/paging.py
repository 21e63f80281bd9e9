"""Lists that cost the same however long they are: they count no further than the page after the one that is shown;
and their filters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django.contrib.admin import AllValuesFieldListFilter
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from books.models.book import books_with_words
from books.numbers import number_of

# Few enough to be read, and quick to refresh while jobs run.
PER_PAGE = 25
MOST_PAGES = 1_000_000


class LookAheadPaginator(Paginator[Any]):
    """Knows of one row beyond page ``shown``; ``is_cut`` where there is one, so that more may follow."""

    def __init__(self, rows: QuerySet[Any], per_page: int, *, shown: int) -> None:
        super().__init__(rows, per_page)
        self.rows = rows
        self.most = shown * per_page + 1

    @cached_property
    def count(self) -> int:
        return self.rows.order_by("pk").values("pk")[: self.most].count()

    @property
    def is_cut(self) -> bool:
        return self.count == self.most


class LookAhead:
    """For a ModelAdmin whose table grows for ever."""

    show_full_result_count = False
    list_per_page = PER_PAGE

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet[Any], per_page: int, *_: Any, **__: Any
    ) -> LookAheadPaginator:
        shown = number_of(request.GET.get(PAGE_VAR), MOST_PAGES) or 1
        return LookAheadPaginator(queryset, per_page, shown=shown)


class ReadOnly(LookAhead):
    """What the program alone writes, found by its book."""

    def get_search_results(
        self, _request: HttpRequest, rows: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (rows.filter(book__in=books_with_words(search_term)) if search_term else rows), False

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    has_delete_permission = has_change_permission


class ValueFilter(AllValuesFieldListFilter):
    """Rows where the field was left empty are found by a word, not by a blank line."""

    def has_output(self) -> bool:
        """Where all rows say the same there is nothing to choose."""
        return bool(self.used_parameters) or len(self.lookup_choices) > 1

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": choice["display"] or _("Not given")}
