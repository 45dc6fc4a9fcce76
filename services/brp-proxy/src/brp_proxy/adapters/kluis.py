"""The vault: how a BSN is indexed and how a person's data are encrypted (D1, D8).

Every person has a data key of its own, made once. It stands in another database than the data, wrapped by the
key-encryption key (KEK): who destroys it there destroys every copy of the data, also in backups. Beside it stand the BSNs
of the person and his parents, sealed by the KEK. Whoever opens what was stored can check that it is this person's: the ref
is authenticated with it.
"""

import hmac
import json
import secrets
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from brp_proxy.domain.bsn import Bsn
from contracts.base import OuderRef

_NONCE = 12
_NAMEN = b"namen"


class Sleutelsoort(StrEnum):
    """The two kinds of key, each with versions of its own: what indexes BSNs, and what encrypts data keys."""

    HMAC = "hmac"
    KEK = "kek"


class KluisError(Exception):
    """Stored data cannot be opened: the key is gone, unknown or not this person's. Says nothing of the data."""


def _decode(value: object) -> object:
    return b64decode(value, validate=True) if isinstance(value, str) else value


_Sleutel = Annotated[bytes, BeforeValidator(_decode), Field(min_length=32, max_length=32, repr=False)]


class _Versies(BaseModel):
    """The versions of one kind of key. Older ones stay until nothing uses them; `actief` is what is written under."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    actief: int
    sleutels: Mapping[int, _Sleutel]

    @model_validator(mode="after")
    def _actief_is_er(self) -> Self:
        if self.actief not in self.sleutels:
            raise ValueError("the active version has no key")
        return self

    def minstens(self, versie: int) -> int:
        """The active version, or a newer one that was used already: another process has that one active."""
        return max(self.actief, versie) if versie in self.sleutels else self.actief


class Sleutels(BaseModel):
    """The key file: 32 random bytes each, in base64; two kinds, each with versions of its own (D1)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kek: _Versies
    hmac: _Versies

    @model_validator(mode="before")
    @classmethod
    def _een_versie_voor_beide(cls, given: Any) -> Any:
        """A file of before the two kinds had versions of their own: `actief` beside them."""
        if not isinstance(given, dict) or "actief" not in given:
            return given
        actief = given["actief"]
        return {
            name: {"actief": actief, "sleutels": each} if name in cls.model_fields else each
            for name, each in given.items()
            if name != "actief"
        }

    @model_validator(mode="after")
    def _alle_verschillend(self) -> Self:
        keys = [*self.kek.sleutels.values(), *self.hmac.sleutels.values()]
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
class Namen:
    """The BSN of a youth, and those of his parents."""

    jeugdige: Bsn
    ouders: Mapping[OuderRef, Bsn]


@dataclass(frozen=True, repr=False)
class Ingepakt:
    """A person's data key and his `Namen`, both under one KEK, each with its nonce in front."""

    sleutel: bytes
    namen: bytes
    kekversie: int


class Kluis:
    """Indexes and encrypts with the keys of one file."""

    def __init__(self, sleutels: Sleutels) -> None:
        self._kek = sleutels.kek
        self._hmac = sleutels.hmac

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

    def actief(self, soort: Sleutelsoort) -> int:
        """The version that is written under."""
        return self._van(soort).actief

    def versies(self, soort: Sleutelsoort) -> frozenset[int]:
        """The versions that are in the file."""
        return frozenset(self._van(soort).sleutels)

    def _van(self, soort: Sleutelsoort) -> _Versies:
        return self._kek if soort is Sleutelsoort.KEK else self._hmac

    def indexen(self, bsn: Bsn) -> Sequence[Index]:
        """Where this BSN may stand: under each version of the key, the newest first."""
        return [Index(versie, self._digest(versie, bsn)) for versie in sorted(self._hmac.sleutels, reverse=True)]

    def index(self, bsn: Bsn, versie: int = 0) -> Index:
        """Where this BSN is to stand: under the active key, or under the newer one that it stood under already."""
        hoogste = self._hmac.minstens(versie)
        return Index(hoogste, self._digest(hoogste, bsn))

    def slot(self, bsn: Bsn) -> int:
        """A number to lock this BSN by: under the lowest version, which processes on both sides of a rotation share."""
        return int.from_bytes(self._digest(min(self._hmac.sleutels), bsn)[:8], "big", signed=True)

    @staticmethod
    def nieuwe_sleutel() -> bytes:
        """A data key for a person."""
        return secrets.token_bytes(32)

    def pak_in(self, persoon_ref: UUID, sleutel: bytes, namen: Namen, versie: int = 0) -> Ingepakt:
        """Wrap this person's data key and seal his names, under the active KEK or the newer one of before."""
        hoogste = self._kek.minstens(versie)
        kek = self._kek.sleutels[hoogste]
        ouders = {str(ref): bsn.waarde for ref, bsn in namen.ouders.items()}
        open_ = json.dumps({"bsn": namen.jeugdige.waarde, "ouders": ouders}).encode()
        return Ingepakt(
            sleutel=_seal(kek, sleutel, persoon_ref.bytes),
            namen=_seal(kek, open_, persoon_ref.bytes + _NAMEN),
            kekversie=hoogste,
        )

    def pak_uit(self, persoon_ref: UUID, sleutel: bytes, kekversie: int) -> bytes:
        """This person's data key, as `pak_in` wrapped it.

        Raises:
            KluisError: the KEK is unknown, or the bytes are not this person's.
        """
        return self._open(persoon_ref.bytes, sleutel, kekversie)

    def namen(self, persoon_ref: UUID, namen: bytes, kekversie: int) -> Namen:
        """This person's names, as `pak_in` sealed them.

        Raises:
            KluisError: the KEK is unknown, or the bytes are not this person's.
        """
        found = json.loads(self._open(persoon_ref.bytes + _NAMEN, namen, kekversie))
        return Namen(Bsn(found["bsn"]), {OuderRef(UUID(ref)): Bsn(bsn) for ref, bsn in found["ouders"].items()})

    def versluit(self, persoon_ref: UUID, sleutel: bytes, gegevens: bytes) -> bytes:
        """Encrypt `gegevens` under this person's data key."""
        return _seal(sleutel, gegevens, persoon_ref.bytes)

    def ontsluit(self, persoon_ref: UUID, sleutel: bytes, gegevens: bytes) -> bytes:
        """Decrypt what `versluit` made for this person.

        Raises:
            KluisError: it was made under another key, or for another.
        """
        return _open(sleutel, gegevens, persoon_ref.bytes)

    def _open(self, bound_to: bytes, sealed: bytes, kekversie: int) -> bytes:
        if (kek := self._kek.sleutels.get(kekversie)) is None:
            raise KluisError("unknown KEK version")
        return _open(kek, sealed, bound_to)

    def _digest(self, versie: int, bsn: Bsn) -> bytes:
        return hmac.digest(self._hmac.sleutels[versie], bsn.waarde.encode(), "sha256")


def _seal(key: bytes, data: bytes, bound_to: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, bound_to)


def _open(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)
    except (InvalidTag, ValueError):
        raise KluisError("does not open") from None
