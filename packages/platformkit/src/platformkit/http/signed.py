"""Signed tokens (JWS, RFC 7515): whose key signed one. Whatever the bytes are, they are read or refused."""

import base64
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from joserfc import jws
from joserfc.jwk import ECKey, JWKRegistry, RSAKey
from opentelemetry import metrics
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from platformkit.errors import DomainError
from platformkit.logging import Seldom, get_logger

PublicKey = ECKey | RSAKey
Seconds = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
"""A moment in a token: seconds since 1970 (RFC 7519, NumericDate)."""

M = TypeVar("M", bound=BaseModel)

_KEY_TYPES: Mapping[str, str] = MappingProxyType({"ES256": "EC", "RS256": "RSA", "PS256": "RSA"})
"""The algorithms that count, each with the type of its key."""

# The members of a JWK that are read (RFC 7517, 7518): nothing private, and nothing that leads elsewhere.
_MEMBERS = frozenset({"kty", "kid", "use", "key_ops", "alg", "crv", "x", "y", "n", "e"})
_CURVE, _MODULUS = "P-256", range(2048, 8193)
_LONGEST = 16_384
_refused = metrics.get_meter("platformkit").create_counter("identity.refused", unit="{request}")
_seldom = Seldom()
log = get_logger()


class RefusedError(Exception):
    """Who asks is not believed, or may not. `rule` says by which rule, `code` which problem the asker is told."""

    def __init__(self, rule: str, code: str = "niet-ingelogd") -> None:
        super().__init__(rule)
        self.rule = rule
        self.code = code


def told(refusal: RefusedError) -> DomainError:
    """What the asker is told of a refusal. It is counted by rule, and logged: each rule once in ten seconds at most."""
    _refused.add(1, {"rule": refusal.rule})
    if (held_back := _seldom.held_back(refusal.rule)) is not None:
        log.warning("identity_refused", rule=refusal.rule, held_back=held_back)
    return DomainError(refusal.code)


class Header(BaseModel):
    """What a token says of its signature. A key that it brings along or points at (`jwk`, `jku`, `x5u`) is not looked at."""

    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)

    alg: str
    kid: str | None = None
    typ: str | None = None
    crit: None = None
    """There is no extension that we know, so none that may be critical."""


def header_of(token: str) -> Header:
    """What `token` says of its signature.

    Raises:
        RefusedError: it is no token, or of an algorithm that does not count.
    """
    if len(token) > _LONGEST:
        raise RefusedError("too-long")
    first = token.partition(".")[0]
    try:
        header = Header.model_validate_json(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except ValueError:
        raise RefusedError("unreadable") from None
    if header.alg not in _KEY_TYPES:
        raise RefusedError("algorithm")
    return header


def public_keys(found: object) -> tuple[PublicKey, ...]:
    """The keys of a JWK set that a token may be signed with; every other is passed over (RFC 7517, section 5).

    Raises:
        ValueError: there is none.
    """
    given = found.get("keys") if isinstance(found, dict) else None
    keys = tuple(key for each in (given if isinstance(given, list) else []) if (key := _public_key(each)) is not None)
    if not keys:
        raise ValueError("no key that a token may be signed with")
    return keys


def _public_key(found: Any) -> PublicKey | None:
    try:
        if found.get("use", "sig") != "sig" or "verify" not in found.get("key_ops", ["verify"]):
            return None
        if not isinstance(found.get("kid", ""), str):
            return None
        key = JWKRegistry.import_key({name: value for name, value in found.items() if name in _MEMBERS})
        if isinstance(key, ECKey):
            return key if key.curve_name == _CURVE else None
        return key if isinstance(key, RSAKey) and key.raw_value.key_size in _MODULUS else None
    except Exception:
        # A curve or a type that the library does not know, or members that are none: each fails in a way of its own.
        return None


def fitting(keys: Iterable[PublicKey], header: Header) -> list[PublicKey]:
    """Those of `keys` that a token with this header may be signed with: one without an id can be any."""
    kind, kid = _KEY_TYPES[header.alg], header.kid
    return [key for key in keys if key.key_type == kind and (kid is None or key.kid is None or key.kid == kid)]


def signed(token: str, header: Header, keys: Iterable[PublicKey], model: type[M]) -> M | None:
    """What `token` says, when one of `keys` signed it; none otherwise.

    Raises:
        RefusedError: it was signed, and says something else than `model` holds.
    """
    for key in keys:
        if (payload := _payload(token, header, key)) is not None:
            try:
                return model.model_validate_json(payload)
            except ValidationError:
                raise RefusedError("claims") from None
    return None


def _payload(token: str, header: Header, key: PublicKey) -> bytes | None:
    try:
        return jws.deserialize_compact(token, key, algorithms=[header.alg]).payload
    except Exception:
        # What a library makes of forged bytes is its own affair: they are signed, or they are not.
        return None
