"""Storing what the BRP says of a youth as his next version: the same for whoever asks for him and for who follows him."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from brp_proxy.application.ports import PersoonRepository, Plek
from brp_proxy.domain import events
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.persoon import Persoon, hernummerd, vastgelegd
from brp_proxy.domain.persoonslijst import Persoonslijst
from contracts.base import OuderRef
from platformkit.executor import UnitOfWork


async def leg_vast(work: UnitOfWork, personen: PersoonRepository, lijst: Persoonslijst) -> Persoon:
    """Store a youth on lease, known or not, and tell it: the same work for both (D10)."""
    plek = await _plek(work, personen, lijst)
    persoon, ouders = await _nu(work, personen, plek, lijst)
    await personen.bewaar(work, plek, persoon, lijst, ouders, lease=True)
    await _vertel(work, personen, persoon, plek.vorige)
    return persoon


async def werk_bij(
    work: UnitOfWork, personen: PersoonRepository, lijst: Persoonslijst, onvindbaar: Collection[OuderRef] = ()
) -> Persoon | None:
    """Store and tell a known youth of whom anything is another than before; none when nothing is.

    It makes nobody known and renews no lease: whoever was destroyed meanwhile stays so. A parent whose BSN became another
    keeps his ref; `onvindbaar` are those former ones whose BSN leads nowhere any more.
    """
    plek = await _plek(work, personen, lijst)
    if (vorige := plek.vorige) is None:
        return None
    zelfde = hernummerd(vorige, lijst, onvindbaar, plek.ouders)
    plek = replace(plek, ouders={**plek.ouders, **zelfde})
    persoon, ouders = await _nu(work, personen, plek, lijst, frozenset(zelfde.values()))
    if not zelfde and not persoon.zegt_anders(vorige):
        return None
    await personen.bewaar(work, plek, persoon, lijst, ouders, lease=False)
    await _vertel(work, personen, persoon, vorige)
    return persoon


async def _plek(work: UnitOfWork, personen: PersoonRepository, lijst: Persoonslijst) -> Plek:
    await personen.neem_beurt(work, lijst.bsn, lijst.ouder_bsns)
    return await personen.zoek(work, lijst)


async def _nu(
    work: UnitOfWork,
    personen: PersoonRepository,
    plek: Plek,
    lijst: Persoonslijst,
    zelfde: frozenset[OuderRef] = frozenset(),
) -> tuple[Persoon, Mapping[Bsn, OuderRef]]:
    ouders = await personen.verwijzingen_van_ouders(work, lijst.ouder_bsns, plek)
    persoon = vastgelegd(plek.persoon_ref, plek.vorige, lijst, ouders, nu=work.now, vandaag=work.today, zelfde=zelfde)
    return persoon, ouders


async def _vertel(work: UnitOfWork, personen: PersoonRepository, persoon: Persoon, vorige: Persoon | None) -> None:
    await personen.laat_ouders_gaan(work, vorige.ouder_refs - persoon.ouder_refs if vorige else frozenset())
    work.emit(events.vertel(persoon, vorige), version=persoon.versie)
