"""Parts of a scan: the halves of a spread, and where the corners of a picture lie on what it was made of.

Imports neither Django nor a vendor's SDK.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from books.ocr.image.ink import Box
from books.stored.cut import WHOLE, Corners, Cut, corners_of


def halves(cut: Cut) -> tuple[Corners, Corners]:
    """The left and the right page of a spread, on its scan."""
    left: Corners = (WHOLE[0], (cut.top, 0.0), (cut.bottom, 1.0), WHOLE[3])
    right: Corners = ((cut.top, 0.0), WHOLE[1], WHOLE[2], (cut.bottom, 1.0))
    return within(cut.corners, left), within(cut.corners, right)


def within(outer: Corners, inner: Corners) -> Corners:
    """``inner``, in shares of a picture whose corners are ``outer``, in shares of what that lies on."""
    found = cv2.perspectiveTransform(np.array([inner]), _between(WHOLE, outer))[0]
    return corners_of(found)


def before_turn(corners: Corners, degrees: int) -> Corners:
    """Where they lay before the picture was turned clockwise by 0, 90, 180 or 270 degrees."""
    for _ in range(degrees // 90):
        corners = tuple((y, 1 - x) for x, y in corners)  # type: ignore[assignment]
    return corners


def box_of(corners: Corners, size: tuple[int, int]) -> Box | None:
    """The part in pixels of a scan of that size; None where it is no upright rectangle."""
    (left, top), right, bottom, last = ((round(x * size[0]), round(y * size[1])) for x, y in corners)
    box = left, top, *bottom
    return box if (right, last) == ((box[2], top), (left, box[3])) and left < box[2] and top < box[3] else None


def part_of(scan: Image.Image, corners: Corners) -> Image.Image:
    """The part between the corners made a rectangle, as large as it is on the scan."""
    if box := box_of(corners, scan.size):
        return scan.crop(box)
    on_scan: Any = [(x * scan.width, y * scan.height) for x, y in corners]
    sides = np.linalg.norm(np.subtract(on_scan, np.roll(on_scan, -1, axis=0)), axis=1)
    width, height = (max(1, round(float(side))) for side in (sides[[0, 2]].max(), sides[[1, 3]].max()))
    move = _between(on_scan, tuple((x * width, y * height) for x, y in WHOLE))  # type: ignore[arg-type]
    part = cv2.warpPerspective(
        np.asarray(scan), move, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return Image.fromarray(part)


def _between(these: Corners, those: Corners) -> NDArray[Any]:
    one, other = np.array(these, dtype=np.float32), np.array(those, dtype=np.float32)
    return cv2.getPerspectiveTransform(one, other)
