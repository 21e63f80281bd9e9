"""Signatures as Standard Webhooks has them, so that receivers can use its libraries. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(secret: str, number: str, moment: int, body: bytes) -> dict[str, str]:
    """``number`` is the same for every try of one event; ``moment`` in seconds since 1970 guards against replays."""
    return {
        "webhook-id": number,
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,{_signature(secret, number, moment, body)}",
    }


def _signature(secret: str, number: str, moment: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{number}.{moment}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
