"""PDFs of one sample page: its print or its scan, and whatever text layer a test wants under it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from tests.ocr import provoking

FONTS = {"HR": "Helvetica", "HB": "Helvetica-Bold", "SR": "Times-Roman", "XX": "Times-Roman"}
# Each character becomes one of the private use area, as with fonts of a publisher's own.
PRIVATE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /P def /CMapType 2 def
1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange <20> <FF> <E000> endbfrange endcmap end end"""
# Each letter said to be another.
NEXT = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /P def /CMapType 2 def
1 begincodespacerange <00> <FF> endcodespacerange 3 beginbfrange
<20> <60> <0020> <61> <71> <006A> <72> <7A> <0061> endbfrange endcmap end end"""
INVISIBLE = 3


def drawn(number: int) -> list[list]:
    """Each line of a page: x, y (points, from the lower left), font, size, text."""
    return provoking.DRAWN[number - 1]["lines"]


def book_page(
    lines: Sequence[list],
    *,
    scan: int = 0,
    private: bool = False,
    shifted: bool = False,
    shifted_line: int = -1,
    visible: bool = True,
) -> bytes:
    """A PDF with one page of 420 x 595 points: the scan of page ``scan`` (0: none) and the lines on top of it.

    What stands behind a tab in a line is bold. With ``shifted``, or in ``shifted_line``, the text says other signs than
    those that are printed.
    """
    page = provoking.sample(scan) if scan else None
    content = b"q 420 0 0 595 0 0 cm /Scan Do Q\n" if page else b""
    for at, (x, y, font, size, text) in enumerate(lines):
        font = "XX" if at == shifted_line else font  # noqa: PLW2901
        content += b"BT %d Tr %g %g Td " % (0 if visible else INVISIBLE, x, y)
        for part, face in zip(text.split("\t"), (font, "HB"), strict=False):
            content += b"/%s %g Tf <%s> Tj " % (face.encode(), size, part.encode("cp1252", "replace").hex().encode())
        content += b"ET\n"
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 420 595]>>",
        3: b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<<%s>>%s>>>>"
        % (
            b"".join(b"/%s %d 0 R" % (name.encode(), at) for at, name in enumerate(FONTS, start=10)),
            b"/XObject<</Scan 5 0 R>>" if page else b"",
        ),
        4: _stream(b"", content),
        6: _stream(b"", PRIVATE if private else NEXT),
    }
    for at, base in enumerate(FONTS.values(), start=10):
        unicode = b"/ToUnicode 6 0 R" if private or shifted or at == 10 + len(FONTS) - 1 else b""
        objects[at] = b"<</Type/Font/Subtype/Type1/BaseFont/%s/Encoding/WinAnsiEncoding%s>>" % (base.encode(), unicode)
    if page:
        kind = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8" % page.size
        objects[5] = _stream(kind + b"/Filter/FlateDecode", zlib.compress(page.tobytes(), 1))
    body = b"".join(b"%d 0 obj%s endobj\n" % pair for pair in objects.items())
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF\n"


def painted(content: bytes, size: float = 14) -> bytes:
    """A PDF with one page of 420 x 595 points; /F1 is Helvetica, and the optional content /Off is switched off."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]>>>>>>",
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 420 595]>>",
        3: b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>/Properties<</Off 6 0 R>>>>>>",
        4: _stream(b"", b"/F1 %g Tf " % size + content),
        5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        6: b"<</Type/OCG/Name(Answers)>>",
    }
    body = b"".join(b"%d 0 obj%s endobj\n" % pair for pair in objects.items())
    return b"%PDF-1.5\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF\n"


def _stream(entries: bytes, content: bytes) -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(content), content)
