"""The burgerservicenummer: only this service ever holds one (D1)."""

import re
from dataclasses import dataclass

from stdnum.nl import bsn

from platformkit.errors import DomainError

_NEGEN_CIJFERS = re.compile(r"[0-9]{9}", re.ASCII)


@dataclass(frozen=True, repr=False)
class Bsn:
    """Nine digits. Never printed: a repr ends up in exception texts and logs."""

    waarde: str

    def __repr__(self) -> str:
        return "Bsn(***)"

    @classmethod
    def ingevoerd(cls, tekst: str) -> "Bsn":
        """A BSN as somebody typed it (R030).

        Raises:
            DomainError: `bsn-ongeldig`, not nine digits or it fails the eleven-test.
        """
        if not _NEGEN_CIJFERS.fullmatch(tekst) or not bsn.is_valid(tekst):
            raise DomainError("bsn-ongeldig")
        return cls(tekst)

    @classmethod
    def geregistreerd(cls, waarde: object) -> "Bsn | None":
        """A BSN as registered with a parent in the BRP; none when there is none, or nothing that looks like one (D1)."""
        return cls(waarde) if isinstance(waarde, str) and _NEGEN_CIJFERS.fullmatch(waarde) else None
