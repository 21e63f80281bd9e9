"""An OpenID Connect provider of our own: discovery, authorisation with PKCE, tokens, keys and facts of the person."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT = ("bookpipeline", "the-secret-of-the-client")


class Provider:
    """``person`` is who signs on there: the claims of both the token and the userinfo endpoint.

    ``refuses`` answers as if the person had cancelled, ``forgets`` knows no code that it gave. ``claims`` are said in
    the token alone, in place of what is true; it is signed with ``key`` by ``algorithm``, its header names ``kid``.
    ``proved_at`` is when the person typed their password there, and now where that is asked for.
    """

    def __init__(self) -> None:
        self.own_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.address = ""
        self.begin_anew()

    def begin_anew(self) -> None:
        self.person: dict[str, Any] = {"sub": "1", "preferred_username": "grace", "email": "grace@example.org"}
        self.refuses = self.forgets = self.never_asks = False
        self.proved_at = int(time.time()) - 3600
        self.claims: dict[str, Any] = {}
        self.key: Any = self.own_key
        self.algorithm, self.kid = "RS256", "1"
        self.published: list[dict[str, Any]] = []
        self.challenges: dict[str, dict[str, str]] = {}

    def configuration(self) -> dict[str, Any]:
        ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        return {
            "issuer": self.address,
            "jwks_uri": f"{self.address}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **{f"{name}_endpoint": f"{self.address}/{path}" for name, path in ends.items()},
        }

    def keys(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.own_key.public_key()))
        return {"keys": [public | {"kid": "1", "use": "sig", "alg": "RS256"}, *self.published]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser goes next."""
        assert (asked["client_id"], asked["response_type"], asked["code_challenge_method"]) == (
            CLIENT[0],
            "code",
            "S256",
        )
        if self.refuses:
            return f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
        if (asked.get("prompt"), asked["max_age"]) == ("login", "0") and not self.never_asks:
            self.proved_at = int(time.time())
        code = secrets.token_urlsafe()
        self.challenges[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """None for a client, a code or a verifier that does not fit; a code is good once."""
        known = self.challenges.pop(asked["code"], None)
        client = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":", 1)
        verified = base64.urlsafe_b64encode(sha256(asked["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if self.forgets or known is None or tuple(client) != CLIENT or known["code_challenge"] != verified:
            return None
        if known["redirect_uri"] != asked["redirect_uri"]:
            return None
        now = int(time.time())
        true = {"iss": self.address, "aud": CLIENT[0], "iat": now, "exp": now + 60, "nonce": known.get("nonce")}
        true["auth_time"] = self.proved_at
        claims = {name: value for name, value in (true | self.person | self.claims).items() if value is not None}
        return {
            "access_token": "for-userinfo",
            "token_type": "Bearer",
            "id_token": jwt.encode(claims, self.key, algorithm=self.algorithm, headers={"kid": self.kid}),
        }


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/.well-known/openid-configuration":
                self._json(provider.configuration())
            elif url.path == "/jwks":
                self._json(provider.keys())
            elif url.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(_flat(url.query)))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif url.path == "/userinfo" and self.headers["Authorization"] == "Bearer for-userinfo":
                self._json(provider.person)
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            asked = _flat(self.rfile.read(int(self.headers["Content-Length"])).decode())
            answer = provider.token(asked, self.headers.get("Authorization", ""))
            self._json(answer or {"error": "invalid_grant"}, 200 if answer else 400)

        def _json(self, document: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    return Handler


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


@contextmanager
def running_provider() -> Iterator[Provider]:
    provider = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


def use(settings: Any, provider: Provider, **more: Any) -> None:
    """The settings that the environment's variables make of ``provider``."""
    settings.OIDC_SERVER_URL = provider.address
    settings.OIDC_NAME = "Example"
    app = {
        "provider_id": "sso",
        "name": "Example",
        "client_id": CLIENT[0],
        "secret": CLIENT[1],
        "settings": {"server_url": provider.address},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    form_action = [*policy["form-action"], provider.address]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {**policy, "form-action": form_action}}
    for name, value in more.items():
        setattr(settings, name, value)
