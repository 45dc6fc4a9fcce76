"""Who asked, as a fact that one service signs for another: the header `Namens` (D17, ADR 0010).

The user's own token stays with the API that it is for. A fact is good for one request to one service, by the service that
signed it, for a minute at most.
"""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field

from contracts.http.registry import CALLS
from contracts.rollen import DIENSTEN, NIETS, SCOPES
from platformkit.http.signed import PublicKey, RefusedError, Seconds, fitting, header_of, public_keys, signed
from platformkit.identity import Principal

_TYPE = "namens+jwt"
_WINDOW = 30.0
"""A fact counts from so long before the moment at which it says that it was signed until so long after it: clocks differ."""


class _Fact(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)

    iss: str
    aud: str
    iat: Seconds
    doel: str
    uitgever: str
    sub: Annotated[str, Field(min_length=1, max_length=255)]
    rol: str
    organisatie: UUID | None = None


class NamensSigner:
    """Signs for `service` with the key in `file` (PEM, P-256); without one it signs nothing."""

    def __init__(self, service: str, file: Path | None) -> None:
        self._service = service
        self._key = ECKey.import_key(file.read_bytes()) if file else None

    def fact(self, who: Principal, audience: str, doel: str) -> str:
        """That `who` asks what is asked of `audience` with `doel`: the method and the path, as its characters, not as `%..`.

        Raises:
            ValueError: there is no key.
        """
        if self._key is None:
            raise ValueError("NAMENS_SLEUTEL is not set")
        now = int(time.time())
        said = {
            "iss": self._service,
            "aud": audience,
            "iat": now,
            "exp": now + int(_WINDOW),
            "doel": doel,
            "uitgever": who.issuer,
            "sub": who.subject,
            "rol": who.role,
            **({"organisatie": str(who.organisation)} if who.organisation else {}),
        }
        header = {"alg": "ES256", "typ": _TYPE, "kid": self._key.thumbprint()}
        return jwt.encode(header, said, self._key, algorithms=["ES256"])


class NamensReader:
    """Reads for `service` what others signed. `file`: by service the JWK set of its public keys; nobody who is not in it."""

    def __init__(self, service: str, file: Path | None) -> None:
        self._service = service
        found: Mapping[str, object] = json.loads(file.read_text("utf-8")) if file else {}
        self._keys: Mapping[str, Sequence[PublicKey]] = {name: public_keys(keys) for name, keys in found.items()}

    def read(self, fact: str, dienst: str, doel: str) -> Principal:
        """Who asks with `doel`, method and path as in `NamensSigner.fact`, of which the service `dienst` is the bearer.

        Raises:
            RefusedError: it is no fact, or one of another service, for another, for another question or of another time.
        """
        try:
            said = self._read(fact, dienst)
            if (said.iss, said.aud, said.doel) != (dienst, self._service, doel):
                raise RefusedError("other")
            if abs(time.time() - said.iat) > _WINDOW:
                raise RefusedError("time")
            if said.rol not in SCOPES:
                raise RefusedError("role")
        except RefusedError as refusal:
            raise RefusedError(f"namens-{refusal.rule}", "namens-ongeldig") from None
        return Principal(
            issuer=said.uitgever,
            subject=said.sub,
            client=dienst,
            role=said.rol,
            scopes=frozenset(),
            organisation=said.organisatie,
            tenants=frozenset(),
        )

    def _read(self, fact: str, dienst: str) -> _Fact:
        header = header_of(fact)
        if header.typ != _TYPE:
            raise RefusedError("type")
        said = signed(fact, header, fitting(self._keys.get(dienst, ()), header), _Fact)
        if said is None:
            raise RefusedError("signature")
        return said


def needs_signer(service: str) -> bool:
    """Whether `service` asks others in the name of a user, by the contracts."""
    return any(call.namens and call.scope in DIENSTEN.get(service, NIETS) for call in CALLS)


def needs_reader(service: str) -> bool:
    """Whether `service` is asked in the name of a user, by the contracts."""
    return any(call.namens and call.service == service for call in CALLS)
