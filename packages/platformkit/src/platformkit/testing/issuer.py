"""An OIDC issuer in memory: its keys can be rotated, it can go away, and it signs whatever a test wants."""

import time
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from contracts.rollen import DIENSTEN, SCOPES
from platformkit.http.calls import Http
from platformkit.testing.pretended import Pretended

ISSUER = "http://issuer.example"


class Issuer:
    """Answers discovery, JWKS and client credentials, and counts the questions. Its tokens are for one API."""

    def __init__(self, audience: str = "proef") -> None:
        self.audience = audience
        self.keys = [self.new_key("a")]
        self.away = False
        self.asked = 0
        self.claims_to_be = ISSUER

    @staticmethod
    def new_key(kid: str) -> ECKey:
        """A key to sign with."""
        return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"}, auto_kid=False)

    def http(self) -> Http:
        """A client to whom everybody is this issuer."""
        return Pretended(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What it says to discovery, to a question for its keys, and to a service that asks for a token."""
        self.asked += 1
        if self.away:
            raise httpx.ConnectError("away")
        if request.url.path.endswith("openid-configuration"):
            found = {"issuer": self.claims_to_be, "jwks_uri": f"{ISSUER}/jwks", "token_endpoint": f"{ISSUER}/token"}
            return httpx.Response(200, json=found)
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": self.token(), "expires_in": 600})
        return httpx.Response(200, json={"keys": [key.as_dict(private=key.key_type == "oct") for key in self.keys]})

    def token(self, key: ECKey | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that is good for a minute, with this header and these claims; what is none is left out."""
        now = int(time.time())
        wanted = {
            "iss": ISSUER,
            "sub": "00000000-0000-4000-8000-000000000001",
            "aud": self.audience,
            "exp": now + 60,
            "iat": now,
            "client_id": "proef",
            "rol": "professional",
            "scope": "signalen:lezen",
            **claims,
        }
        used = key or self.keys[-1]
        described = {"alg": "ES256", "kid": used.kid, **(header or {})}
        return jwt.encode(_said(described), _said(wanted), used, algorithms=[described["alg"]])

    def of_service(self, name: str) -> str:
        """The token of a service, with what it may ask of others."""
        return self.token(sub=name, client_id=name, rol=None, scope=" ".join(DIENSTEN[name]))

    def of_user(self, subject: str, role: str = "professional", **claims: Any) -> str:
        """The token of a person in a role, with what that role may do."""
        return self.token(sub=subject, client_id="portaal", rol=role, scope=" ".join(SCOPES[role]), **claims)


def _said(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
