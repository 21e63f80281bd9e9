"""Fills a PostgreSQL database with copies of one real book, row by row in SQL: a million pages in a minute or two."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import connection
from django.db.models import BigIntegerField, Field, ForeignKey, Model, UUIDField

PAGES, TOPICS, SUBTOPICS = 100, 4, 5
# Ids of the n-th copy are the original's plus n times this.
STRIDE = 100_000
AT_ONCE = 500
VARIED = {
    "books_book": {
        "title": "'Book ' || n",
        "country": "'Country ' || mod(n, 40)",
        "board": "'Board ' || mod(n, 60)",
        "grade": "mod(n, 12)::text",
        "subject": "'Subject ' || mod(n, 30)",
    }
}


def original() -> Model:
    """A book with a hundred read pages, guidelines in every status, a job and calls to a model."""
    from books.models import Book, ModelCall, ReviewStatus
    from tests.factories import ItemFactory, JobFactory, PageFactory, ReadingFactory, SubtopicFactory, TopicFactory

    book = Book.objects.create(title="The original", country="India", board="CBSE", grade="9", subject="Physics")
    for number in range(1, PAGES + 1):
        page = PageFactory(book=book, number=number)
        page.reading = ReadingFactory(page=page, text=f"Page {number}. " + "Light travels in straight lines. " * 20)
        page.ocr_status, page.image_width, page.image_height = "done", 1, 1
        page.save()
    statuses = [ReviewStatus.APPROVED, ReviewStatus.PENDING_REVIEW, ReviewStatus.REJECTED, ReviewStatus.DRAFT]
    for at in range(TOPICS):
        topic = TopicFactory(book=book, sequence=at + 1, key=f"t{at}")
        for place in range(SUBTOPICS):
            first = at * 25 + place * 5 + 1
            SubtopicFactory(topic=topic, sequence=place + 1, pages=list(range(first, first + 5)), status=statuses[at])
    job = JobFactory(book=book, kind="extraction", status="completed", stage="write")
    for _ in range(10):
        ItemFactory(job=job)
        ModelCall.objects.create(book=book, job=job, stage="digest", outcome="answered", model="m")
    return book


def keep_original() -> None:
    """Remembers all rows there are as what is copied."""
    with connection.cursor() as cursor:
        for model in _copied():
            table = model._meta.db_table
            cursor.execute(f'CREATE TABLE "original_{table}" AS SELECT * FROM "{table}"')  # noqa: S608 - our own names


def copy(first: int, last: int) -> None:
    """Makes the copies numbered ``first`` to ``last``; what refers to what is right by the numbers, so not checked."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for model in _copied():
            for start in range(first, last + 1, AT_ONCE):
                cursor.execute(_copying(model), [start, min(start + AT_ONCE - 1, last)])
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")


def _copied() -> Iterator[type[Model]]:
    for label in ("books", "jobs"):
        for model in apps.get_app_config(label).get_models():
            if model._meta.managed and _hangs_on_book(model):
                yield model


def _hangs_on_book(model: type[Model], seen: tuple[type[Model], ...] = ()) -> bool:
    if model._meta.label == "books.Book":
        return True
    parents = [field.related_model for field in model._meta.local_fields if isinstance(field, ForeignKey)]
    return any(parent not in (*seen, model) and _hangs_on_book(parent, (*seen, model)) for parent in parents)


def _copying(model: type[Model]) -> str:
    table = model._meta.db_table
    varied = VARIED.get(table, {})
    columns = [(field.column, varied.get(field.column) or _copied_column(field)) for field in model._meta.local_fields]
    names = ", ".join(f'"{name}"' for name, _ in columns)
    values = ", ".join(value for _, value in columns)
    return f'INSERT INTO "{table}" ({names}) SELECT {values} FROM "original_{table}" o, generate_series(%s, %s) n'  # noqa: S608


def _copied_column(field: Field) -> str:
    column = f'o."{field.column}"'
    target = field.related_model if isinstance(field, ForeignKey) else None
    points = target is not None and _hangs_on_book(target)
    if field.primary_key or points or field.unique or _is_id_of_history(field):
        key = field.target_field if isinstance(field, ForeignKey) else field
        if isinstance(key, UUIDField):
            return f"md5({column}::text || n)::uuid"
        if hasattr(key, "rel_db_type") and isinstance(key, BigIntegerField):
            return f"{column} + n * {STRIDE}::bigint"
        return (
            f"md5({column}::text || n)"
            if key.get_internal_type() == "CharField"
            else f"{column} + n * {STRIDE}::bigint"
        )
    return column


def _is_id_of_history(field: Field) -> bool:
    """Of the row that a historical row is a version of."""
    return field.model.__name__.startswith("Historical") and field.name == "id"
