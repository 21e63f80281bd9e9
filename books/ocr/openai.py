"""OCR by a model that sees, asked through whatever it is given. Imports neither Django nor a vendor's SDK."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from PIL import Image

from books.ocr.answers import SCHEMA_VERSION, PageForm, form_for
from books.ocr.engine import OcrText
from books.ocr.faint import has_faint_print
from books.ocr.imaging import encode_png
from books.ocr.orientation import Upright, upright
from books.providers.prompts import prompt_in
from books.providers.request import Answer, ModelRequest

PROMPTS: Final = Path(__file__).resolve().parent / "prompts"
STAGE: Final = "ocr"
# At high detail a model sees at most so many squares of this side, and a provider shrinks what has more by itself.
PATCH_SIDE, MOST_PATCHES = 32, 2_500
MOST_SIDE: Final = 2_048
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
    """``choice`` gives a stage's model, temperature and limit of tokens; ``ask`` answers a request, or raises a
    ``books.errors.ProviderError``. It knows no places on the page, so its texts have no lines with boxes."""

    name = "openai"

    def __init__(self, ask: Ask, choice: Callable[[str], tuple[str, float | None, int]], language: str = "eng") -> None:
        self._ask = ask
        self._choice = choice
        self.language = language

    @property
    def version(self) -> str:
        return f"{self._choice(STAGE)[0]} {self.language} p{prompt_in(PROMPTS, 'read').version} s{SCHEMA_VERSION}"

    def read(self, image: Image.Image, *, is_upright: bool = False) -> OcrText:
        """Raises InvalidModelOutput for an answer that repeats itself or has more text than the page's ink allows."""
        request, letters, degrees = self._question(upright(image, is_upright=is_upright))
        if request is None:
            return OcrText("", 0.0, (), self.name, self.version)
        return self._result(self._ask(request), letters, degrees)

    def _question(self, page: Upright) -> tuple[ModelRequest[PageForm] | None, int, int]:
        """What to ask (None for a page without print), its spots of print, and how it was turned: all that is kept in
        memory while the call is waited for."""
        letters = len(page.ink.print)
        if not letters and not has_faint_print(page.ink):
            return None, 0, 0
        form = form_for(MOST_TEXT * len(page.ink.letters) + SPARE_CHARACTERS)
        return self._request(page.page, form), letters, page.degrees

    def _request(self, page: Image.Image, form: type[PageForm]) -> ModelRequest[PageForm]:
        model, temperature, max_tokens = self._choice(STAGE)
        instructions = prompt_in(PROMPTS, "read")
        return ModelRequest(
            stage=STAGE,
            prompt_version=instructions.version,
            model=model,
            instructions=instructions.text,
            facts=json.dumps({"language": self.language}),
            material="",
            schema=form,
            schema_version=SCHEMA_VERSION,
            images=(encode_png(for_model(page)),),
            temperature=temperature,
            max_tokens=max_tokens,
        )

    def _result(self, form: PageForm, letters: int, rotation: int) -> OcrText:
        """``letters`` is the number of spots of print, with which the length of the text is compared."""
        lines = [line for line in form.lines if line.text.strip()]
        lengths = [len("".join(line.text.split())) for line in lines]
        characters = sum(lengths)
        unsure = sum(n for line, n in zip(lines, lengths, strict=True) if line.confidence < SURE_CONFIDENCE)
        weighted = sum(n * line.confidence for line, n in zip(lines, lengths, strict=True))
        missing = max(0.0, 1 - characters / letters) if letters else 0.0
        return OcrText(
            text="\n".join(" ".join(line.text.split()) for line in lines),
            confidence=weighted / characters if characters else 0.0,
            lines=(),
            engine=self.name,
            version=self.version,
            missing_ink=missing,
            text_may_be_missing=missing > 1 - LEAST_TEXT or not characters or unsure > MOST_GUESSED * characters,
            rotation=rotation,
        )


def for_model(page: Image.Image) -> Image.Image:
    """The page at the largest size that a model sees whole at high detail; never enlarged."""
    scale = min(1.0, MOST_SIDE / max(page.size))
    while _patches(page, scale) > MOST_PATCHES:
        scale *= 0.99 * math.sqrt(MOST_PATCHES / _patches(page, scale))
    if scale == 1.0:
        return page
    size = (max(1, round(page.width * scale)), max(1, round(page.height * scale)))
    return page.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _patches(page: Image.Image, scale: float) -> int:
    return math.ceil(page.width * scale / PATCH_SIDE) * math.ceil(page.height * scale / PATCH_SIDE)
