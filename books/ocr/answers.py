"""The form in which a model answers with a page's text. SCHEMA_VERSION goes up with every change.

Imports neither Django nor a vendor's SDK.
"""

from __future__ import annotations

from typing import ClassVar, Final

from pydantic import BaseModel, Field, model_validator

SCHEMA_VERSION = "2"
# A model that lost its way repeats a word, a phrase or a line until its limit; no book does so many times on end.
MOST_REPEATS: Final = 8
LONGEST_LOOP: Final = 40


class LineForm(BaseModel):
    text: str
    confidence: float = Field(ge=0, le=100)


class PageForm(BaseModel):
    """A runaway answer is invalid, so that it is asked for once more and never kept as an answer."""

    most_characters: ClassVar[int] = 20_000

    lines: list[LineForm]

    @model_validator(mode="after")
    def _in_percent(self) -> PageForm:
        """Where all of a page's confidences lie between 0 and 1, they were told as shares."""
        told = [line.confidence for line in self.lines]
        if told and max(told) <= 1 and any(0 < each < 1 for each in told):
            for line in self.lines:
                line.confidence *= 100
        return self

    @model_validator(mode="after")
    def _is_of_this_page(self) -> PageForm:
        words = [word for line in self.lines for word in line.text.split()]
        if sum(map(len, words)) > self.most_characters:
            raise ValueError("far more text than is printed on the page")
        if loops(words):
            raise ValueError("the same words again and again, which the page does not have")
        return self


def form_for(most_characters: int) -> type[PageForm]:
    """PageForm for a page that cannot hold more characters, white space aside."""
    return type("PageForm", (PageForm,), {"most_characters": most_characters, "__module__": __name__})


def loops(words: list[str]) -> bool:
    """Whether the same 1 to 40 words, letters among them, stand more than eight times on end."""
    for length in range(1, LONGEST_LOOP + 1):
        run = 0
        for at in range(length, len(words)):
            run = run + 1 if words[at] == words[at - length] else 0
            if run >= MOST_REPEATS * length and any(map(str.isalpha, "".join(words[at - length + 1 : at + 1]))):
                return True
    return False
