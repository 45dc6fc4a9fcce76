"""Bearer tokens of an OIDC issuer, found by discovery (D17), and who the bearer is."""

import hashlib
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from contracts.rollen import mag
from platformkit.errors import DomainError
from platformkit.http.calls import Http
from platformkit.http.issuer import IssuerKeys
from platformkit.http.namens import NamensReader
from platformkit.http.signed import RefusedError, Seconds, header_of, signed, told
from platformkit.identity import Principal

_CACHE_SECONDS = 60.0
_CACHE_SIZE = 10_000
_SKEW = 30.0
"""How far the issuer's clock may be ahead of ours. When a token was made (`iat`) refuses nothing."""

_GRACE = 5.0
"""How long a token counts after its end. Small: it is time that a stolen one lives on, and whoever is in time loses nothing,
as tokens are renewed well before their end."""

bearer_scheme = HTTPBearer(auto_error=False, scheme_name="oidc", description="Toegangsbewijs van de OIDC-provider")


_asking: ContextVar[Principal] = ContextVar("asking")
"""Who asks what is being answered, to pass on who asked (D17)."""


class _Claims(BaseModel):
    """What a token of the issuer says (RFC 7519, 9068), as far as it decides anything."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)

    iss: str
    sub: Annotated[str, Field(min_length=1, max_length=255)]
    aud: str | list[str]
    exp: Seconds
    nbf: Seconds | None = None
    iat: Seconds | None = None
    client_id: str = ""
    azp: str = ""
    """The client where `client_id` is not told, as in Keycloak's tokens of people."""
    rol: str = ""
    scope: str = ""
    organisatie: UUID | None = None
    gemeenten: list[Annotated[str, Field(pattern=r"^[0-9]{4}$")]] | None = None


class TokenVerifier:
    """Checks signature, issuer, audience and time of access tokens. Results are kept a minute at most."""

    def __init__(self, issuer: str, audience: str, client: Http) -> None:
        self._issuer = issuer.rstrip("/")
        self._audience = audience
        self._keys = IssuerKeys(self._issuer, client)
        self._seen: dict[bytes, tuple[float, Principal]] = {}

    async def verify(self, token: str) -> Principal:
        """The bearer of `token`.

        Raises:
            DomainError: `niet-ingelogd` or `sessie-verlopen`.
            TransientError: the issuer cannot be reached.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._seen.get(digest)
        if known is not None and known[0] > time.time():
            return known[1]
        try:
            claims = await self._read(token)
        except RefusedError as refusal:
            raise told(refusal) from None
        principal = self._principal(claims)
        if len(self._seen) >= _CACHE_SIZE:
            self._seen.clear()
        self._seen[digest] = (min(claims.exp, time.time() + _CACHE_SECONDS), principal)
        return principal

    async def _read(self, token: str) -> _Claims:
        header = header_of(token)
        claims = signed(token, header, await self._keys.fitting(header), _Claims) or signed(
            token, header, await self._keys.fitting_anew(header), _Claims
        )
        if claims is None:
            raise RefusedError("signature")
        if claims.iss.rstrip("/") != self._issuer:
            raise RefusedError("issuer")
        if self._audience not in ([claims.aud] if isinstance(claims.aud, str) else claims.aud):
            raise RefusedError("audience")
        now = time.time()
        if now >= claims.exp + _GRACE:
            raise RefusedError("expired", "sessie-verlopen")
        if claims.nbf is not None and now < claims.nbf - _SKEW:
            raise RefusedError("early")
        return claims

    def _principal(self, claims: _Claims) -> Principal:
        return Principal(
            issuer=self._issuer,
            subject=claims.sub,
            client=claims.client_id or claims.azp,
            role=claims.rol,
            scopes=frozenset(claims.scope.split()),
            organisation=claims.organisatie,
            tenants=frozenset(claims.gemeenten or ()),
        )


async def _principal(request: Request, credentials: Annotated[Any, Depends(bearer_scheme)]) -> Principal:
    """The bearer. 401 without a valid token."""
    if credentials is None:
        raise told(RefusedError("no-token"))
    verifier: TokenVerifier = request.app.state.verifier
    return await verifier.verify(credentials.credentials)


def require(scope: str) -> Callable[..., Awaitable[Principal]]:
    """A dependency: the bearer, who must have `scope` and be one who may have it (D16, D17).

    401 without a valid token, 403 otherwise.
    """

    async def dependency(principal: Annotated[Principal, Depends(_principal)]) -> Principal:
        if scope not in principal.scopes:
            raise told(RefusedError("scope", "geen-toegang"))
        if not mag(scope, principal.role, principal.client):
            raise told(RefusedError("not-theirs", "geen-toegang"))
        _asking.set(principal)
        return principal

    dependency.scope = scope  # type: ignore[attr-defined]  # the enumerated test of D16 reads it
    return dependency


def asking() -> Principal:
    """Who asks what is being answered.

    Raises:
        LookupError: nobody does.
    """
    return _asking.get()


async def asker(
    request: Request,
    dienst: Annotated[Principal, Depends(_principal)],
    namens: Annotated[str | None, Header()] = None,
) -> Principal:
    """Who the calling service asks for: a fact that it signed, in the header `Namens` (D17).

    Raises:
        DomainError: `namens-ontbreekt` or `namens-ongeldig`.
    """
    if namens is None:
        raise DomainError("namens-ontbreekt")
    reader: NamensReader = request.app.state.namens
    try:
        # Not the path of `request.url`, which is written anew, and with the host that the request says.
        return reader.read(namens, dienst.client, f"{request.method} {request.scope['path']}")
    except RefusedError as refusal:
        raise told(refusal) from None
