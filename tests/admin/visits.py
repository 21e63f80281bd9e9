"""Asks an address of the table for something, and judges the answer."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.admin.addresses import Address
from tests.factories import WHITE


def url_of(address: Address, facts: dict[str, Any]) -> str:
    args = [facts.get(each, each) for each in address.args.split()]
    return reverse(address.space + address.name, args=args)


def send(client: Client, address: Address, facts: dict[str, Any], method: str = ""):
    data = {name: facts.get(value, value) if isinstance(value, str) else value for name, value in address.data.items()}
    method = method or address.method
    if "file" in data:
        data = {data.pop("file"): SimpleUploadedFile("a.png", WHITE, "image/png")}
        response = client.generic(method.upper(), *_multipart(url_of(address, facts), data))
    elif address.space == "api-1:":
        response = getattr(client, method)(url_of(address, facts), data, content_type="application/json")
    else:
        response = getattr(client, method)(url_of(address, facts), data)
    if response.streaming:
        response.getvalue()  # A browser reads a picture to its end; until then its file stays open.
    return response


def _multipart(url: str, data: dict[str, Any]) -> tuple[str, bytes, str]:
    """Of a PUT too, for which the test client knows no form."""
    from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

    return url, encode_multipart(BOUNDARY, data), MULTIPART_CONTENT


def outcome(response) -> str:
    """Let in also where the state of the book is in the way of what was asked."""
    if response.status_code == 401 or reverse("admin:login") in response.headers.get("Location", ""):
        return "sign in first"
    if response.status_code < 400 or response.status_code in {409, 422}:
        return "let in"
    refusals = {403, 405, 404} if response.resolver_match.url_name == "app_list" else {403, 405}
    return "refused" if response.status_code in refusals else f"answered {response.status_code}"


def expected(address: Address, letter: str) -> str:
    if letter in address.who:
        return "let in"
    return "sign in first" if letter == "n" else "refused"
