"""The text that a PDF brings along, taken as a reading line by line where it is what the page shows.

Imports neither Django nor a vendor's SDK. What has no ink of its own never gets here (books.intake.pdf_child). The rest
may be meant for a font of its own, or made to deceive, and a page may show more than its text: so the page is read as
well, each line is compared with what was read in its place, and what no line covers is taken from the reading.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Final

from PIL import Image
from rapidfuzz import fuzz

from books.errors import UnreadableImage
from books.intake.pdf import Glyph
from books.ocr.engines.base import Doubt, OcrEngine, OcrLine, OcrText, OcrWord
from books.ocr.engines.columns import Box
from books.ocr.engines.glyphs import printed_lines, share_turned
from books.ocr.engines.lines import in_reading_order, is_credible, lies_in, line_of, mean_confidence
from books.ocr.engines.runs import Edges
from books.ocr.image.ink import PageInk
from books.ocr.image.regions import find_regions
from books.ocr.image.shapes import BULLET, CHECKBOX, checkboxes, with_signs
from books.stored.regions import Region, RegionKind

# Characters that stand for no sign a person knows: private use, unassigned, replacement. A font's odd bullet is one.
MOST_STRANGE: Final = 0.02
# A line whose words were read with this confidence, and of which so much is another, says something else ...
SURE_CONFIDENCE, LEAST_LIKENESS = 75.0, 60.0
# ... and a layer of which more than this does is no good.
MOST_CONTRADICTED: Final = 0.15
# Print, by its ink, that neither the layer nor the reading covers; a word of the thousand of a page counts.
MOST_MISSING: Final = 0.003
# Lines whose digits were surely read as others, if they are most of those with digits: a font that names them wrongly.
LEAST_MISNAMED: Final = 3
# What could not be compared, by its characters; formulas and odd fonts make up less of a page.
MOST_UNCOMPARED: Final = 0.3
# All letters and digits of a line were read; a sign of which its font does not say what it is; what that may stand for.
SAME, UNKNOWN, LIGATURE = 100.0, "\ufffd", r"\w{1,3}"
# Dots around a character in which what is read is taken for it.
MARGIN: Final = 3


class BadTextLayer(UnreadableImage):
    """The layer does not hold what is seen on the page, which has to be read instead."""

    code = "bad_text_layer"


@dataclass(frozen=True, slots=True)
class Compared:
    """A line of the layer and the words that were read in its place. ``likeness`` is None where those tell nothing."""

    line: OcrLine
    words: tuple[OcrWord, ...]
    likeness: float | None

    @property
    def is_contradicted(self) -> bool:
        return self.likeness is not None and self.likeness < LEAST_LIKENESS

    @property
    def result(self) -> OcrLine:
        if self.is_contradicted:
            return line_of(self.words, self.line.block)
        confidence = mean_confidence(self.words) if self.likeness is None else self.likeness
        words = tuple(replace(word, confidence=confidence) for word in self.line.words)
        return replace(self.line, confidence=confidence, words=words)


class PdfTextLayer:
    """Made for one page: ``glyphs`` are the characters of its text that are seen, in pixels of the page as rendered,
    which was ``width`` wide; ``reader`` reads the page."""

    name = "pdf-text"

    def __init__(self, glyphs: Sequence[Glyph], width: int, reader: OcrEngine) -> None:
        self.glyphs = glyphs
        self.width = width
        self.reader = reader
        self.version = f"pdfium {version('pypdfium2')}"

    def read(self, image: Image.Image, *, is_upright: bool = True) -> OcrText:
        """``image`` is the page as rendered, at any scale, and never turned. The confidence is the likeness to what was
        read in the same places.

        Raises BadTextLayer.
        """
        ink = PageInk(image)
        if not self.glyphs and ink.is_blank:
            return OcrText("", 0.0, (), self.name, self.version)
        if ink.is_blank:
            raise BadTextLayer("The PDF's own text does not stand where the page's print is.")
        lines, others = self._lines(image)
        read = self.reader.read(image, is_upright=True)
        compared = _compared(lines, read.lines)
        _check_likeness(compared, read.text)
        results = with_signs(_merged(compared, read.lines, others, ink), checkboxes(ink), CHECKBOX)
        regions = find_regions(ink, results)
        missing = ink.missing([*(word.box for line in results for word in line.words), *others])
        return OcrText(
            "\n".join(line.text for line in results),
            mean_confidence(word for line in results for word in line.words),
            tuple(results),
            self.name,
            self.version,
            missing_ink=missing,
            doubts=(
                *_doubts(compared, results, missing, regions),
                *(doubt for doubt in read.doubts if doubt == Doubt.SPREAD),
            ),
            gutter=read.gutter,
            regions=regions,
        )

    def _lines(self, image: Image.Image) -> tuple[list[OcrLine], list[Box]]:
        scale = image.width / self.width
        glyphs = self.glyphs if scale == 1 else [_scaled(glyph, scale) for glyph in self.glyphs]
        if share_turned(glyphs) > 0.5:
            raise BadTextLayer("The PDF's own text stands sideways.")
        lines, others = printed_lines(glyphs)
        _check_signs(lines)
        return lines, [(int(left), int(top), int(right), int(bottom)) for left, top, right, bottom in others]


def _scaled(glyph: Glyph, scale: float) -> Glyph:
    def scaled(box: Edges) -> Edges:
        return box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale

    return replace(glyph, box=scaled(glyph.box), ink=scaled(glyph.ink), x=glyph.x * scale, y=glyph.y * scale)


def _check_signs(lines: Sequence[OcrLine]) -> None:
    signs = "".join(line.text for line in lines).replace(" ", "")
    strange = sum(sign == "\ufffd" or unicodedata.category(sign) in {"Co", "Cn", "Cs", "Cc"} for sign in signs)
    if not any(map(str.isalnum, signs)) or strange > MOST_STRANGE * len(signs):
        raise BadTextLayer("The PDF's own text is empty or made of signs that cannot be read.")


def _compared(lines: Sequence[OcrLine], read: Sequence[OcrLine]) -> list[Compared]:
    """Each word that was read belongs to the lowest of the lines that it lies in: a large letter's font reaches over
    others."""
    seen: dict[int, list[OcrWord]] = {}
    for word in (word for line in read for word in line.words):
        within = [at for at, line in enumerate(lines) if lies_in(word.box, [line.box], MARGIN)]
        if within:
            seen.setdefault(min(within, key=lambda at: lines[at].box[3] - lines[at].box[1]), []).append(word)
    return [_likened(line, tuple(seen.get(at, ()))) for at, line in enumerate(lines)]


def _likened(line: OcrLine, words: tuple[OcrWord, ...]) -> Compared:
    if UNKNOWN in line.text:
        line = line_of([_known(word, words, is_first=word is line.words[0]) for word in line.words], line.block)
    said, there = _bare(line.text), _bare("".join(word.text for word in words))
    likeness = fuzz.ratio(said, there) if said and there else 0.0
    tells = likeness >= LEAST_LIKENESS or (there and mean_confidence(words) >= SURE_CONFIDENCE)
    return Compared(line, words, likeness if said and tells else None)


def _known(word: OcrWord, read: Sequence[OcrWord], *, is_first: bool) -> OcrWord:
    """The word with what was read for signs of which its font does not say what they are, mostly ligatures, if the rest
    of it was read alike; a lone one before a line is its bullet."""
    if is_first and word.text == UNKNOWN:
        return replace(word, text=BULLET)
    there = "".join(each.text for each in read if lies_in(each.box, [word.box], MARGIN))
    pattern = LIGATURE.join(map(re.escape, word.text.split(UNKNOWN)))
    is_told = len(_bare(word.text)) > word.text.count(UNKNOWN) and re.fullmatch(pattern, there)
    return replace(word, text=there) if is_told else word


def _check_likeness(compared: Sequence[Compared], read: str) -> None:
    contradicted = sum(len(each.line.text) for each in compared if each.is_contradicted)
    if contradicted > MOST_CONTRADICTED * sum(len(each.line.text) for each in compared):
        raise BadTextLayer("The PDF's own text says something else than its page shows.")
    numbers = [_says_its_numbers(each) for each in compared if any(map(str.isdigit, _bare(each.line.text)))]
    if max(LEAST_MISNAMED, len(numbers) // 2 + 1) <= numbers.count(False):
        raise BadTextLayer("The PDF's own text says other numbers than its page shows.")
    script = _script("".join(each.line.text for each in compared))
    if _is_uncompared(compared) and script == _script(read) and not _is_unread(compared):
        raise BadTextLayer("The PDF's own text cannot be compared with its page.")


def _says_its_numbers(compared: Compared) -> bool:
    """Whether the line's digits are those that were read; also where too few or too many were read to tell."""
    sure = "".join(word.text for word in compared.words if word.confidence >= SURE_CONFIDENCE)
    said, there = ("".join(filter(str.isdigit, _bare(text))) for text in (compared.line.text, sure))
    return said == there or len(said) != len(there)


