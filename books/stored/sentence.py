"""A sentence of ``books.sentences`` inside what is stored as JSON. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainSerializer, PlainValidator

from books.sentences import plain, sentence_of

Sentence = Annotated[str, PlainValidator(sentence_of), PlainSerializer(plain, when_used="json")]
