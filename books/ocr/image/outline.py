"""The outline of a page that was photographed on a darker ground, by which it is put upright and flat.

Imports neither Django nor a vendor's SDK.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from books.ocr.image.ink import PageInk
from books.ocr.image.spots import ranked
from books.stored.cut import Corners, corners_of

Shades = NDArray[Any]
# The outline is looked for on a copy of this long side, with print closed by a window wider than a heading's strokes.
SIDE, WINDOW = 480, 11
# The ground is what the picture's edge is on at least so many sides, and clearly darker than the paper.
SIDES, RING, GROUND, PAPER = 3, 4, 1.3, 0.72
# The page is so much of the picture, and fills its four corners as far as it does where its edges are curved.
LEAST_PAGE, FILL = 0.25, 0.9
# Sides lean no further, as the sine; a page seen from farther aside is not to be read anyway.
MOST_LEAN: Final = 0.45
# So much print beside the page is its own: a coloured band, not a table.
PRINT_BESIDE: Final = 8


def page_corners(image: Image.Image) -> Corners | None:
    """The corners of the page, in shares of the sides; None where it fills the picture or its outline does not tell."""
    small = np.asarray(image.reduce(max(1, max(image.size) // SIDE)))
    paper = cv2.medianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((WINDOW, WINDOW), dtype=np.uint8)), 5)
    edges = [ranked(edge, 60) for edge in (paper[:RING], paper[-RING:], paper[:, :RING], paper[:, -RING:])]
    ground = GROUND * sorted(edges)[SIDES - 1]
    if ground > PAPER * ranked(paper, 90):
        return None
    bright = cv2.morphologyEx((paper > ground).astype(np.uint8), cv2.MORPH_OPEN, np.ones((WINDOW, WINDOW), np.uint8))
    outlines, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    largest = max(outlines, key=cv2.contourArea, default=None)
    if largest is None or cv2.contourArea(largest) < LEAST_PAGE * bright.size:
        return None
    corners = _four(largest)
    if corners is None or cv2.contourArea(largest) < FILL * cv2.contourArea(corners):
        return None
    shares = (corners + 0.5) / bright.shape[::-1]
    return None if _has_print_beside(image, shares) else corners_of(shares)


def _four(outline: Shades) -> NDArray[np.float32] | None:
    """Its four corners, from the top left clockwise; None where it has not four."""
    hull = cv2.convexHull(outline)
    for tolerance in np.arange(0.01, 0.08, 0.005):
        corners = cv2.approxPolyDP(hull, tolerance * cv2.arcLength(hull, closed=True), closed=True)
        if len(corners) <= 4:
            break
    if len(corners) != 4:
        return None
    points = corners.reshape(4, 2).astype(np.float32)
    by_sum, by_difference = points.sum(axis=1), np.diff(points, axis=1).ravel()
    order = [by_sum.argmin(), by_difference.argmin(), by_sum.argmax(), by_difference.argmax()]
    found = points[order]
    sides = np.roll(found, -1, axis=0) - found
    lean = np.abs(sides[[0, 1, 2, 3], [1, 0, 1, 0]]) / np.linalg.norm(sides, axis=1).clip(1)
    return found if len(set(order)) == 4 and lean.max() < MOST_LEAN else None


def _has_print_beside(image: Image.Image, corners: Shades) -> bool:
    """Whether print, dark or light, stands beside the page."""
    inside = np.asarray(image).copy()
    cv2.fillConvexPoly(inside, np.round(corners * image.size).astype(np.int32), int(np.median(inside[0])))
    return any(
        len(PageInk(Image.fromarray(shades)).print) >= PRINT_BESIDE for shades in (inside, cv2.bitwise_not(inside))
    )