def _is_uncompared(compared: Sequence[Compared]) -> bool:
    uncompared = sum(len(each.line.text) for each in compared if each.likeness is None)
    return uncompared > MOST_UNCOMPARED * sum(len(each.line.text) for each in compared)


def _is_unread(compared: Sequence[Compared]) -> bool:
    """Whether what could be compared is right, and in place of the rest nothing was read, as of white print on a pale
    ground: it is seen, and the reading would leave it out."""
    agrees = any(each.likeness is not None for each in compared)
    return agrees and all(each.likeness is not None or not each.words for each in compared)


def _script(text: str) -> str:
    """That of most of its letters, as their names begin: LATIN, CYRILLIC, DEVANAGARI."""
    scripts = Counter(unicodedata.name(sign, "").partition(" ")[0] for sign in text if sign.isalpha())
    return scripts.most_common(1)[0][0] if scripts else ""


def _doubts(
    compared: Sequence[Compared], results: Sequence[OcrLine], missing: float, regions: Iterable[Region]
) -> Iterator[Doubt]:
    # A formula of several lines, as with fractions, is none that its lines say one after the other.
    stacked = any(
        each.kind == RegionKind.FORMULA and sum(lies_in(line.box, [each.box]) for line in results) > 1
        for each in regions
    )
    if missing > MOST_MISSING or stacked or any(UNKNOWN in line.text for line in results):
        yield Doubt.MISSING
    is_unread = _is_uncompared(compared) and _is_unread(compared)
    if is_unread or any(each.is_contradicted for each in compared):
        yield Doubt.CONTRADICTED
    if _is_uncompared(compared) and not is_unread:
        yield Doubt.UNREADABLE_SCRIPT


