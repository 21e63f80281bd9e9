"""Which release this is, and of which commit; without Django, since gunicorn's workers answer /health before it."""

from __future__ import annotations

import json
from typing import Final

from bookpipeline.environment import env

VERSION: Final = "0.1.0"
UNKNOWN: Final = "unknown"
COMMIT: Final = env.str("COMMIT", default=UNKNOWN)
HEALTH: Final = json.dumps({"status": "ok", "version": VERSION, "commit": COMMIT}).encode()
