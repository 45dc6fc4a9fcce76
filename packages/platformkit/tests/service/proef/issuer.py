"""An OIDC issuer in memory: its keys can be rotated, it can go away, and it signs whatever a test wants."""

import time
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from lokaal.testing import Pretended
from platformkit.http.calls import Http

ISSUER = "http://issuer.example"


class Issuer:
    """Answers discovery and JWKS, and counts the questions."""

    def __init__(self) -> None:
        self.keys = [self.new_key("a")]
        self.away = False
        self.asked = 0
        self.claims_to_be = ISSUER

    @staticmethod
    def new_key(kid: str) -> ECKey:
        return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"}, auto_kid=False)

    def http(self) -> Http:
        return Pretended(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.away:
            raise httpx.ConnectError("away")
        if request.url.path.endswith("openid-configuration"):
            return httpx.Response(200, json={"issuer": self.claims_to_be, "jwks_uri": f"{ISSUER}/jwks"})
        return httpx.Response(200, json={"keys": [key.as_dict(private=key.key_type == "oct") for key in self.keys]})

    def token(self, key: ECKey | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        now = int(time.time())
        wanted = {
            "iss": ISSUER,
            "sub": "00000000-0000-4000-8000-000000000001",
            "aud": "verwijsindex",
            "exp": now + 60,
            "iat": now,
            "client_id": "proef",
            "rol": "professional",
            "scope": "dingen:maken",
            **claims,
        }
        used = key or self.keys[-1]
        return jwt.encode(
            {"alg": "ES256", "kid": used.kid, **(header or {})},
            {name: value for name, value in wanted.items() if value is not None},
            used,
        )
