"""Columns of a declared type: checked where it enters the database, and of that type where it comes out."""

from __future__ import annotations

from typing import Any

from django.db import models
from pydantic import TypeAdapter

from books.sentences import as_text, from_text


class TypedJSONField(models.JSONField):
    """``kind`` is what pydantic knows as a type; what equals its defaults is not stored. The column is annotated with
    what a row has in it. For migrations it is a plain JSONField.

    Raises ``pydantic.ValidationError`` for what is not of the type.
    """

    def __init__(self, kind: Any = Any, *args: Any, **kwargs: Any) -> None:
        self.adapter: TypeAdapter[Any] = TypeAdapter(kind)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _, args, kwargs = super().deconstruct()
        if kwargs.get("default") not in (None, dict, list):
            kwargs["default"] = list if kwargs["default"] is tuple else dict
        return name, "django.db.models.JSONField", args, kwargs

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        found = super().from_db_value(value, expression, connection)
        return None if found is None else self.adapter.validate_python(found)

    def get_prep_value(self, value: Any) -> Any:
        found = super().get_prep_value(value)
        if found is None or hasattr(found, "as_sql"):
            return found
        return self.adapter.dump_python(self.adapter.validate_python(found), mode="json", exclude_defaults=True)


class SentenceField(models.TextField):  # type: ignore[type-arg]  # the column is annotated
    """A sentence that screens say in their language, if it is one of ``books.sentences.told``. For migrations it is a
    plain TextField."""

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> str | None:
        return None if value is None else from_text(value)

    def get_prep_value(self, value: Any) -> Any:
        found = super().get_prep_value(value)
        return as_text(found) if isinstance(found, str) else found
