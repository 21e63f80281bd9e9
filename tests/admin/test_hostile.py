"""Every address with values that nobody sends by mistake: 0 answers of 5xx, and nothing opens that way.

What an address reads is found where it is written: names of fields in the module of its view, of the API in its own
document. Everything is asked as an administrator, who gets furthest, and rolled back.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import resolve

from books.api.application import api
from tests.admin.addresses import API, DJANGOS, EVERY, PLAIN, SCREENS, Address
from tests.admin.visits import outcome, url_of

HUGE = "9" * 30
LONG = "9" * 5000  # more digits than Python turns into a number
# All names of an address at once with each of these, and each name alone with the first.
TEXTS = [HUGE, "²", LONG, "\0"]
SAID = [10**30, 2**31, -1, 1e300, "\0", "\ud800", [10**30], {HUGE: 10**30}]
BODIES = [b"", b"null", b"[]", b"{", b"[" * 100_000, LONG.encode(), b"NaN", b"\xff"]
TYPES = ["text/plain", "application/json; charset=utf-16", "application/json; charset=none-such"]
FORMS = [
    "multipart/form-data",
    "multipart/form-data; boundary=" + "b" * 300,
    "multipart/form-data; boundary=b; charset=none-such",
    "application/x-www-form-urlencoded; charset=utf-7",
]


class Asked:
    """Sends one after the other and remembers which were answered with 5xx."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.client.raise_request_exception = False
        self.wrong: list[str] = []

    def send(self, what: str, method: str, url: str, data: Any = None, **more: Any) -> None:
        """A form's values or, where ``content_type`` is said, a text; bytes go as they are."""
        with transaction.atomic():
            if isinstance(data, bytes):
                response = self.client.generic(method.upper(), url, data, **more)
            else:
                response = getattr(self.client, method)(url, data, **more)
            if response.streaming:
                response.getvalue()
            if response.status_code >= 500:
                self.wrong.append(f"{what}: {response.status_code}")
            transaction.set_rollback(True)

    def none_failed(self) -> None:
        assert not self.wrong, "\n".join(self.wrong)


@pytest.fixture
def asked(people) -> Asked:
    return Asked(people["a"])


@cache
def fields_of(module: str, method: str) -> tuple[str, ...]:
    """The names that its source reads of a form or a query: of one or the other, where it says of which."""
    source = inspect.getsource(sys.modules[module])
    other = "POST" if method == "get" else "GET"
    found = re.findall(r"(\w*)\.get(?:list)?\(\"(\w+)\"", source)
    return tuple(sorted({name for of, name in found if of not in {other, "headers", "META", "kwargs"}}))


def read_by(address: Address, facts: dict[str, Any]) -> tuple[str, ...]:
    return fields_of(resolve(url_of(address, facts)).func.__module__, address.method)


def known(address: Address, facts: dict[str, Any]) -> dict[str, Any]:
    return {name: facts.get(value, value) if isinstance(value, str) else value for name, value in address.data.items()}


def test_numbers_in_addresses(asked, facts):
    for address in EVERY:
        wrong = {name: HUGE for name in address.args.split() if isinstance(facts.get(name), int)}
        for name in wrong:
            url = url_of(address, facts | {name: HUGE})
            if address.space == "api-1:" and address.method != "get":
                data = json.dumps(known(address, facts))
                asked.send(f"{address} {name}", address.method, url, data, content_type="application/json")
            else:
                asked.send(f"{address} {name}", address.method, url)
    asked.none_failed()


def test_values_in_queries(asked, facts):
    for address in (*SCREENS, *DJANGOS, *PLAIN):
        if address.method == "get":
            names = (*read_by(address, facts), "p", "q", "o", "e", "id__exact")
            for value in TEXTS:
                asked.send(f"{address} {value!r:.9}", "get", url_of(address, facts), dict.fromkeys(names, value))
            for name in read_by(address, facts):
                asked.send(f"{address} {name}", "get", url_of(address, facts), {name: HUGE})
    asked.none_failed()


