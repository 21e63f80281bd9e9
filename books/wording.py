"""Words of screens in their language: counts, and sentences that were told without knowing it.

``books.sentences`` is what these are made of and kept as.
"""

from __future__ import annotations

from datetime import datetime

from django.template import Library
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext

from books.engine_words import told_by_engine
from books.sentences import Told, gettext_noop

register = Library()
ACTORS = {
    *(gettext_noop("worker"), gettext_noop("sweep"), gettext_noop("job")),
    *(gettext_noop("command line"), gettext_noop("sign-on")),
}


def count_of_pages(count: int) -> str:
    return ngettext("{count} page", "{count} pages", count).format(count=count)


def count_of_guidelines(count: int) -> str:
    return ngettext("{count} guideline", "{count} guidelines", count).format(count=count)


@register.filter
def in_language(sentence: object) -> str:
    """A sentence, or a word that the catalogue knows, in the language of the screen; as it is where nobody translated
    it. Times are those of the viewer's zone."""
    if isinstance(sentence, Told):
        if sentence.many:
            template = ngettext(sentence.template, sentence.many, int(str(sentence.parts["count"])))
        else:
            template = gettext(sentence.template)
        return template.format(**{name: _part(part) for name, part in sentence.parts.items()})
    text = str(sentence)
    said = gettext(text) if text else text
    if said != text:
        return said
    by_engine = told_by_engine(text)
    return in_language(by_engine) if isinstance(by_engine, Told) else text


@register.filter
def who(name: str) -> str:
    """A person by their name, and what acts by itself in words."""
    return gettext(name) if name in ACTORS else name


def _part(part: object) -> object:
    if isinstance(part, datetime):
        return date_format(localtime(part), "SHORT_DATETIME_FORMAT")
    return in_language(part) if isinstance(part, Told) else part
