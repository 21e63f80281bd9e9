"""OCR by a model that sees, asked through whatever it is given. Imports neither Django nor a vendor's SDK."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar, Final, Protocol

import cv2
import numpy as np
from PIL import Image
from pydantic import BaseModel, Field, model_validator

from books.ocr.engines.base import Doubt, OcrText, missing_if
from books.ocr.image.ink import PageInk
from books.ocr.image.layout import gutter
from books.ocr.image.normalise import Straight, evened, has_even_paper, level
from books.ocr.image.open import Picture, pictured
from books.ocr.image.regions import find_regions, with_captions
from books.ocr.image.shapes import stands_in_rows, upright
from books.providers.prompts import prompt_in
from books.providers.request import Answer, Choice, ModelRequest
from books.stored.cut import WHOLE, Corners
from books.stored.notation import TABLE_ROW, plain
from books.stored.regions import Region

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
        if sum(printed_characters(line.text) for line in self.lines) > self.most_characters:
            raise ValueError("far more text than is printed on the page")
        if loops(words):
            raise ValueError("the same words again and again, which the page does not have")
        return self


def form_for(most_characters: int) -> type[PageForm]:
    """PageForm for a page that cannot hold more characters, white space aside."""
    return type("PageForm", (PageForm,), {"most_characters": most_characters, "__module__": __name__})


def printed_characters(line: str) -> int:
    """So many stand on the page, without what only LaTeX and Markdown have."""
    printed = plain(line)
    return len("".join(printed.strip("|-: ").replace("|", "").split() if TABLE_ROW.match(line) else printed.split()))


def loops(words: list[str]) -> bool:
    """Whether the same 1 to 40 words, letters among them, stand more than eight times on end."""
    for length in range(1, LONGEST_LOOP + 1):
        run = 0
        for at in range(length, len(words)):
            run = run + 1 if words[at] == words[at - length] else 0
            if run >= MOST_REPEATS * length and any(map(str.isalpha, "".join(words[at - length + 1 : at + 1]))):
                return True
    return False


PROMPTS: Final = Path(__file__).resolve().parent.parent / "prompts"
STAGE: Final = "ocr"
# At high detail a model sees at most so many squares of this side, and a provider shrinks what has more by itself.
PATCH_SIDE, MOST_PATCHES = 32, 2_500
MOST_SIDE: Final = 2_048
# Before dots are left out they are blurred by so many times what is lost between them: no more than keeps hairlines.
SMOOTHED: Final = 0.45
# A page has 0.93 (grain) to 1.36 (joined letters) characters of text for each letter-sized spot of print; less was left
# out ...
LEAST_TEXT: Final = 0.97
# ... and more than this many characters a spot, and some for what is no print to us, were made up.
MOST_TEXT, SPARE_CHARACTERS = 4, 200
# Lines of which the model is less sure were guessed; more of them than this share is marked.
SURE_CONFIDENCE, MOST_GUESSED = 60, 0.06


class Ask(Protocol):
    def __call__(self, request: ModelRequest[Answer]) -> Answer: ...


class OpenAIVision:
    """``choice`` gives what a stage asks; ``ask`` answers a request, or raises a
    ``books.errors.ProviderError``. It knows no places on the page, so its texts have no lines with boxes."""

    name = "openai"

    def __init__(self, ask: Ask, choice: Callable[[str], Choice], language: str = "eng") -> None:
        self._ask = ask
        self._choice = choice
        self.language = language

    @property
    def version(self) -> str:
        return f"{self._choice(STAGE).model} {self.language} p{prompt_in(PROMPTS, 'read').version} s{SCHEMA_VERSION}"

    def read(self, image: Image.Image, *, is_upright: bool = False) -> OcrText:
        return self.read_sight(sight_of(image, is_upright=is_upright))

    def read_sight(self, sight: Sight) -> OcrText:
        """Raises InvalidModelOutput for an answer that repeats itself or has more text than the page's ink allows."""
        if sight.is_blank:
            return OcrText("", 0.0, (), self.name, self.version)
        form = form_for(MOST_TEXT * sight.spots + SPARE_CHARACTERS)
        read = self._result(self._ask(self._request(sight.picture.png, form)), sight)
        return replace(read, doubts=(*read.doubts, Doubt.SPREAD), gutter=sight.gutter) if sight.gutter else read

    def _request(self, png: bytes, form: type[PageForm]) -> ModelRequest[PageForm]:
        instructions = prompt_in(PROMPTS, "read")
        return ModelRequest(
            stage=STAGE,
            prompt_version=instructions.version,
            **asdict(self._choice(STAGE)),
            instructions=instructions.text,
            facts=json.dumps({"language": self.language}),
            material="",
            schema=form,
            schema_version=SCHEMA_VERSION,
            images=(png,),
        )

    def _result(self, form: PageForm, sight: Sight) -> OcrText:
        lines = [line for line in form.lines if line.text.strip()]
        lengths = [printed_characters(line.text) for line in lines]
        characters = sum(lengths)
        unsure = sum(n for line, n in zip(lines, lengths, strict=True) if line.confidence < SURE_CONFIDENCE)
        weighted = sum(n * line.confidence for line, n in zip(lines, lengths, strict=True))
        missing = max(0.0, 1 - characters / sight.letters) if sight.letters else 0.0
        return OcrText(
            text="\n".join(" ".join(line.text.split()) for line in lines),
            confidence=weighted / characters if characters else 0.0,
            lines=(),
            engine=self.name,
            version=self.version,
            missing_ink=missing,
            doubts=missing_if(missing > 1 - LEAST_TEXT or not characters or unsure > MOST_GUESSED * characters),
            rotation=sight.degrees,
            regions=with_captions(sight.regions, [line.text for line in lines]),
        )


