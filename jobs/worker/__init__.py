"""Worker clusters under supervision: nothing hangs unnoticed, nothing is left behind."""

from __future__ import annotations