def test_values_in_forms(asked, facts):
    for address in SCREENS:
        if address.method == "post" and "file" not in address.data:
            url, base, names = url_of(address, facts), known(address, facts), read_by(address, facts)
            for value in TEXTS:
                asked.send(f"{address} {value!r:.9}", "post", url, base | dict.fromkeys(names, value))
            for name in names:
                asked.send(f"{address} {name}", "post", url, base | {name: HUGE})
    asked.none_failed()


# ---- the API ---------------------------------------------------------------------------------------------------------


@cache
def document() -> dict[str, Any]:
    return api.get_openapi_schema()


def operation_of(address: Address, facts: dict[str, Any]) -> dict[str, Any]:
    match = resolve(url_of(address, facts))
    route = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", match.route)
    return document()["paths"][f"/{route}"][address.method]


def properties(schema: dict[str, Any]) -> Iterator[str]:
    for each in (schema, *schema.get("anyOf", []), *schema.get("allOf", [])):
        yield from each.get("properties", {})
        if "$ref" in each:
            yield from properties(document()["components"]["schemas"][each["$ref"].rpartition("/")[2]])


def test_values_in_queries_of_the_api(asked, facts):
    for address in API:
        names = [each["name"] for each in operation_of(address, facts).get("parameters", []) if each["in"] == "query"]
        for name in names:
            for value in TEXTS:
                asked.send(f"{address} {name}={value!r:.20}", "get", url_of(address, facts), {name: value})
    asked.none_failed()


def test_values_in_bodies_of_the_api(asked, facts):
    for address in API:
        body = operation_of(address, facts).get("requestBody", {}).get("content", {}).get("application/json")
        for name in properties(body["schema"]) if body else ():
            for value in SAID:
                data = json.dumps(known(address, facts) | {name: value})
                what = f"{address} {name}={value!r:.20}"
                asked.send(what, address.method, url_of(address, facts), data, content_type="application/json")
    asked.none_failed()


def test_bodies_and_encodings(asked, facts):
    for address in EVERY:
        url, is_api = url_of(address, facts), address.space == "api-1:"
        if address.method == "get":
            names = {"q", "a", *(() if is_api else read_by(address, facts))}
            asked.send(f"{address} ?", "get", f"{url}?{'&'.join(f'{name}=%FF%00%ED%A0%80' for name in names)}")
            continue
        for body in BODIES if is_api else ():
            asked.send(f"{address} {body[:9]!r}", address.method, url, body, content_type="application/json")
        for kind in TYPES if is_api else FORMS:
            body = b"\xff\x00=1&a=\xed\xa0\x80"
            asked.send(f"{address} {kind[:60]}", address.method, url, body, content_type=kind)
    asked.none_failed()


@pytest.mark.parametrize("letter", ["n", "s"])
def test_nothing_opens_to_hostile_requests(people, facts, letter):
    client, opened = people[letter], {}
    client.raise_request_exception = False
    for address in EVERY:
        if letter not in address.who:
            kind = {"content_type": "application/json"} if address.method != "get" else {}
            for headers in (
                {"X-Forwarded-For": "127.0.0.1"},
                {"Authorization": "Bearer \xff"},
                {"X-HTTP-Method": "GET"},
            ):
                with transaction.atomic():
                    response = getattr(client, address.method)(url_of(address, facts), headers=headers, **kind)
                    transaction.set_rollback(True)
                if outcome(response) not in {"refused", "sign in first", "answered 429"}:
                    opened[f"{address} {headers}"] = response.status_code
    assert opened == {}


def test_a_form_with_a_token_where_a_program_sends_json(people, facts):
    """The check of the token reads a form, after which nobody can read the body again."""
    client = Client(enforce_csrf_checks=True)
    client.cookies.update(people["a"].cookies)
    client.cookies["csrftoken"] = "t" * 32
    asked = Asked(client)
    form = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n'
    kind = {"X-CSRFToken": "t" * 32, "Content-Type": "multipart/form-data; boundary=b"}
    for address in EVERY:
        if address.method != "get" and address.name != "logout":
            asked.send(str(address), address.method, url_of(address, facts), form, headers=kind)
    asked.none_failed()
