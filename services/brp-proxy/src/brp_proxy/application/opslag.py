"""Storing what the BRP says of a youth, as the next version of this person."""

from brp_proxy.application.ports import PersoonRepository
from brp_proxy.domain import events
from brp_proxy.domain.persoon import vastgelegd
from brp_proxy.domain.persoonslijst import Persoonslijst
from contracts.base import PersoonRef
from platformkit.executor import UnitOfWork


async def leg_vast(work: UnitOfWork, personen: PersoonRepository, lijst: Persoonslijst) -> PersoonRef:
    """Store him under the ref that he has, or a new one, and tell it: the same work whoever he is (D10)."""
    await personen.neem_beurt(work, lijst.bsn, lijst.ouder_bsns)
    plek = await personen.zoek(work, lijst)
    vorige = plek.vorige
    ouders = await personen.verwijzingen_van_ouders(work, lijst.ouder_bsns, plek)
    persoon = vastgelegd(
        plek.persoon_ref,
        vorige,
        frozenset(ouders.values()),
        woongemeente=lijst.woongemeente,
        geheim=lijst.geheim,
        nu=work.now,
    )
    await personen.bewaar(work, plek, persoon, lijst, ouders)
    weg = vorige.ouder_refs - persoon.ouder_refs if vorige else frozenset()
    await personen.laat_ouders_gaan(work, weg)
    work.emit(events.vertel(persoon, vorige), version=persoon.versie)
    return plek.persoon_ref
