"""What a token says, and who may have one."""

import hmac
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel, SecretStr

from contracts.rollen import APIS, SCOPES

LOKALE_CLIENT = "lokaal"
DEMO_CLIENT = "demo"
"""For whom a user's token is when nothing else is said: not the portal, whose traces an API goes on with (D12)."""

LOKALE_GRANT = "urn:verwijsindex:grant:lokaal"
LEVENSDUUR = 3600
MAX_LEVENSDUUR = 86_400


class Client(BaseModel):
    """A known client: a service, or the tool that hands out user tokens."""

    secret: SecretStr
    scopes: list[str] = []


@dataclass(frozen=True)
class GeweigerdError(Exception):
    """A refused token request (RFC 6749 section 5.2)."""

    error: str
    uitleg: str

    @property
    def status(self) -> int:
        """The HTTP status that goes with it."""
        return 401 if self.error == "invalid_client" else 400


class Uitgever:
    """Signs access tokens for one issuer. Each API is an audience of its own (D17)."""

    def __init__(
        self,
        issuer: str,
        key: ECKey,
        clients: Mapping[str, Client],
        nu: Callable[[], float] = time.time,
    ) -> None:
        self.issuer = issuer
        self.key = key
        self._clients = clients
        self._nu = nu

    def client(self, client_id: str, secret: str) -> Client:
        """Return the client; raise GeweigerdError when it is unknown or the secret is wrong (both look the same)."""
        client = self._clients.get(client_id)
        expected = client.secret.get_secret_value() if client else ""
        if client is None or not hmac.compare_digest(expected.encode(), secret.encode()):
            raise GeweigerdError("invalid_client", "Onbekende client of verkeerd geheim.")
        return client

    def voor_dienst(self, client_id: str, scope: str | None, levensduur: int) -> dict[str, object]:
        """Return the answer for a service that asks in its own name (client credentials), good at the APIs of its scopes."""
        scopes = _beperk(self._clients[client_id].scopes, scope)
        apis = [api for api, each in APIS.items() if each.intersection(scopes)]
        return self._antwoord({"sub": client_id, "client_id": client_id, "aud": apis}, scopes, levensduur)

    def voor_gebruiker(
        self,
        *,
        sub: str,
        rol: str,
        client: str,
        audience: str,
        organisatie: str | None,
        gemeenten: list[str],
        scope: str | None,
        levensduur: int,
    ) -> dict[str, object]:
        """Return the answer for a person or source system in a role, good at one API; both decide the scopes (D16)."""
        if not sub:
            raise GeweigerdError("invalid_request", "Geef sub mee.")
        if rol not in SCOPES:
            raise GeweigerdError("invalid_request", f"Onbekende rol. Kies uit: {', '.join(SCOPES)}.")
        if audience not in APIS:
            raise GeweigerdError("invalid_target", f"Onbekende API. Kies uit: {', '.join(APIS)}.")
        claims: dict[str, object] = {"sub": sub, "client_id": client, "aud": audience, "rol": rol}
        if organisatie:
            claims["organisatie"] = organisatie
        if gemeenten:
            claims["gemeenten"] = gemeenten
        return self._antwoord(claims, _beperk(SCOPES[rol] & APIS[audience], scope), levensduur)

    def _antwoord(self, claims: dict[str, object], scopes: list[str], levensduur: int) -> dict[str, object]:
        exp = int(self._nu()) + levensduur
        inhoud = {
            "iss": self.issuer,
            **claims,
            "scope": " ".join(scopes),
            "iat": min(int(self._nu()), exp),  # a token made to be expired must still look sound
            "exp": exp,
            "jti": str(uuid.uuid4()),
        }
        token = jwt.encode({"alg": "ES256", "kid": self.key.kid}, inhoud, self.key, algorithms=["ES256"])
        return {"access_token": token, "token_type": "Bearer", "expires_in": levensduur, "scope": inhoud["scope"]}


def _beperk(toegestaan: Iterable[str], gevraagd: str | None) -> list[str]:
    if gevraagd is None:
        return sorted(toegestaan)
    scopes = gevraagd.split()
    if not set(scopes) <= set(toegestaan):
        raise GeweigerdError("invalid_scope", "Deze scope hoort niet bij deze client of rol.")
    return sorted(scopes)
