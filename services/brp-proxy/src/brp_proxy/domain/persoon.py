"""The person as other services know him, and what they are told when he is stored again (D1, D2, D18)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.persoon import Ouder, PersoonGewijzigd, PersoonToestand, PersoonVastgelegd, PersoonVerhuisd


@dataclass(frozen=True)
class Persoon:
    """State and version of a person, without anything that identifies him."""

    persoon_ref: UUID
    versie: int
    ouders: tuple[Ouder, ...]
    woongemeente: str | None
    geheim: bool

    @property
    def ouder_refs(self) -> frozenset[UUID]:
        """The refs of the current parents."""
        return frozenset(ouder.ouder_ref for ouder in self.ouders)


def eerste(
    persoon_ref: UUID, ouders: Collection[UUID], woongemeente: str | None, *, geheim: bool, nu: datetime
) -> tuple[Persoon, PersoonToestand]:
    """A person who was not known, and what others are told."""
    ouder_lijst = tuple(Ouder(ouder_ref=ref, sinds=nu, sinds_versie=1) for ref in sorted(ouders))
    persoon = Persoon(persoon_ref, 1, ouder_lijst, woongemeente, geheim)
    return persoon, _vertel(PersoonVastgelegd, persoon)


def opnieuw(
    vorige: Persoon, ouders: Collection[UUID], woongemeente: str | None, *, geheim: bool, nu: datetime
) -> tuple[Persoon, PersoonToestand]:
    """A known person whose lease is renewed, and what others are told: exactly one event, whatever changed (D10).

    A parent who was not there in the version before is marked: from then on he can be the cause of a match (D18).
    """
    versie = vorige.versie + 1
    bekend = {ouder.ouder_ref: ouder for ouder in vorige.ouders}
    ouder_lijst = tuple(
        bekend.get(ref) or Ouder(ouder_ref=ref, sinds=nu, sinds_versie=versie, sinds_gewijzigd=True)
        for ref in sorted(ouders)
    )
    persoon = Persoon(vorige.persoon_ref, versie, ouder_lijst, woongemeente, geheim)
    if persoon.ouder_refs != vorige.ouder_refs or geheim != vorige.geheim:
        return persoon, _vertel(PersoonGewijzigd, persoon)
    if woongemeente != vorige.woongemeente:
        return persoon, _vertel(PersoonVerhuisd, persoon)
    return persoon, _vertel(PersoonVastgelegd, persoon)


def zoals_vastgelegd(persoon: Persoon) -> PersoonToestand:
    """The present state, told again: no news."""
    return _vertel(PersoonVastgelegd, persoon)


def _vertel(soort: type[PersoonToestand], persoon: Persoon) -> PersoonToestand:
    return soort(
        persoon_ref=persoon.persoon_ref,
        ouders=persoon.ouders,
        woongemeente=persoon.woongemeente,
        geheim=persoon.geheim,
    )
