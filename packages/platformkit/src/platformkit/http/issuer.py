"""The OIDC issuer as a neighbour: where its endpoints are, and its keys, which outlive its outages (D17)."""

import asyncio
import time

from platformkit.errors import TransientError
from platformkit.http.calls import Http
from platformkit.http.signed import Header, PublicKey, fitting, public_keys
from platformkit.logging import get_logger

_MAX_AGE = 600.0
"""After so long the keys are asked again: one may have been withdrawn."""

_LONGEST_AGE = 86_400.0
"""So long they are good while the issuer is not heard. Not for ever: who keeps us from hearing that a stolen key was withdrawn
would go on with it.
"""

_CALM = 10.0
"""Within so long after an answer they are not, however many unknown keys are shown to us."""

_LONGEST_PAUSE = 60.0
_PATIENCE = 3.0
log = get_logger()


async def endpoint(client: Http, issuer: str, name: str) -> str:
    """An address that the discovery document of `issuer` tells, such as `token_endpoint`.

    Raises:
        UnansweredError, KeyError, TypeError, ValueError: it tells none, or none that can be trusted.
    """
    found = (await client.send("GET", f"{issuer}/.well-known/openid-configuration")).given()
    if found["issuer"].rstrip("/") != issuer:
        raise ValueError("discovery speaks for another issuer")
    url = found[name]
    if not isinstance(url, str) or not url.startswith("https://" if issuer.startswith("https://") else "http"):
        raise ValueError("discovery leads away from https")
    return url


class IssuerKeys:
    """The keys that the issuer signs with: the last good set, asked again in time, and never once per request.

    One question at a time. A request waits for it only when it cannot go on without, and its end does not end the question.
    """

    def __init__(self, issuer: str, client: Http) -> None:
        self._issuer = issuer
        self._client = client
        self._keys: tuple[PublicKey, ...] = ()
        self._good_at = self._tried_at = float("-inf")
        self._failures = 0
        self._asking: asyncio.Task[None] | None = None

    async def fitting(self, header: Header) -> list[PublicKey]:
        """The keys that a token with this header may be signed with.

        Raises:
            TransientError: no keys were heard of for a day, so nobody can be told from anybody.
        """
        age = time.monotonic() - self._good_at
        if age >= _LONGEST_AGE:
            self._keys = ()
            await self._heard()
        elif age >= _MAX_AGE:
            self._ask()
        if not self._keys:
            raise TransientError("tijdelijk-niet-beschikbaar")
        return fitting(self._keys, header)

    async def fitting_anew(self, header: Header) -> list[PublicKey]:
        """Those that `fitting` did not give, as the issuer may have replaced its keys; it is asked if it was not just now."""
        before = self._keys
        await self._heard()
        return fitting(self._keys, header) if self._keys is not before else []

    async def _heard(self) -> None:
        self._ask()
        if self._asking is not None:
            await asyncio.wait([self._asking], timeout=_PATIENCE)

    def _ask(self) -> None:
        if self._asking is None and time.monotonic() - self._tried_at >= self._pause():
            self._asking = asyncio.create_task(self._read())

    def _pause(self) -> float:
        return min(2.0 ** (self._failures - 1), _LONGEST_PAUSE) if self._failures else _CALM

    async def _read(self) -> None:
        try:
            url = await endpoint(self._client, self._issuer, "jwks_uri")
            self._keys = public_keys((await self._client.send("GET", url)).given())
            self._good_at, self._failures = time.monotonic(), 0
        except Exception as error:
            # Whatever it says instead of keys: those that we have are good until it says others.
            self._failures = min(self._failures + 1, 10)
            log.warning("issuer_keys_kept", error=type(error).__qualname__, keys=len(self._keys))
        finally:
            self._tried_at, self._asking = time.monotonic(), None
