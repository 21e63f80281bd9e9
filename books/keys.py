"""Names that are made from what they name: slugs, and fingerprints that are equal exactly when their input is. Pure."""

from __future__ import annotations

import hashlib
import json
import re


def slug(text: str) -> str:
    """Small letters and digits of any script, a hyphen for whatever is between them."""
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-")


def fingerprint(*parts: object) -> str:
    """A sha256 over the JSON of ``parts``."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
