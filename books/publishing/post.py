"""One signed POST to an address that a person typed in: never to our own network, never on to another address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import secrets
import socket
import ssl
from typing import Any

import httpx2
from django.utils.translation import gettext as _

from books.deadline import limit_exchanges
from books.errors import AddressRefused, DeliveryFailed

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


# Seconds from connecting to the status of the answer. Finding the address before has the resolver's own limits.
DEADLINE: float = 15
# IPv4 addresses in the clothes of IPv6 ones.
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def post(url: str, body: bytes, headers: dict[str, str], *, may_stay_inside: bool) -> int:
    """The status of the answer, 2xx; its body is not read. Raises AddressRefused and DeliveryFailed."""
    named = httpx2.URL(url)
    if named.scheme != "https" and not may_stay_inside:
        raise AddressRefused(_("Webhooks go to https addresses only."))
    host = named.raw_host.decode()
    port = named.port or (443 if named.scheme == "https" else 80)
    address = named.copy_with(host=_address_of(host, port, may_stay_inside=may_stay_inside))
    status = _status(address, host, body, headers | {"Host": named.netloc.decode()})
    if not 200 <= status < 300:
        raise DeliveryFailed(_("It answered {status}.").format(status=status), status=status)
    return status


def _status(address: httpx2.URL, host: str, body: bytes, headers: dict[str, str]) -> int:
    """``host`` is whose certificate is asked for."""
    try:
        return _exchange(address, host, body, headers)
    except httpx2.TimeoutException as error:
        raise DeliveryFailed(_("It gave no answer within {seconds:g} seconds.").format(seconds=DEADLINE)) from error
    except (httpx2.HTTPError, OSError) as error:
        raise DeliveryFailed(_("It gave no answer ({error}).").format(error=type(error).__name__)) from error


def _exchange(address: httpx2.URL, host: str, body: bytes, headers: dict[str, str]) -> int:
    options: dict[str, Any] = {"content": body, "headers": headers, "extensions": {"sni_hostname": host}}
    with httpx2.Client(verify=ssl.create_default_context(), timeout=DEADLINE, trust_env=False) as client:
        limit_exchanges(client)
        with client.stream("POST", address, **options) as answer:
            return answer.status_code


def _address_of(host: str, port: int, *, may_stay_inside: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DeliveryFailed(_("There is no address for {host}.").format(host=host)) from error
    addresses = [str(each[4][0]) for each in found]
    if not may_stay_inside and not all(map(is_public, addresses)):
        raise AddressRefused(_("{host} is inside a network: webhooks go to public addresses only.").format(host=host))
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether ``address`` may be reached: no loopback, private, link-local (a cloud's metadata), shared, reserved or
    multicast one, in whatever clothes."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip.teredo or ip in NAT64 or ip.is_site_local or (inner and not is_public(str(inner))):
            return False
        if ip.ipv4_mapped:
            return True
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
