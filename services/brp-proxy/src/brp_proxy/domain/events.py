"""What brp-proxy tells the others of a person: the whole state, in the words of the contract (D2)."""

from typing import TypeVar

from brp_proxy.domain.persoon import Persoon
from contracts.persoon import PersoonGewijzigd, PersoonToestand, PersoonVastgelegd, PersoonVerhuisd

T = TypeVar("T", bound=PersoonToestand)


def vertel(persoon: Persoon, vorige: Persoon | None) -> PersoonToestand:
    """What others are told when a lease is given: exactly one event, whatever changed (D10)."""
    if vorige is None:
        return vastgelegd(persoon)
    if persoon.ouder_refs != vorige.ouder_refs or persoon.geheim != vorige.geheim:
        return _toestand(PersoonGewijzigd, persoon)
    if persoon.woongemeente != vorige.woongemeente:
        return _toestand(PersoonVerhuisd, persoon)
    return vastgelegd(persoon)


def vastgelegd(persoon: Persoon) -> PersoonVastgelegd:
    """The present state: no news, and never the cause of a match (D18)."""
    return _toestand(PersoonVastgelegd, persoon)


def _toestand(soort: type[T], persoon: Persoon) -> T:
    return soort(
        persoon_ref=persoon.persoon_ref,
        ouders=persoon.ouders,
        woongemeente=persoon.woongemeente,
        geheim=persoon.geheim,
    )