@dataclass(frozen=True, slots=True)
class Sight:
    """A page made ready for a model: all that is kept in memory while the call is waited for.

    ``picture`` is what it sees and what is stored, turned clockwise by ``degrees``. ``spots`` counts what has the size
    of a letter, ``letters`` those of them that stand in rows. ``corners`` are those of the picture, before that turn,
    on what it was made of; ``gutter`` as ``OcrText`` has it.
    """

    picture: Picture
    degrees: int
    letters: int
    spots: int
    is_blank: bool
    regions: tuple[Region, ...] = ()
    corners: Corners = WHOLE
    gutter: tuple[float, float] | None = None


def sight_of(image: Image.Image, *, is_upright: bool = False) -> Sight:
    """A model needs neither even paper nor level lines, but the count of its letters does: what a page has already is
    not made once more. It is encoded once, at the size at which a model sees it."""
    page = for_model(image if image.mode == "L" else image.convert("L"))
    ink = PageInk(page) if has_even_paper(page) else None
    if ink is None or not len(ink.print):
        page = evened(page)
        ink = PageInk(page)
    straight = Straight(page)
    if not stands_in_rows(ink):
        straight = level(page)
        ink = PageInk(straight.image)
    seen = upright(straight.image, is_upright=is_upright, ink=ink)
    letters, spots = len(seen.ink.print), len(seen.ink.letters)
    is_blank = not letters and not seen.ink.hides_print()
    regions = find_regions(seen.ink, ())
    return Sight(
        pictured(seen.page),
        seen.degrees,
        letters,
        spots,
        is_blank,
        regions,
        straight.corners,
        gutter(seen.ink, is_turned=seen.degrees % 180 > 0),
    )


def for_model(page: Image.Image) -> Image.Image:
    """The page at the largest size that a model sees whole at high detail; never enlarged."""
    scale = min(1.0, MOST_SIDE / max(page.size))
    while _patches(page, scale) > MOST_PATCHES:
        scale *= 0.99 * math.sqrt(MOST_PATCHES / _patches(page, scale))
    if scale == 1.0:
        return page
    size = (max(1, round(page.width * scale)), max(1, round(page.height * scale)))
    # Near to what Pillow makes by HAMMING, a little softer, in half the time: lines as thin as a dot stay whole.
    smooth = cv2.GaussianBlur(np.asarray(page), (0, 0), SMOOTHED * math.sqrt(1 / scale**2 - 1))
    return Image.fromarray(cv2.resize(smooth, size, interpolation=cv2.INTER_LINEAR))


def _patches(page: Image.Image, scale: float) -> int:
    return math.ceil(page.width * scale / PATCH_SIDE) * math.ceil(page.height * scale / PATCH_SIDE)
