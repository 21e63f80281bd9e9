"""One POST to an address that a person typed in: never to a machine of our own network, never on to another address.

The name is resolved once, what it resolves to is judged, and exactly that is connected to; a name that means another
address a moment later gains nothing. Certificates are still checked against the name.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from books.errors import AddressRefused, DeliveryFailed

TIMEOUT = urllib3.Timeout(connect=5, read=10)
# IPv4 addresses in the clothes of IPv6 ones.
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def post(url: str, body: bytes, headers: dict[str, str], *, may_stay_inside: bool) -> int:
    """The status of the answer, 2xx; its body is not read. Raises AddressRefused and DeliveryFailed."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not may_stay_inside:
        raise AddressRefused("Only https addresses are told.")
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _address_of(host, port, may_stay_inside=may_stay_inside)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    pool = _pool(address, port, host if parts.scheme == "https" else "")
    status = _status(pool, path, body, headers | {"Host": parts.netloc})
    if not 200 <= status < 300:
        raise DeliveryFailed(f"It answered {status}.", status=status)
    return status


def _pool(address: str, port: int, secure_host: str) -> urllib3.HTTPConnectionPool:
    """Connects to ``address``; over TLS with the certificate of ``secure_host`` where one is named."""
    if not secure_host:
        return urllib3.HTTPConnectionPool(address, port, timeout=TIMEOUT)
    return urllib3.HTTPSConnectionPool(
        address,
        port,
        timeout=TIMEOUT,
        server_hostname=secure_host,
        assert_hostname=secure_host,
        ssl_context=ssl.create_default_context(),
    )


def _status(pool: urllib3.HTTPConnectionPool, path: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        answer = pool.urlopen(
            "POST", path, body, headers, retries=False, redirect=False, preload_content=False, assert_same_host=False
        )
        return answer.status
    except (HTTPError, OSError) as error:
        raise DeliveryFailed(f"It gave no answer ({type(error).__name__}).") from error
    finally:
        pool.close()


def _address_of(host: str, port: int, *, may_stay_inside: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DeliveryFailed(f"There is no address for {host}.") from error
    addresses = [str(each[4][0]) for each in found]
    if not may_stay_inside and not all(map(is_public, addresses)):
        raise AddressRefused(f"{host} is inside a network: only public addresses are told.")
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
