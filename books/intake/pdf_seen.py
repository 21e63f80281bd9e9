"""Tells which characters of a PDF page have ink of their own, in a box: they are left out and the pictures compared."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any

from PIL import Image, ImageChops
from pypdfium2 import raw

POINTS_PER_INCH = 72
SPACE = 32
# At this resolution each character still has a dot of its own; a step of shade that is no rounding.
SEEN_DPI, LEAST_CHANGE = 100, 20
# The same sign painted again stands so near, as a share of its height, and is looked for in squares of so many dots;
# text is painted again if more of its signs than this are.
COPY_OFF, SQUARE, MOSTLY = 0.1, 5, 0.8
# Text that is seen by what is painted through it alone, and of what is below it so much at the most, at its edges.
THROUGH, MOST_LEFT = raw.FPDF_TEXTRENDERMODE_CLIP, 0.12
# Text that overlaps more often than this is no print, and forms in forms are no deeper.
MOST_TURNS, MOST_DEPTH = 6, 8


def owners_of(found: list[tuple[int, list[Any]]]) -> tuple[dict[int, list[list[Any]]], dict[int, set[int]]]:
    """The characters of each text object by its address, without those of text that is painted again; and for each
    object the others that paint it again."""
    owners: dict[int, list[tuple[list[Any], int]]] = {}
    places: dict[tuple[int, int, int], list[tuple[int, list[Any]]]] = {}
    for owner, each in reversed(found):  # what is painted last lies on top
        code, column, row = each[0], int(each[9] // SQUARE), int(each[10] // SQUARE)
        near = [(code, column + x, row + y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
        off = COPY_OFF * (each[4] - each[2])
        tops = (top for place in near for top in places.get(place, ()) if top[0] != owner)
        top = next((top for top, one in tops if max(abs(one[9] - each[9]), abs(one[10] - each[10])) < off), 0)
        places.setdefault(near[4], []).append((owner, each))
        owners.setdefault(owner, []).insert(0, (each, top))
    left: dict[int, list[list[Any]]] = {}
    copies: dict[int, set[int]] = {}
    for owner, signs in owners.items():
        # Letters of other text may stand there by chance.
        is_again = sum(top > 0 for _, top in signs) > MOSTLY * len(signs)
        if own := [each for each, top in signs if not (is_again and top)]:
            left[owner] = own
        for top in {top for _, top in signs if is_again and top}:
            copies.setdefault(top, set()).add(owner)
    return left, copies


def visible(
    page: Any, owners: dict[int, list[list[Any]]], copies: dict[int, set[int]], scale: float, fineness: float
) -> Callable[[list[Any]], bool]:
    """Tells of a character whether it has ink of its own: whether the picture changes there when its text is left out.

    Text that overlaps is left out by turns. What is invisible, of its ground's colour, covered, cut off or on a layer
    that is switched off makes no difference, whatever else stands there. ``fineness`` is the picture's dots a point.
    """
    if not owners:
        return lambda _: False
    shrunk = min(1.0, SEEN_DPI / POINTS_PER_INCH / fineness)
    objects = dict(text_objects(page))
    # What PDFium takes for the same text painted twice has no characters; it would hide that the other is left out.
    again = {address for each in copies.values() for address in each}
    activate([each for address, each in objects.items() if address not in owners.keys() | again], is_active=False)

    def shown() -> Any:
        return page.render(scale=scale * shrunk).to_pil().convert("RGB")

    whole = shown()
    seen: set[int] = set()
    for turn in turns(owners, whole.size, shrunk):
        out = {each for address in turn for each in (address, *copies.get(address, ()))}
        chosen = [objects[address] for address in out if address in objects]
        activate(chosen, is_active=False)
        change = difference(whole, shown())
        activate(chosen, is_active=True)
        for address in turn:
            signs = [each for each in owners[address] if each[0] != SPACE]
            seen.update(id(each) for each in owners[address] if each[0] == SPACE)
            seen.update(map(id, bridged(signs, [is_inked(change, each, shrunk) for each in signs])))
    through = [address for address in owners if raw.FPDFTextObj_GetTextRenderMode(objects.get(address)) == THROUGH]
    if through:
        texts = [objects[address] for address in through]
        below = difference(filled(page, texts, scale, 0), filled(page, texts, scale, 255), least=128)
        cut_out = [each for address in through for each in owners[address]]
        seen.update(id(each) for each in cut_out if is_painted(whole, below, each, shrunk))
    return lambda character: id(character) in seen


def filled(page: Any, through: list[Any], scale: float, shade: int) -> Any:
    """The page with the text of this shade below what is painted through it."""
    for each in through:
        raw.FPDFTextObj_SetTextRenderMode(each, raw.FPDF_TEXTRENDERMODE_FILL)
        raw.FPDFPageObj_SetFillColor(each, shade, shade, shade, 255)
    picture = page.render(scale=scale).to_pil().convert("RGB")
    for each in through:
        raw.FPDFTextObj_SetTextRenderMode(each, THROUGH)
    return picture


def is_painted(whole: Any, below: Any, sign: list[Any], shrunk: float) -> bool:
    """Whether something is drawn where the sign is, and nothing but that."""
    shades, uncovered = whole.crop(dots(sign, shrunk)).getextrema(), below.crop(dots(sign, 1.0))
    is_drawn = max(high - low for low, high in shades) >= LEAST_CHANGE
    is_covered: bool = uncovered.histogram()[255] < MOST_LEFT * uncovered.width * uncovered.height
    return sign[0] == SPACE or (is_drawn and is_covered)


def turns(owners: dict[int, list[list[Any]]], size: tuple[int, int], scale: float) -> list[list[int]]:
    """Groups of text objects none of which overlaps another of its group; what fits into no group is in none."""
    groups: list[tuple[Any, list[int]]] = []
    for address, characters_of_one in owners.items():
        boxes = [dots(each, scale, inwards=1) for each in characters_of_one]
        boxes = [box for box in boxes if box[0] < box[2] and box[1] < box[3]]
        free = [group for group in groups if not any(group[0].crop(box).getbbox() for box in boxes)]
        if not free and len(groups) == MOST_TURNS:
            continue
        if not free:
            free.append((Image.new("1", size), []))
            groups += free
        taken, members = free[0]
        members.append(address)
        for box in boxes:
            taken.paste(1, box)
    return [members for _, members in groups]


def dots(character: list[Any], scale: float, inwards: int = 0) -> tuple[int, int, int, int]:
    left, top, right, bottom = (edge * scale for edge in character[5:9])
    return int(left) + inwards, int(top) + inwards, int(right) + 1 - inwards, int(bottom) + 1 - inwards


def is_inked(change: Any, sign: list[Any], scale: float) -> bool:
    """Whether most of a sign changes: one that is not seen itself may still cover a bit of another. Of a font of
    drawings nobody knows where its ink is."""
    place = dots(sign, scale)
    left, top, right, bottom = change.crop(place).getbbox() or (0, 0, 0, 0)
    if sign[1:5] == sign[5:9]:
        return right > left
    return 2 * (right - left) >= max(1, place[2] - place[0] - 2) and 2 * (bottom - top) >= place[3] - place[1] - 2


def difference(one: Any, other: Any, least: int = LEAST_CHANGE) -> Any:
    """White where any of the colours changes, black elsewhere."""
    red, green, blue = ImageChops.difference(one, other).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return most.point([255 * (shade >= least) for shade in range(256)])


def bridged(signs: list[Any], is_seen: list[bool]) -> list[Any]:
    """Those that are seen, and one or two between two that are: the stroke of a stamp may lie on them."""
    for at in range(1, len(signs) - 1):
        if not is_seen[at] and is_seen[at - 1] and any(is_seen[at + 1 : at + 3]):
            is_seen[at] = True
    return [sign for sign, seen in zip(signs, is_seen, strict=True) if seen]


def activate(objects: list[Any], *, is_active: bool) -> None:
    for each in objects:
        raw.FPDFPageObj_SetIsActive(each, is_active)


def text_objects(page: Any) -> Iterator[tuple[int, Any]]:
    """Pairs of address and object, also of what stands in forms inside of the page."""
    waiting = [(raw.FPDFPage_GetObject(page, at), 0) for at in range(raw.FPDFPage_CountObjects(page))]
    while waiting:
        each, depth = waiting.pop()
        kind = raw.FPDFPageObj_GetType(each)
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            yield ctypes.cast(each, ctypes.c_void_p).value or 0, each
        elif kind == raw.FPDF_PAGEOBJ_FORM and depth < MOST_DEPTH:
            inside = range(raw.FPDFFormObj_CountObjects(each))
            waiting += [(raw.FPDFFormObj_GetObject(each, at), depth + 1) for at in inside]
