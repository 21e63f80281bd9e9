"""Opens one PDF and answers one question about it, in a box: PDFium is C++ that reads hostile files."""

from __future__ import annotations

from typing import Any, BinaryIO

import pypdfium2
from PIL import PngImagePlugin  # noqa: F401 - in a box nothing can be loaded any more

POINTS_PER_INCH = 72
PASSWORD_ERROR = 4  # FPDF_ERR_PASSWORD
FINENESS = 100_000  # PDFium places points on whole dots only


def answer(request: dict[str, Any], data: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """The header, and a PNG for "render"; a header with "error" says why there is none."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        return {"error": "password" if error.err_code == PASSWORD_ERROR else "malformed"}, b""
    pages = len(document)
    if request["task"] == "count":
        return count(document, pages, request), b""
    if not 0 <= request["index"] < pages:
        return {"error": "page", "page": request["index"] + 1}, b""
    return render(document, request)


def count(document: Any, pages: int, request: dict[str, Any]) -> dict[str, Any]:
    """The number of pages and each one's size in points, unless there are more than may be asked about."""
    from pypdfium2 import PdfiumError

    sizes = []
    for index in range(min(pages, request["most_pages"])):
        try:
            sizes.append(document.get_page_size(index))
        except PdfiumError:
            return {"error": "page", "page": index + 1}
    return {"pages": pages, "sizes": sizes}


def render(document: Any, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """One page as a PNG, at a smaller scale where the one asked for needs too many pixels, and its text layer."""
    import io

    from pypdfium2 import PdfiumError

    try:
        page = document[request["index"]]
    except PdfiumError:
        return {"error": "page", "page": request["index"] + 1}, b""
    width, height = page.get_size()
    scale = min(request["dpi"] / POINTS_PER_INCH, (request["most_pixels"] / (width * height)) ** 0.5)
    picture = page.render(scale=scale, rev_byteorder=True).to_pil()
    encoded = io.BytesIO()
    dpi = round(scale * POINTS_PER_INCH)
    picture.save(encoded, "PNG", compress_level=1, dpi=(dpi, dpi))
    return {"pieces": text_layer(page, request["most_characters"])}, encoded.getvalue()


def text_layer(page: Any, most: int) -> list[tuple[str, float, float, float, float]]:
    """The pieces of text in the file's order, each with left, top, right and bottom in shares of the rendered page."""
    text = page.get_textpage()
    if not 0 < text.count_chars() <= most:
        return []
    pieces = []
    for index in range(text.count_rects()):
        box = text.get_rect(index)
        left, bottom = on_page(page, box[0], box[1])
        right, top = on_page(page, box[2], box[3])
        edges = min(left, right), min(top, bottom), max(left, right), max(top, bottom)
        pieces.append((text.get_text_bounded(*box), *edges))
    return pieces


def on_page(page: Any, x: float, y: float) -> tuple[float, float]:
    """A point of the file's own coordinates, which a page may turn and cut, in shares of the page as rendered."""
    import ctypes

    from pypdfium2 import raw

    column, row = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, FINENESS, FINENESS, 0, x, y, column, row)
    return column.value / FINENESS, row.value / FINENESS
