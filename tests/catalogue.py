"""python -m tests.catalogue: gathers the texts of screens into locale/es, and compiles what is translated there.

In place of makemessages and compilemessages, which want gettext's programs. What is new comes out untranslated, what
is gone is left out, and nothing is guessed from texts that are alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from bookpipeline.environment import sections

ROOT = Path(__file__).resolve().parent.parent
SPANISH = ROOT / "locale" / "es" / "LC_MESSAGES" / "django.po"
FOLDERS = ("books", "bookpipeline", "jobs", "templates")
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    "told": (1,),
    "told_count": (1, 2),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}


def gathered() -> Catalog:
    """Every text that code and templates mark, with the files that it stands in, and those of .env.example."""
    catalog = Catalog()
    for path in _files():
        source = path.read_text()
        if path.suffix != ".py":
            # What is left between the calls is no Python: without indentation it is at least words.
            source = "\n".join(line.lstrip() for line in templatize(source).splitlines())
        for _line, message, _comments, context in extract("python", BytesIO(source.encode()), KEYWORDS):
            catalog.add(message, locations=[(path.relative_to(ROOT).as_posix(), None)], context=context)
    for section in sections():
        for message in (section.title, *(each.about for each in section.variables if each.about)):
            catalog.add(message, locations=[(".env.example", None)])
    return catalog


def translated() -> Catalog:
    with SPANISH.open("rb") as file:
        return read_po(file, locale="es", domain="django")


def compiled(catalog: Catalog) -> bytes:
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def refresh() -> None:
    catalog, head = translated(), SPANISH.read_text().partition("\n\n")[0]
    catalog.update(gathered(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    body = BytesIO()
    write_po(body, catalog, width=120, sort_by_file=True, omit_header=True)
    SPANISH.write_text(f"{head}\n\n{body.getvalue().decode()}")
    SPANISH.with_suffix(".mo").write_bytes(compiled(translated()))
    missing = [message.id for message in catalog if message.id and not message.string]
    print(f"{len(catalog)} texts, {len(missing)} of them untranslated")


def _files() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts:
                yield path


if __name__ == "__main__":
    refresh()
