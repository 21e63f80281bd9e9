"""Words of screens in their language: counts, and sentences that were told without knowing it.

``books.sentences`` is what these are made of and kept as.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.template import Library
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import get_language_info, gettext, ngettext

from books.engine_words import told_by_engine
from books.sentences import Told, gettext_noop

if TYPE_CHECKING:
    from books.models import Reading

register = Library()
ACTORS = {
    *(gettext_noop("worker"), gettext_noop("sweep"), gettext_noop("job")),
    *(gettext_noop("command line"), gettext_noop("sign-on")),
}


# Tesseract's names of languages beside those by which Django has their names in the languages of screens.
_CODES: Final = (
    "afr:af ara:ar aze:az bel:be ben:bn bos:bs bre:br bul:bg cat:ca ces:cs chi_sim:zh-hans chi_tra:zh-hant cym:cy"
    " dan:da deu:de ell:el eng:en epo:eo est:et eus:eu fas:fa fin:fi fra:fr fry:fy gla:gd gle:ga glg:gl heb:he"
    " hin:hi hrv:hr hun:hu hye:hy ind:id isl:is ita:it jpn:ja kan:kn kat:ka kaz:kk khm:km kir:ky kor:ko lav:lv"
    " lit:lt ltz:lb mal:ml mar:mr mkd:mk mon:mn msa:ms mya:my nep:ne nld:nl nor:no pan:pa pol:pl por:pt ron:ro"
    " rus:ru slk:sk slv:sl spa:es sqi:sq srp:sr swa:sw swe:sv tam:ta tat:tt tel:te tgk:tg tha:th tur:tr uig:ug"
    " ukr:uk urd:ur uzb:uz vie:vi"
)
LANGUAGES: Final = dict(each.split(":") for each in _CODES.split())
TESSERACT: Final = re.compile(r"(\S+) (\S+)-[0-9a-f]+")


def language_name(code: str) -> str:
    """Of "deu+eng", Tesseract's names, those that people use; of what has none here, as it is."""
    return ", ".join(
        capfirst(str(get_language_info(LANGUAGES[each])["name_translated"])) if each in LANGUAGES else each
        for each in code.split("+")
    )


@register.filter
def read_by(reading: Reading) -> str:
    """Whoever or whatever gave a page its text."""
    if reading.engine == "person":
        return reading.version
    if reading.engine == "tesseract" and (parts := TESSERACT.fullmatch(reading.version)):
        return f"Tesseract {parts[1]}, {language_name(parts[2])}"
    return f"{reading.engine} {reading.version}"


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
