"""The person as other services know him, and what becomes of him when he is stored again (D1, D18)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from contracts.base import OuderRef, PersoonRef
from contracts.persoon import Ouder


@dataclass(frozen=True)
class Persoon:
    """State and version of a person, without anything that identifies him."""

    persoon_ref: PersoonRef
    versie: int
    ouders: tuple[Ouder, ...]
    woongemeente: str | None
    geheim: bool

    @property
    def ouder_refs(self) -> frozenset[OuderRef]:
        """The refs of the current parents."""
        return frozenset(ouder.ouder_ref for ouder in self.ouders)


def vastgelegd(
    persoon_ref: PersoonRef,
    vorige: Persoon | None,
    ouders: Collection[OuderRef],
    *,
    woongemeente: str | None,
    geheim: bool,
    nu: datetime,
) -> Persoon:
    """The person as he is stored now, the first time or again.

    A parent who was not there in the version before is marked: from then on he can be the cause of a match (D18).
    """
    versie = vorige.versie + 1 if vorige else 1
    bekend = {ouder.ouder_ref: ouder for ouder in vorige.ouders} if vorige else {}
    ouder_lijst = tuple(
        bekend.get(ref) or Ouder(ouder_ref=ref, sinds=nu, sinds_versie=versie, sinds_gewijzigd=vorige is not None)
        for ref in sorted(ouders)
    )
    return Persoon(persoon_ref, versie, ouder_lijst, woongemeente, geheim)
