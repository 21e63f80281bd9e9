"""Counts with what they count, in the language of the screen; ``books.language.counted`` is for what is kept."""

from __future__ import annotations

from django.utils.translation import ngettext


def count_of_pages(count: int) -> str:
    return ngettext("{count} page", "{count} pages", count).format(count=count)


def count_of_guidelines(count: int) -> str:
    return ngettext("{count} guideline", "{count} guidelines", count).format(count=count)
