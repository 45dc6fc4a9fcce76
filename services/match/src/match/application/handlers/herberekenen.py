"""Make the stored matches of some youths equal what should be, and tell the difference (D4)."""

from collections.abc import Collection, Mapping
from uuid import UUID

from contracts.match import (
    BetrokkenProfessional,
    MatchBeeindigd,
    MatchOntstaan,
    MatchStatus,
    Oorzaak,
)
from contracts.signaal import Organisatiesoort
from match.application.ports import Matches, Projectie
from match.domain.match import Match
from match.domain.paren import Paar, paren
from match.domain.reden import reden_van_einde
from platformkit.executor import UnitOfWork

Sporen = Mapping[UUID, str | None]
"""The traceparent of what was told of a signal or a youth, by its id."""


async def herbereken(
    work: UnitOfWork, projectie: Projectie, matches: Matches, jeugdigen: Collection[UUID], sporen: Sporen
) -> int:
    """Recompute all matches of `jeugdigen`, whose locks and those of their parents are held; the number that changed.

    Nothing else decides what becomes of a match: begin, extension, end, correction and return are the difference
    between what should be and what is.
    """
    if not jeugdigen:
        return 0
    gewenst = await _gewenst(work, projectie, frozenset(jeugdigen))
    actieve = {m.match_id: m for m in await matches.actieve(jeugdigen)}
    bekend = {**actieve, **{m.match_id: m for m in await matches.met_id(gewenst.keys() - actieve.keys())}}
    veranderd = await _verschil(work, projectie, matches, gewenst, bekend)
    await matches.bewaar(veranderd)
    for m in veranderd:
        work.emit(_event(m), version=m.versie, traceparent=_spoor(m, sporen))
    return len(veranderd)


async def _gewenst(work: UnitOfWork, projectie: Projectie, jeugdigen: frozenset[UUID]) -> Mapping[UUID, Paar]:
    ouders = {band.ouder_ref for band in await projectie.ouders(jeugdigen)}
    banden = await projectie.kinderen(ouders)
    kring = jeugdigen | {band.persoon_ref for band in banden}
    return paren(await projectie.signalen(kring), banden, work.today, rond=jeugdigen)


async def _verschil(
    work: UnitOfWork,
    projectie: Projectie,
    matches: Matches,
    gewenst: Mapping[UUID, Paar],
    bekend: Mapping[UUID, Match],
) -> list[Match]:
    vervallen = [m for m in bekend.values() if m.match_id not in gewenst]
    if not gewenst and not vervallen:
        return []
    generatie = await matches.generatie()
    veranderd = []
    for match_id, paar in gewenst.items():
        oud = bekend.get(match_id)
        nieuw = oud.herzien(paar, generatie, work.now) if oud else Match.ontstaan(paar, generatie, work.now)
        if nieuw is not None:
            veranderd.append(nieuw)
    zijden = await projectie.zijden(vervallen) if vervallen else {}
    for m in vervallen:
        reden = reden_van_einde(
            m.soort,
            *zijden[m.match_id],
            zelfde_professional=m.professional_a == m.professional_b,
            vandaag=work.today,
        )
        veranderd.append(m.beeindigd(reden, generatie, work.now))
    return veranderd


def _spoor(m: Match, sporen: Sporen) -> str | None:
    """The trace of the message that caused the change: of the cause itself when it came in this batch."""
    for betrokken in (m.oorzaak_id, m.signaal_a, m.signaal_b, m.persoon_a, m.persoon_b):
        if betrokken in sporen:
            return sporen[betrokken]
    return None


def _event(m: Match) -> MatchOntstaan | MatchBeeindigd:
    soort_event = MatchOntstaan if m.status is MatchStatus.ACTIEF else MatchBeeindigd
    return soort_event(
        match_id=m.match_id,
        soort=m.soort,
        signalen=(m.signaal_a, m.signaal_b),
        personen=tuple(sorted({m.persoon_a, m.persoon_b})),
        professionals=(
            BetrokkenProfessional(
                signaal_id=m.signaal_a,
                persoon_ref=m.persoon_a,
                professional=m.professional_a,
                account=m.account_a,
                organisatie=m.organisatie_a,
                organisatiesoort=Organisatiesoort(m.organisatiesoort_a),
                convenant=m.convenant_a,
                gemeente=m.gemeente_a,
            ),
            BetrokkenProfessional(
                signaal_id=m.signaal_b,
                persoon_ref=m.persoon_b,
                professional=m.professional_b,
                account=m.account_b,
                organisatie=m.organisatie_b,
                organisatiesoort=Organisatiesoort(m.organisatiesoort_b),
                convenant=m.convenant_b,
                gemeente=m.gemeente_b,
            ),
        ),
        oorzaak=Oorzaak(soort=m.oorzaak_soort, id=m.oorzaak_id, op=m.oorzaak_op),
        einddatum=m.einddatum,
        status=m.status,
        reden=m.reden,
    )
