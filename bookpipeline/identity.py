"""Whether what comes from an OpenID provider is its word, about one person, in answer to what we asked.

allauth leaves a token's signature unread where it fetched the token itself, and asks without a nonce.
"""

from __future__ import annotations

import time
from hashlib import sha256
from typing import Annotated, Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from pydantic import BaseModel, StringConstraints

# What is signed with a private key: neither "none" nor HS256, whose key two sides know.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
# What a sign-on is for, beside signing in: confirming that whoever is signed in sits there.
AGAIN = "again"
NEEDED = ["iss", "sub", "aud", "exp", "iat", "nonce"]


class Person(BaseModel):
    """What is used of the claims; ``sub`` as long as a link's row holds it."""

    sub: Annotated[str, StringConstraints(min_length=1, max_length=191)]
    preferred_username: str | None = None
    email: str | None = None
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None


def nonce_of(state: str) -> str:
    """The state is random, bound to the session and good once, and so is what is made of it."""
    return sha256(f"nonce {state}".encode()).hexdigest()


class AskingClient(OAuth2Client):  # type: ignore[misc]  # the package has no types
    def get_redirect_url(self, authorization_url: str, scope: list[str], extra_params: dict[str, str]) -> str:
        params = {**extra_params, "nonce": nonce_of(self.state)}
        return str(super().get_redirect_url(authorization_url, scope, params))


class CheckingAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # the package has no types
    client_class = AskingClient

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> SocialLogin:
        claims = self._decode_id_token(app, kwargs["response"]["id_token"])
        userinfo = self._fetch_user_info(token.token)
        if Person.model_validate(claims).sub != Person.model_validate(userinfo).sub:
            raise OAuth2Error("userinfo is about somebody else")
        if "auth_time" not in claims:  # a browser may have left max_age out: what was said before stands
            known = SocialAccount.objects.filter(provider=app.provider_id, uid=claims["sub"]).first()
            claims |= {"auth_time": proved_at(known)} if known else {}
        return self.get_provider().sociallogin_from_response(request, {"userinfo": userinfo, "id_token": claims})

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, object]:
        claims: dict[str, object] = jwt.decode(
            id_token,
            self._key(jwt.get_unverified_header(id_token).get("kid")),
            algorithms=ALGORITHMS,
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            options={"require": NEEDED},
        )
        if claims["nonce"] != nonce_of(self.request.GET["state"]):
            raise OAuth2Error("the token answers another question")
        return claims

    def _key(self, kid: str | None) -> jwt.PyJWK:
        with get_adapter().get_requests_session() as web:
            answer = web.get(self.openid_config["jwks_uri"])
        answer.raise_for_status()
        for key in jwt.PyJWKSet.from_dict(answer.json()).keys:
            if key.key_id == kid:
                return key
        raise OAuth2Error("signed with a key that the provider does not name")


class CheckedProvider(OpenIDConnectProvider):  # type: ignore[misc]  # the package has no types
    oauth2_adapter_class = CheckingAdapter

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, str]:
        """Asked with max_age, a provider has to say when the person proved there who they are (``auth_time``)."""
        params: dict[str, str] = super().get_auth_params_from_request(request, action)
        if request.POST.get("process") == AGAIN:
            return params | {"prompt": "login", "max_age": "0"}
        return params | {"max_age": f"{settings.SESSION_HOURS * 3600:.0f}"}


def proved_at(account: SocialAccount) -> float | None:
    """When its person last typed a password, or the like, at the provider: seconds since 1970; None if never said."""
    told = account.extra_data.get("id_token", {}).get("auth_time")
    return min(told, time.time()) if isinstance(told, int | float) else None