def _merged(
    compared: Sequence[Compared], read: Iterable[OcrLine], others: Sequence[Box], ink: PageInk
) -> list[OcrLine]:
    """The layer's lines, and what was read where the layer has nothing: text in pictures, in the fields of a form, in
    what was drawn. What was read as the end or beginning of a line becomes that."""
    lines = [each.result for each in compared]
    # Of a line that was read to the letter no word is left, though the place of one may be a little off.
    same = [each.line.box for each in compared if each.likeness == SAME]
    covered = [*(word.box for line in lines for word in line.words), *others]
    rows = [line.box for line in lines]
    alone = []
    for line in read:
        words = [
            word
            for word in line.words
            if word.text != CHECKBOX
            and not lies_in(word.box, covered if _bare(word.text) else rows, MARGIN)
            and not (_bare(word.text) and (lies_in(word.box, same) or _is_overlaid(word.box, covered)))
        ]
        left = line_of(words, line.block) if words else None
        if left is None or not (is_credible(left) or ink.has_print(left.box)):
            continue
        at = _of_the_same_line(lines, line, left)
        if at is None:
            alone.append(left)
        else:
            pair = sorted((lines[at], left), key=lambda part: part.box[0])
            together = line_of([*pair[0].words, *pair[1].words], lines[at].block)
            lines[at] = replace(together, text=f"{pair[0].text} {pair[1].text}")
    return in_reading_order(lines, alone)


def _is_overlaid(box: Box, covered: Iterable[Box]) -> bool:
    """Whether most of the box lies on words, as if its middle were between two."""
    level = [each for each in covered if each[1] < (box[1] + box[3]) / 2 < each[3]]
    return 2 * sum(max(0, min(box[2], each[2]) - max(box[0], each[0])) for each in level) > box[2] - box[0]


def _of_the_same_line(lines: Sequence[OcrLine], read: OcrLine, left: OcrLine) -> int | None:
    """The place of the line of which the other words of ``read`` are, if ``left`` stands before or after it."""
    for at, line in enumerate(lines):
        is_beside = left.box[0] >= line.box[2] or left.box[2] <= line.box[0]
        if is_beside and any(lies_in(word.box, [line.box], MARGIN) for word in read.words if word not in left.words):
            return at
    return None


def _bare(text: str) -> str:
    """Letters and digits, raised and lowered ones too."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())
