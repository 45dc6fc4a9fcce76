"""KaartgegevensLezen, KlassegegevensLezen: what was stored last, also while the BRP is away (R012). The BRP is not asked.

That the asker may read these youths, the calling service has checked (D17). Who is unknown, was destroyed or is about to be
is told apart by nobody.
"""

from collections.abc import Collection, Sequence
from datetime import date

from brp_proxy.application import contexts
from brp_proxy.application.commands import KaartgegevensLezen, KlassegegevensLezen
from brp_proxy.application.ports import PersoonRepository
from brp_proxy.domain.kaart import Kaart
from brp_proxy.domain.leeftijd import (
    Geboortedatum,
    Jaar,
    JaarMaand,
    grensdatum,
    leeftijd_op,
    leeftijdsband,
    leeftijdsgroep,
)
from contracts.base import PersoonRef
from contracts.http.persoonsgegevens import (
    Adres,
    Kaartgegevens,
    KaartgegevensAntwoord,
    Klassegegevens,
    KlassegegevensAntwoord,
)
from platformkit.executor import Executor, UnitOfWork


class KaartLezen:
    """For who shows a card."""

    def __init__(self, executor: Executor, personen: PersoonRepository) -> None:
        self._executor = executor
        self._personen = personen

    async def __call__(self, command: KaartgegevensLezen) -> KaartgegevensAntwoord:
        """Those that can be read."""
        context = contexts.dienst(command.dienst, command.namens)
        return await self._executor.execute(self._lees, context, command.personen)

    async def _lees(self, work: UnitOfWork, personen: Sequence[PersoonRef]) -> KaartgegevensAntwoord:
        kaarten, dicht = await _gelezen(work, self._personen, "kaartgegevens-lezen", personen)
        items = [_kaartgegevens(kaart, work.today) for kaart in kaarten]
        return KaartgegevensAntwoord(items=items, tijdelijk_onleesbaar=list(dicht))


class KlasseLezen:
    """For who dates and counts signals."""

    def __init__(self, executor: Executor, personen: PersoonRepository) -> None:
        self._executor = executor
        self._personen = personen

    async def __call__(self, command: KlassegegevensLezen) -> KlassegegevensAntwoord:
        """Those that can be read."""
        context = contexts.dienst(command.dienst, None)
        return await self._executor.execute(self._lees, context, command.personen)

    async def _lees(self, work: UnitOfWork, personen: Sequence[PersoonRef]) -> KlassegegevensAntwoord:
        kaarten, dicht = await _gelezen(work, self._personen, "klassegegevens-lezen", personen)
        items = [_klassegegevens(kaart, work.today) for kaart in kaarten]
        return KlassegegevensAntwoord(items=items, tijdelijk_onleesbaar=list(dicht))


async def _gelezen(
    work: UnitOfWork, personen: PersoonRepository, actie: str, gevraagd: Sequence[PersoonRef]
) -> tuple[Sequence[Kaart], Collection[PersoonRef]]:
    """What is stored of each, with one audit record for each."""
    refs = list(dict.fromkeys(gevraagd))
    kaarten, dicht = await personen.lees(work, refs)
    bekend = {kaart.persoon_ref for kaart in kaarten}
    for ref in refs:
        outcome = "gelezen" if ref in bekend else "onleesbaar" if ref in dicht else "onbekend"
        work.audit(actie, outcome=outcome, person=ref)
    return kaarten, dicht


def _kaartgegevens(kaart: Kaart, vandaag: date) -> Kaartgegevens:
    adres = kaart.adres
    return Kaartgegevens(
        persoon_ref=kaart.persoon_ref,
        naam=kaart.naam,
        geboortedatum=_geschreven(kaart.geboren) if kaart.geboren else None,
        geslacht=kaart.geslacht,
        adres=Adres(regels=list(adres.regels), briefadres=adres.briefadres, in_onderzoek=adres.in_onderzoek)
        if adres
        else None,
        woongemeente=kaart.woongemeente,
        geheim=kaart.geheim,
        leeftijdsband=leeftijdsband(vandaag, kaart.geboren) if kaart.geboren else None,
        peildatum=kaart.peildatum,
    )


def _klassegegevens(kaart: Kaart, vandaag: date) -> Klassegegevens:
    geboren = kaart.geboren
    return Klassegegevens(
        persoon_ref=kaart.persoon_ref,
        versie=kaart.versie,
        uiterlijk=grensdatum(geboren) if geboren else None,
        woongemeente=kaart.woongemeente,
        geheim=kaart.geheim,
        leeftijdsgroep=leeftijdsgroep(leeftijd_op(vandaag, geboren)) if geboren else None,
        geslacht=kaart.geslacht,
    )


def _geschreven(datum: Geboortedatum) -> str:
    """ISO 8601, as far as it is known."""
    match datum:
        case JaarMaand(jaar=jaar, maand=maand):
            return f"{jaar:04}-{maand:02}"
        case Jaar(jaar=jaar):
            return f"{jaar:04}"
        case date():
            return datum.isoformat()
