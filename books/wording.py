"""Words of screens in their language: counts, and sentences of rooms that know no Django.

``books.language.counted`` is for what is kept.
"""

from __future__ import annotations

from django.utils.translation import gettext, ngettext

from books.errors import UploadRejected
from books.language import Told


def count_of_pages(count: int) -> str:
    return ngettext("{count} page", "{count} pages", count).format(count=count)


def count_of_guidelines(count: int) -> str:
    return ngettext("{count} guideline", "{count} guidelines", count).format(count=count)


def in_language(sentence: str) -> str:
    """``sentence`` as it is where nobody translated it."""
    if isinstance(sentence, Told):
        parts = {name: in_language(part) if isinstance(part, Told) else part for name, part in sentence.parts.items()}
        return gettext(sentence.template).format(**parts)
    return gettext(sentence)


def refusal_words(refusal: UploadRejected) -> str:
    reason = in_language(refusal.reason)
    return f"{refusal.name}: {reason}" if refusal.name else reason
