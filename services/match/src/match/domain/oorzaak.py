"""The one cause of a match, the same whatever the order of arrival (D18)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

from contracts.base import PersoonRef
from contracts.match import OorzaakSoort
from match.domain.signaal import Kandidaat, Ouderband

_PERSOON_GEWIJZIGD = UUID("0f6a4c1e-7f0b-5d53-9a35-6f1b0c8d2e77")


class Oorzaak(NamedTuple):
    """What made the match, and when."""

    soort: OorzaakSoort
    id: UUID
    op: datetime


def oorzaak(a: Kandidaat, b: Kandidaat, gedeeld: Sequence[tuple[Ouderband, Ouderband]] = ()) -> Oorzaak:
    """The cause of a match of `a` and `b`; `gedeeld` holds for each shared parent how it stands with either youth.

    The later of the two signals by (moment, id), unless the earliest shared parent was brought by a PersoonGewijzigd
    after both. A parent that one of the two youths had from the start became shared when the other one got it.
    """
    laatste = max(a, b, key=lambda signaal: (signaal.afgegeven_op, signaal.signaal_id))
    door_signaal = Oorzaak(OorzaakSoort.SIGNAAL_AFGEGEVEN, laatste.signaal_id, laatste.afgegeven_op)
    wijzigingen = [_gedeeld_door(een, ander) for een, ander in gedeeld]
    eerste = min((each for each in wijzigingen if each is not None), key=_volgorde, default=None)
    # A parent that both had from the start was shared before any change was.
    if eerste is None or None in wijzigingen or eerste.sinds <= laatste.afgegeven_op:
        return door_signaal
    return Oorzaak(OorzaakSoort.PERSOON_GEWIJZIGD, wijziging_id(eerste.persoon_ref, eerste.sinds_versie), eerste.sinds)


def wijziging_id(persoon_ref: PersoonRef, versie: int) -> UUID:
    """The id of version `versie` of a person as a cause."""
    return uuid5(_PERSOON_GEWIJZIGD, f"{persoon_ref}:{versie}")


def _gedeeld_door(een: Ouderband, ander: Ouderband) -> Ouderband | None:
    """Which of the two changes made the parent shared, none when both youths had it from the start."""
    return max((band for band in (een, ander) if band.sinds_gewijzigd), key=_volgorde, default=None)


def _volgorde(band: Ouderband) -> tuple[datetime, PersoonRef, int]:
    return (band.sinds, band.persoon_ref, band.sinds_versie)
