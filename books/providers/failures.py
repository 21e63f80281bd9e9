"""What a server's refusal means: whose fault it is, whether waiting helps, and what a person is told.

Imports neither Django nor a vendor's SDK.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from books.errors import AccountRefused, ProviderError, ProviderRejected, ProviderUnavailable, RateLimited

LONGEST_MESSAGE = 300
# A provider that says "wait no time at all" is asked again after this long, in seconds.
LEAST_WAIT = 1.0
# Full for calls of the slower tier, which have room again later.
NO_ROOM_WAIT = 60.0
PASSING = {408, 409, 423, 425, 429, 498}
ACCOUNT_STATUS = {401, 402, 403, 404, 405}
MONEY = re.compile(r"insufficient|quota|balance|credit|billing|payment|spend(ing)? limit|arrears|funds", re.IGNORECASE)
KEY_OR_MODEL = re.compile(
    r"(invalid|incorrect|missing|expired|revoked)\W+(api\W+)?(key|token|credential)|key\W+(is\W+)?(not\W+valid|invalid|expired)"
    r"|max_(completion_)?tokens\W.{0,40}(too large|at most)|not support.{0,20}(image|vision)|image.{0,40}not supported"
    r"|image_url.{0,20}only supported|model\W+(not\W+found|does\W+not\W+exist|is\W+not\W+(available|supported))"
    r"|unknown\W+model|(deployment|model)notfound|no\W+access|permission|not\W+authorized|deactivated"
    r"|unsupported_country",
    re.IGNORECASE,
)
CONTENT = re.compile(r"content.?(filter|policy|management)|moderation|flagged|responsible.?ai|safety", re.IGNORECASE)
TOO_LONG = re.compile(
    r"context.?(length|window)|too (long|large|many tokens)|maximum.{0,20}(length|tokens)", re.IGNORECASE
)
PER_MINUTE = re.compile(r"per.?(minute|second|day)|rate.?limit", re.IGNORECASE)
NO_ROOM = re.compile(r"resource.?unavailable|no capacity|capacity exceeded", re.IGNORECASE)
IN_WORDS = re.compile(r"(?:try again|retry)\D{0,20}?(\d+(?:\.\d+)?)\s*(ms|s|m)\b", re.IGNORECASE)
WEB_PAGE = "a web page came instead of an answer"
SCALES = {"ms": 0.001, "s": 1.0, "m": 60.0}


def failure(status: int, body: Any, headers: Mapping[str, str], text: str = "") -> ProviderError:
    """The error that an answer of ``status`` means; ``body`` is its JSON where it had one, ``text`` what it was."""
    is_page = text.lstrip().startswith("<")
    said = WEB_PAGE if is_page else sentence_of(body) or text[:LONGEST_MESSAGE].strip()
    words = words_of(body) if not is_page else ""
    if CONTENT.search(words) and status in {400, 403, 422}:
        return ProviderRejected(f"The provider refused this content ({status}): {said}")
    wait = wait_named(headers, said)
    if _is_about_the_account(status, words, wait):
        return AccountRefused(f"The provider refuses our account ({status}): {said}")
    if TOO_LONG.search(words) and status in {400, 413, 422}:
        return ProviderRejected(f"This is too long for the model ({status}): {said}")
    if status == 429:
        no_room = NO_ROOM_WAIT if NO_ROOM.search(words) else None
        return RateLimited("The provider limits our calls for now.", retry_after=wait or no_room)
    if status >= 500 or status in PASSING:
        return ProviderUnavailable(f"The provider did not answer ({status}). {said}".strip())
    return ProviderRejected(f"The provider refused the call ({status}): {said}")


def _is_about_the_account(status: int, words: str, wait: float | None) -> bool:
    """A quota that a provider has by the minute, with a time to wait, is a rate limit."""
    if status == 429:
        is_short = wait is not None and "insufficient" not in words
        return bool(MONEY.search(words)) and not (is_short or PER_MINUTE.search(words))
    return status in ACCOUNT_STATUS or (status in {400, 422} and bool(KEY_OR_MODEL.search(words)))


def sentence_of(body: Any) -> str:
    """The provider's own words in the many places where servers put them; "" where there are none."""
    if isinstance(body, str):
        return " ".join(body.split())[:LONGEST_MESSAGE]
    if isinstance(body, list):
        return "; ".join(filter(None, map(sentence_of, body)))[:LONGEST_MESSAGE]
    if not isinstance(body, dict):
        return ""
    if isinstance(body.get("loc"), list) and "msg" in body:
        return f"{'.'.join(map(str, body['loc']))}: {body['msg']}"[:LONGEST_MESSAGE]
    places = ("error", "message", "detail", "msg", "error_description", "title", "errors")
    return next((said for place in places if (said := sentence_of(body.get(place)))), "")


def words_of(body: Any) -> str:
    """The provider's sentence with its codes, in which what is meant is looked for."""
    inner = body.get("error") if isinstance(body, dict) else None
    both = [each for each in (body, inner) if isinstance(each, dict)]
    codes = [str(each.get(name) or "") for each in both for name in ("code", "type", "param")]
    return " ".join([*codes, sentence_of(body)])


def wait_named(headers: Mapping[str, str], said: str = "") -> float | None:
    """Seconds, at least LEAST_WAIT, as the provider names them; None where it does not."""
    named = _in_headers({name.casefold(): value for name, value in headers.items()})
    if named is None and (found := IN_WORDS.search(said)):
        named = float(found[1]) * SCALES[found[2].casefold()]
    return None if named is None else max(LEAST_WAIT, named)


def _in_headers(headers: Mapping[str, str]) -> float | None:
    """retry-after-ms is finer where a provider sends it; retry-after may be a date."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return float(headers[name]) * scale
        except (KeyError, ValueError):
            continue
    try:
        until = parsedate_to_datetime(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
