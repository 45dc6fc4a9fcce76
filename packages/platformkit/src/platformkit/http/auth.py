"""Bearer tokens of an OIDC issuer, found by discovery (D17), and who the bearer is."""

import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

from platformkit.errors import DomainError, TransientError
from platformkit.http.calls import Http, UnansweredError
from platformkit.identity import Principal
from platformkit.logging import get_logger

_ALGORITHMS = ["ES256", "RS256", "PS256"]
_CACHE_SECONDS = 60.0
_CACHE_SIZE = 10_000
_KEYS_MIN_AGE = 10.0
_KEYS_MAX_AGE = 600.0
_TENANT = re.compile(r"[0-9]{4}")
_LEEWAY = 5
log = get_logger()
bearer_scheme = HTTPBearer(auto_error=False, scheme_name="oidc", description="Toegangsbewijs van de OIDC-provider")


_bearer: ContextVar[str] = ContextVar("bearer")
"""The token of the request that is being answered, to pass on who asked (D17)."""


class TokenVerifier:
    """Checks signature, issuer, audience and time of access tokens. Results are kept a minute at most."""

    def __init__(self, issuer: str, audience: str, client: Http) -> None:
        self._issuer = issuer.rstrip("/")
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "values": [self._issuer, self._issuer + "/"]},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        self._client = client
        self._keys: KeySet | None = None
        self._keys_at = float("-inf")
        self._loading = asyncio.Lock()
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
        claims = await self._decode(token)
        principal = _principal(claims)
        if len(self._seen) >= _CACHE_SIZE:
            self._seen.clear()
        self._seen[digest] = (min(float(claims["exp"]), time.time() + _CACHE_SECONDS), principal)
        return principal

    async def _decode(self, token: str) -> dict[str, Any]:
        try:
            try:
                decoded = jwt.decode(token, await self._key_set(), algorithms=_ALGORITHMS)
            except (JoseError, ValueError):
                # The issuer may have rotated its keys: look once more before refusing.
                decoded = jwt.decode(token, await self._key_set(fresh=True), algorithms=_ALGORITHMS)
            self._claims.validate(decoded.claims)
        except ExpiredTokenError:
            raise DomainError("sessie-verlopen") from None
        except (JoseError, ValueError):
            raise DomainError("niet-ingelogd") from None
        return decoded.claims

    async def _key_set(self, *, fresh: bool = False) -> KeySet:
        """The issuer's keys; asked again after a while (a key may have been withdrawn), or when one is unknown."""
        max_age = _KEYS_MIN_AGE if fresh else _KEYS_MAX_AGE
        if self._keys is not None and time.monotonic() - self._keys_at < max_age:
            return self._keys
        async with self._loading:
            if self._keys is None or time.monotonic() - self._keys_at >= max_age:
                try:
                    self._keys = await self._load()
                except (UnansweredError, JoseError, KeyError, TypeError, ValueError):
                    if self._keys is None:
                        raise TransientError("tijdelijk-niet-beschikbaar") from None
                    log.warning("issuer_keys_kept")
                self._keys_at = time.monotonic()
            return self._keys

    async def _load(self) -> KeySet:
        found = (await self._client.send("GET", f"{self._issuer}/.well-known/openid-configuration")).given()
        if found["issuer"].rstrip("/") != self._issuer:
            raise ValueError("discovery speaks for another issuer")
        keys = await self._client.send("GET", str(found["jwks_uri"]))
        return KeySet.import_key_set(keys.given())


def _principal(claims: dict[str, Any]) -> Principal:
    try:
        organisation = claims.get("organisatie")
        tenants = claims.get("gemeenten") or []
        if not isinstance(tenants, list) or not all(_TENANT.fullmatch(tenant) for tenant in tenants):
            raise ValueError("gemeenten is a list of CBS codes")
        return Principal(
            issuer=str(claims["iss"]).rstrip("/"),
            subject=str(claims["sub"]),
            client=str(claims.get("client_id", "")),
            role=str(claims.get("rol", "")),
            scopes=frozenset(str(claims.get("scope", "")).split()),
            organisation=UUID(organisation) if organisation else None,
            tenants=frozenset(tenants),
        )
    except (AttributeError, TypeError, ValueError):
        raise DomainError("niet-ingelogd") from None


def require(scope: str) -> Callable[..., Awaitable[Principal]]:
    """A dependency: the bearer, who must have `scope`. 401 without a valid token, 403 without the scope."""

    async def dependency(request: Request, credentials: Annotated[Any, Depends(bearer_scheme)]) -> Principal:
        if credentials is None:
            raise DomainError("niet-ingelogd")
        verifier: TokenVerifier = request.app.state.verifier
        principal = await verifier.verify(credentials.credentials)
        if scope not in principal.scopes:
            raise DomainError("geen-toegang")
        _bearer.set(credentials.credentials)
        return principal

    dependency.scope = scope  # type: ignore[attr-defined]  # the enumerated test of D16 reads it
    return dependency


def bearer() -> str:
    """The token of the request that is being answered.

    Raises:
        LookupError: none is, or it came without one.
    """
    return _bearer.get()


async def on_behalf_of(request: Request, namens: Annotated[str | None, Header()] = None) -> Principal | None:
    """Who the calling service asks for: the user's own token in the header `Namens` (D17)."""
    if namens is None:
        return None
    verifier: TokenVerifier = request.app.state.verifier
    return await verifier.verify(namens)


async def asker(namens: Annotated[Principal | None, Depends(on_behalf_of)]) -> Principal:
    """As `on_behalf_of`, who must be named.

    Raises:
        DomainError: `namens-ontbreekt`.
    """
    if namens is None:
        raise DomainError("namens-ontbreekt")
    return namens
