"""Other systems are told of what was published: signed, tried again, once, and never a machine of our own network."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import ssl
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.core.exceptions import ValidationError
from django.db.models import F
from django.urls import reverse

from books.errors import AddressRefused, DeliveryFailed
from books.models import Announcement, WebhookDelivery, WebhookEndpoint
from books.publishing.deletion import delete_book
from books.publishing.post import is_public, new_secret, post, signed_headers
from books.publishing.publish import publish, roll_back, take_back
from books.publishing.webhooks import body_of
from jobs import clock
from jobs.models import Item, Job
from jobs.runner import run_slice
from jobs.sweep import sweep

DAY = timedelta(days=1)
in_transactions = pytest.mark.django_db(transaction=True)


def work() -> Job:
    """One slice of the newest job, as if its time had come."""
    job = Job.objects.latest("created_at")
    Item.objects.filter(job=job).update(not_before=None)
    Job.objects.filter(pk=job.pk).update(wake_at=None)
    run_slice(job.pk, seconds=0.3)
    return Job.objects.get(pk=job.pk)


@in_transactions
def test_a_publish_is_told_once_with_a_signature_that_holds(book, endpoint, receiver, admin):
    publish(book.pk, user=admin)
    assert work().status == "completed"
    ((headers, body),) = receiver.heard
    document = json.loads(body)
    assert document["type"] == "guidelines.published"
    assert document["data"] == {
        "book_id": book.pk,
        "book": "Prealgebra",
        "version": 1,
        "guidelines": 4,
        "written": 4,
        "removed": 0,
        "url": f"/api/guidelines?book={book.pk}&version=1",
    }
    # As a receiver checks it, by the standard and without our code.
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(endpoint.secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.status_code, delivery.attempts) == ("delivered", 204, 1)


def test_a_signature_of_the_standards_own_example():
    secret, number = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    headers = signed_headers(secret, number, 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@in_transactions
@pytest.mark.parametrize("refusal", [500, 302, 404])
def test_any_other_answer_is_tried_again_under_the_same_id(book, endpoint, receiver, admin, refusal):
    receiver.answers = [refusal, refusal]
    publish(book.pk, user=admin)
    assert work().status == "running"
    assert work().status == "running"
    assert work().status == "completed"
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1
    assert len(receiver.heard) == 3
    assert WebhookDelivery.objects.get().attempts == 3


@in_transactions
def test_after_five_failures_it_is_given_up_and_can_be_sent_again(book, endpoint, receiver, admin, client):
    receiver.answers = [503] * 5
    publish(book.pk, user=admin)
    waits = []
    for _ in range(5):
        before = clock.now()
        job = work()
        due = Item.objects.get(job=job).not_before
        waits.append(round((due - before).total_seconds(), -1) if due else None)
    assert waits == [10, 60, 600, 3600, None]
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.error) == ("failed", "It answered 503.")
    client.force_login(admin)
    endpoints = client.get(reverse("admin:books_webhookendpoint_changelist")).content.decode()
    assert '<span class="badge badge-failed">Failed</span>' in endpoints
    assert "It answered 503." in endpoints
    chosen = {"action": "send_again", "_selected_action": [delivery.pk]}
    listed = client.post(reverse("admin:books_webhookdelivery_changelist"), chosen, follow=True).content.decode()
    assert "1 will be sent again." in listed
    work()
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1


@pytest.mark.django_db
def test_telling_does_not_keep_the_book_from_other_work(book, endpoint, admin):
    publish(book.pk, user=admin)
    assert not Job.objects.holding().exists()
    take_back(book.pk, user=admin)
    roll_back(book.pk, 1, user=admin)
    assert [each.status for each in Job.objects.filter(kind="webhook")] == ["pending"] * 3


@pytest.mark.django_db
def test_each_hears_what_it_asked_for(book, endpoint, receiver, admin):
    WebhookEndpoint.objects.update(happenings=["guidelines.withdrawn"])
    WebhookEndpoint.objects.create(url=receiver.url, secret=new_secret(), is_active=False)
    publish(book.pk, user=admin)
    assert not Job.objects.exists()
    take_back(book.pk, user=admin)
    assert [each.announcement.happening for each in WebhookDelivery.objects.all()] == ["guidelines.withdrawn"]


@in_transactions
def test_the_end_of_a_book_is_told_by_the_sweep(book, endpoint, receiver, admin):
    publish(book.pk, user=admin)
    work()
    receiver.answers = [500]
    number = book.pk
    delete_book(book.pk, typed_title="Prealgebra")
    sweep()
    assert WebhookDelivery.objects.filter(state="waiting", attempts=1).count() == 1
    sweep()  # too early to try again
    assert len(receiver.heard) == 2
    WebhookDelivery.objects.update(next_try=F("next_try") - timedelta(minutes=1))
    sweep()
    told = json.loads(receiver.heard[-1][1])
    assert (told["type"], told["data"]["book_id"], told["data"]["removed"]) == ("guidelines.withdrawn", number, 4)
    assert told["data"]["version"] == 2
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}
    sweep()
    assert len(receiver.heard) == 3


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("::ffff:93.184.216.34", True),
        ("127.0.0.1", False),
        ("10.0.0.7", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - nothing binds to it
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00:ec2::254", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("::", False),
    ],
)
def test_which_addresses_are_public(address, expected):
    assert is_public(address) is expected


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "http://example.org/",
    ],
)
def test_nothing_inside_is_told(url):
    with pytest.raises(AddressRefused):
        post(url, b"", {}, may_stay_inside=False)


def test_the_name_is_resolved_once(monkeypatch, receiver):
    """A name that means another machine at the second look: only the first look counts."""
    asked = []

    resolved = socket.getaddrinfo

    def resolve(host, port, *args, **options):
        if host != "moves.example":
            return resolved(host, port, *args, **options)
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "10.255.255.1", port))]

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    port = receiver.server.server_address[1]
    assert post(f"http://moves.example:{port}/", b"{}", {}, may_stay_inside=True) == 204
    assert asked == ["moves.example"]
    assert receiver.heard[0][0]["host"] == f"moves.example:{port}"


@pytest.mark.parametrize(("name", "is_told"), [("hook.example", True), ("other.example", False)])
def test_the_certificate_must_be_that_of_the_name(monkeypatch, tmp_path, receiver, name, is_told):
    """Though the connection goes to a number: who answers there for another name is told nothing."""
    key, certificate = self_signed(tmp_path, "hook.example")
    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    secure.load_cert_chain(certificate, key)
    receiver.server.socket = secure.wrap_socket(receiver.server.socket, server_side=True)
    trusting = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr("ssl.create_default_context", lambda: trusting)
    resolved = socket.getaddrinfo
    monkeypatch.setattr(
        "socket.getaddrinfo",
        lambda host, *args, **options: resolved("127.0.0.1" if host == name else host, *args, **options),
    )
    url = f"https://{name}:{receiver.server.server_address[1]}/"
    if is_told:
        assert post(url, b"{}", {}, may_stay_inside=True) == 204
    else:
        with pytest.raises(DeliveryFailed):
            post(url, b"{}", {}, may_stay_inside=True)
    assert len(receiver.heard) == is_told


def self_signed(folder, name):
    key, whose = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begun = x509.CertificateBuilder().subject_name(whose).issuer_name(whose).public_key(key.public_key())
    dated = begun.serial_number(1).not_valid_before(clock.now() - DAY).not_valid_after(clock.now() + DAY)
    signed = dated.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).sign(
        key, hashes.SHA256()
    )
    paths = folder / "key.pem", folder / "certificate.pem"
    paths[0].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    paths[1].write_bytes(signed.public_bytes(Encoding.PEM))
    return paths


@pytest.mark.parametrize(
    "url", ["http://example.org/", "ftp://example.org/", "https://", "https://a:b@example.org/", "x"]
)
def test_addresses_that_cannot_be_told_are_refused_when_typed(url, settings):
    settings.WEBHOOKS_MAY_STAY_INSIDE = False
    with pytest.raises(ValidationError):
        WebhookEndpoint(url=url).clean()


@pytest.mark.django_db
def test_no_secret_is_told(book, endpoint, admin):
    publish(book.pk, user=admin)
    assert endpoint.secret.encode() not in body_of(Announcement.objects.get())


@pytest.mark.django_db
def test_the_secret_is_shown_once(client, admin):
    client.force_login(admin)
    form = {"url": "https://tutor.example.org/hook", "happenings": ["guidelines.published"], "is_active": "on"}
    answer = client.post(reverse("admin:books_webhookendpoint_add"), form)
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.secret in answer.content.decode()
    assert endpoint.happenings == ["guidelines.published"]
    page = client.get(reverse("admin:books_webhookendpoint_change", args=[endpoint.pk])).content.decode()
    assert endpoint.secret not in page
