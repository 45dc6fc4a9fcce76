"""The vault: how a BSN is indexed and how a person's data are encrypted (D1, D8).

Every person has a data key of its own, wrapped by the key-encryption key (KEK) and kept in another table: who destroys
the key destroys every copy of the data, also in backups. The reader of a stored row can check that it belongs to its
persoon_ref: the ref is authenticated with it.
"""

import hmac
import secrets
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from brp_proxy.domain.bsn import Bsn

_NONCE = 12


class KluisError(Exception):
    """Stored data cannot be opened: the key is gone, unknown or not this person's. Says nothing of the data."""


def _decode(value: object) -> object:
    return b64decode(value, validate=True) if isinstance(value, str) else value


_Sleutel = Annotated[bytes, BeforeValidator(_decode), Field(min_length=32, max_length=32, repr=False)]


class Sleutels(BaseModel):
    """The key file: 32 random bytes each, in base64, by version. Older versions stay until nothing uses them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kek: Mapping[int, _Sleutel]
    hmac: Mapping[int, _Sleutel]
    actief: int

    @model_validator(mode="after")
    def _actief_is_er(self) -> Self:
        if self.actief not in self.kek or self.actief not in self.hmac:
            raise ValueError("the active version has no KEK or no HMAC key")
        keys = [*self.kek.values(), *self.hmac.values()]
        if len(set(keys)) != len(keys):
            raise ValueError("every key must be another one")
        return self

    @classmethod
    def lees(cls, bestand: Path) -> Self:
        """Read the key file.

        Raises:
            OSError: it cannot be read.
            ValueError: it is not a key file; the text quotes nothing of it.
        """
        try:
            return cls.model_validate_json(bestand.read_bytes())
        except ValidationError as error:
            what = ", ".join(sorted({".".join(map(str, each["loc"])) or each["msg"] for each in error.errors()}))
            raise ValueError(f"not a usable key file: {what}") from None


@dataclass(frozen=True)
class Index:
    """How a BSN is found: HMAC-SHA256 under a version of the key."""

    versie: int
    waarde: bytes


@dataclass(frozen=True, repr=False)
class Versluiteld:
    """A person's encrypted data and the wrapped data key, each with its nonce in front."""

    gegevens: bytes
    sleutel: bytes
    sleutelversie: int


class Kluis:
    """Indexes and encrypts with the keys of one file."""

    def __init__(self, sleutels: Sleutels) -> None:
        self._sleutels = sleutels

    @classmethod
    def van(cls, bestand: Path | None) -> Self:
        """The vault with the keys in this file.

        Raises:
            OSError: it cannot be read.
            ValueError: there is none, or it is not a key file.
        """
        if bestand is None:
            raise ValueError("SLEUTEL_BESTAND is not set")
        return cls(Sleutels.lees(bestand))

    def indexen(self, bsn: Bsn) -> Sequence[Index]:
        """Where this BSN may stand: under the active key first, then under older ones, the oldest last."""
        actief = self._sleutels.actief
        versies = sorted(self._sleutels.hmac, key=lambda versie: (versie == actief, versie), reverse=True)
        return [
            Index(versie, hmac.digest(self._sleutels.hmac[versie], bsn.waarde.encode(), "sha256")) for versie in versies
        ]

    def slot(self, bsn: Bsn) -> int:
        """A number to lock this BSN by: under the lowest version, which processes on both sides of a rotation share."""
        laagste = min(self._sleutels.hmac)
        digest = hmac.digest(self._sleutels.hmac[laagste], bsn.waarde.encode(), "sha256")
        return int.from_bytes(digest[:8], "big", signed=True)

    def versluit(self, persoon_ref: UUID, gegevens: bytes) -> Versluiteld:
        """Encrypt `gegevens` for this person under a new data key."""
        sleutel = secrets.token_bytes(32)
        versie = self._sleutels.actief
        return Versluiteld(
            gegevens=_seal(sleutel, gegevens, persoon_ref.bytes),
            sleutel=_seal(self._sleutels.kek[versie], sleutel, persoon_ref.bytes),
            sleutelversie=versie,
        )

    def ontsluit(self, persoon_ref: UUID, versluiteld: Versluiteld) -> bytes:
        """Decrypt what `versluit` made for this person.

        Raises:
            KluisError: the key is unknown, or the bytes are not this person's.
        """
        kek = self._sleutels.kek.get(versluiteld.sleutelversie)
        if kek is None:
            raise KluisError("unknown KEK version")
        try:
            sleutel = _open(kek, versluiteld.sleutel, persoon_ref.bytes)
            return _open(sleutel, versluiteld.gegevens, persoon_ref.bytes)
        except (InvalidTag, ValueError):
            raise KluisError("does not open") from None


def _seal(key: bytes, data: bytes, bound_to: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, bound_to)


def _open(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)
