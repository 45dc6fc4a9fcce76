"""What brp-proxy tells the others of a person: the whole state, in the words of the contract (D2)."""

from typing import TypeVar

from brp_proxy.domain.persoon import Persoon
from contracts.persoon import (
    PersoonGewijzigd,
    PersoonOverleden,
    PersoonToestand,
    PersoonVastgelegd,
    PersoonVerhuisd,
)

T = TypeVar("T", bound=PersoonToestand)


def vertel(persoon: Persoon, vorige: Persoon | None) -> PersoonToestand:
    """What others are told when a person is stored: exactly one event, whatever changed (D10).

    It carries the whole state, so of several changes one gives the name. Who becomes secret has not moved; a move is told
    as one to whoever it concerns, so it comes before parents, whom readers compare by themselves.
    """
    if vorige is None:
        return vastgelegd(persoon)
    if persoon.overleden_op is not None and vorige.overleden_op is None:
        return _toestand(PersoonOverleden, persoon)
    if persoon.geheim != vorige.geheim:
        return _toestand(PersoonGewijzigd, persoon)
    if persoon.woongemeente != vorige.woongemeente:
        return _toestand(PersoonVerhuisd, persoon)
    if persoon.ouder_refs != vorige.ouder_refs:
        return _toestand(PersoonGewijzigd, persoon)
    return vastgelegd(persoon)


def vastgelegd(persoon: Persoon) -> PersoonVastgelegd:
    """The present state: no news, and never the cause of a match (D18)."""
    return _toestand(PersoonVastgelegd, persoon)


def _toestand(soort: type[T], persoon: Persoon) -> T:
    return soort(
        persoon_ref=persoon.persoon_ref,
        ouders=persoon.ouders,
        ouders_onjuist=tuple(sorted(persoon.ouders_onjuist)),
        woongemeente=persoon.woongemeente,
        geheim=persoon.geheim,
        overleden_op=persoon.overleden_op,
    )
