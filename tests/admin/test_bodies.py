"""Where a body meets the people who may send it: what is not to be taken is not read, and so never on the disk."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from django.db import transaction
from django.test import Client

from bookpipeline.gate import FILES_AT_ONCE, sending
from books.bodies import ONE_FILE
from books.intake.limits import MEBIBYTE
from tests.admin.addresses import API, DJANGOS, EVERY, SCREENS, Address
from tests.admin.visits import url_of

CHANGING = [each for each in EVERY if each.method != "get"]
FILES = [each for each in (*SCREENS, *API) if "file" in each.data or each.name == "books_book_insert"]
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
TOKEN = "t" * 32


class Endless:
    """A file without end; ``given`` counts what was taken of it."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "all of it was asked for"
        head = HEAD[self.given : self.given + size]
        self.given += size
        return head + bytes(size - len(head))

    readline = read


def given(client: Client, address: Address, facts, size: int) -> tuple[int, int]:
    """How much of a body was read that names its size, and the answer's status."""
    body = Endless()
    client.cookies["csrftoken"] = TOKEN
    with transaction.atomic():
        response = client.generic(
            address.method.upper(),
            url_of(address, facts),
            headers={"X-CSRFToken": TOKEN, "Content-Type": "multipart/form-data; boundary=b"},
            **{"wsgi.input": body, "CONTENT_LENGTH": str(size)},
        )
        transaction.set_rollback(True)
    return body.given, response.status_code


@pytest.fixture
def sent(people, facts):
    """By a person to addresses: what was read, where anything was; and the statuses."""
    clients = {letter: Client(enforce_csrf_checks=True) for letter in people}
    for letter, client in clients.items():
        client.cookies.update(people[letter].cookies)

    def to(letter: str, addresses: list[Address], size: int):
        answers = {str(each): given(clients[letter], each, facts, size) for each in addresses}
        return {name: read for name, (read, _) in answers.items() if read}, {code for _, code in answers.values()}

    return to


@pytest.mark.parametrize("size", [600 * MEBIBYTE, 100], ids=["600 MB", "100 bytes"])
def test_nothing_is_read_of_what_nobody_in_particular_sends(sent, size):
    """All of it was written to the disk before the 403, at any address."""
    closed = [each for each in CHANGING if each.name not in {"login", "logout"}]
    assert sent("n", closed, size) == ({}, {302, 401})


@pytest.mark.parametrize("letter", ["n", "s"])
def test_where_anybody_may_ask_no_more_is_read_than_a_form_has(sent, letter):
    open_ones = [each for each in DJANGOS if each.name in {"logout", "password_change"} and each.method == "post"]
    assert sent(letter, open_ones[:1] if letter == "n" else open_ones, 600 * MEBIBYTE) == ({}, {413})


def test_nothing_is_read_of_what_somebody_without_a_role_sends_to_our_addresses(sent):
    """Files were written, and bodies parsed, before the permission was asked for."""
    ours = [each for each in (*SCREENS, *API) if each.method != "get" and "s" not in each.who]
    assert sent("s", ours, 100) == ({}, {403})


def test_no_file_is_read_from_who_may_not_send_it(sent):
    assert sent("p", FILES, MEBIBYTE) == ({}, {403})


def test_no_more_is_read_of_a_form_without_files_than_one_has(sent):
    others = [each for each in CHANGING if each not in FILES and "a" in each.who and each.name != "logout"]
    read, codes = sent("a", others, 10 * MEBIBYTE)
    assert (read, codes) == ({}, {413})


def test_no_more_is_read_than_the_files_of_an_upload_may_have(sent):
    assert sent("a", FILES, 3000 * MEBIBYTE) == ({}, {413})
    assert sent("a", [each for each in FILES if each.name == "send_file"], ONE_FILE + 1) == ({}, {413})


def test_a_size_that_is_written_otherwise_is_the_same_size(people, facts):
    address = next(each for each in FILES if each.name == "send_file")
    for size in ("+629145600", "629_145_600", " 629145600"):
        assert given(people["n"], address, facts, size) == (0, 401)


def test_nothing_is_read_of_more_files_than_one_person_sends_at_once(sent, django_user_model):
    """Each held a thread and its room on the disk; forms, and other people's files, are no part of it."""
    person = django_user_model.objects.get(username="the-a")
    adding = [each for each in FILES if each.name == "add_page"]
    with ExitStack() as stack:
        for _ in range(FILES_AT_ONCE):
            assert stack.enter_context(sending(person.pk))
        assert sent("a", FILES, MEBIBYTE) == ({}, {429})
        assert sent("u", adding, MEBIBYTE)[0]
        assert 429 not in sent("a", [each for each in SCREENS if each.name == "books_book_read"], 100)[1]
    assert sent("a", adding, MEBIBYTE)[0]


@pytest.mark.parametrize(
    ("letter", "method", "address", "status"),
    [
        ("n", "POST", "/api/books/1/pages", 401),
        ("p", "POST", "/api/books/1/pages", 403),
        ("u", "POST", "/api/books/1/pages", 204),
        ("n", "GET", "/api/books/1/pages", 204),
        ("u", "POST", "/api/nowhere", 204),
        ("n", "POST", "/admin/books/book/1/upload/?%2e", 401),
    ],
)
def test_a_proxy_is_told_who_may_send_a_body_there(people, facts, letter, method, address, status):
    address = address.replace("/1/", f"/{facts['book']}/")
    asked = people[letter].get("/gate", headers={"X-Original-Method": method, "X-Original-URI": address})
    assert asked.status_code == status


def test_who_may_send_a_file_has_it_read_to_its_named_end(sent):
    read, _ = sent("u", [each for each in FILES if each.name == "add_page"], 2 * MEBIBYTE)
    assert read == {"POST api-1:add_page book": 2 * MEBIBYTE}
