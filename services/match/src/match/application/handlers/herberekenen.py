"""Make the stored matches of some signals equal what should be, and tell the difference (D4)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from typing import NamedTuple
from uuid import UUID

from contracts.base import MatchId, OuderRef, PersoonRef, SignaalId
from contracts.match import MatchReden, MatchSoort, MatchStatus
from match.application.ports import Opslag, ProjectieRepository
from match.domain.events import toestand
from match.domain.match import Match
from match.domain.oorzaak import wijziging_id
from match.domain.paren import Paar, paren
from match.domain.reden import Gezin, Reden, Zijde, reden_van_einde
from match.domain.signaal import Betrokkene, Kandidaat, Ouderband, Signaalstand, SignaalStatus
from platformkit.executor import UnitOfWork

Banden = Mapping[PersoonRef, frozenset[Ouderband]]
"""The parents of youths."""
Vorige = Mapping[SignaalId, Signaalstand | None]
"""What signals were before this transaction changed them; none when they are new."""


class Aanleiding(NamedTuple):
    """What this transaction changed, and in which trace it was told of (D12).

    `vorige` is what each changed signal was before, and so what its matches told of it: the end of a match is told in
    the transaction that destroys its signal, or no more. `verwijderd` are the signals among them that are removed now.
    `signalen` and all signals of `jeugdigen` are looked at as well; those have their new version, and `ouders` who was their
    parent before. `sporen` has the traceparent by signal and by youth.
    """

    vorige: Vorige = {}
    verwijderd: Collection[SignaalId] = ()
    signalen: Set[SignaalId] = frozenset()
    jeugdigen: Mapping[PersoonRef, int] = {}
    ouders: Banden = {}
    sporen: Mapping[UUID, str | None] = {}


class Verandering(NamedTuple):
    """A match that is not what was told last, with what is told of its sides."""

    match: Match
    a: Betrokkene
    b: Betrokkene


async def herbereken(work: UnitOfWork, opslag: Opslag, banden: Banden, aanleiding: Aanleiding) -> int:
    """Recompute the matches of what changed, on the youths in `banden`, who are held with these parents; how many changed.

    Nothing else decides what becomes of a match: begin, extension, end, correction and return are the difference
    between what should be and what is. A match depends on its two signals, their youths and those youths' parents, so
    only the matches of a changed signal and those of a changed youth's signals can be another one than before.
    """
    if not banden:
        return 0
    rond, gewenst = await _gewenst(work, opslag.projectie, banden, aanleiding)
    # What match had never heard of is in no match yet: a signal stays, as a tombstone at least.
    gekend = [each for each in rond if aanleiding.vorige.get(each, True) is not None]
    bekend = {m.match_id: m for m in await opslag.matches.van(work, gekend)}
    vervallen = [m for m in bekend.values() if m.status is MatchStatus.ACTIEF and m.match_id not in gewenst]
    voorbij = await opslag.matches.beeindigd_voor(work, aanleiding.verwijderd)
    if not gewenst and not vervallen and not voorbij:
        return 0
    generatie = await opslag.matches.generatie(work)
    veranderd = [
        *_ontstaan(work, gewenst, bekend, aanleiding.vorige, generatie),
        *await _beeindigd(work, opslag.projectie, vervallen, aanleiding, generatie),
        *await _ten_onrechte(work, opslag.projectie, voorbij, aanleiding.vorige, generatie),
    ]
    await opslag.matches.bewaar(work, [each.match for each in veranderd])
    for each in veranderd:
        work.emit(
            toestand(each.match, each.a, each.b),
            version=each.match.versie,
            traceparent=_spoor(each.match, aanleiding.sporen),
        )
    return len(veranderd)


async def _gewenst(
    work: UnitOfWork, projectie: ProjectieRepository, banden: Banden, aanleiding: Aanleiding
) -> tuple[Set[SignaalId], Mapping[MatchId, Paar]]:
    """The signals whose matches may have changed, and every match that they should be in."""
    ouders = {band.ouder_ref for van_een in banden.values() for band in van_een}
    verwant = await projectie.kinderen(work, ouders)
    signalen = await projectie.signalen(work, banden.keys() | {band.persoon_ref for band in verwant})
    van_jeugdigen = {s.signaal_id for s in signalen if s.persoon_ref in aanleiding.jeugdigen}
    rond = aanleiding.vorige.keys() | aanleiding.signalen | van_jeugdigen
    return rond, paren(signalen, verwant, work.today, rond=rond)


def _ontstaan(
    work: UnitOfWork,
    gewenst: Mapping[MatchId, Paar],
    bekend: Mapping[MatchId, Match],
    vorige: Vorige,
    generatie: int,
) -> Iterator[Verandering]:
    """What arises, arises again, or is to be told anew."""
    for match_id, paar in gewenst.items():
        oud = bekend.get(match_id)
        if oud is None:
            nieuw: Match | None = Match.ontstaan(paar, generatie, work.now)
        else:
            anders = _zegt_anders(paar.a, vorige) or _zegt_anders(paar.b, vorige)
            nieuw = oud.herzien(paar, generatie, work.now, anders=anders)
        if nieuw is not None:
            yield Verandering(nieuw, paar.a.betrokkene(), paar.b.betrokkene())


def _zegt_anders(signaal: Kandidaat, vorige: Vorige) -> bool:
    oud = vorige.get(signaal.signaal_id)
    return oud is not None and oud.betrokkene() != signaal.betrokkene()


async def _beeindigd(
    work: UnitOfWork,
    projectie: ProjectieRepository,
    vervallen: Collection[Match],
    aanleiding: Aanleiding,
    generatie: int,
) -> list[Verandering]:
    """What ends, with its sides as they were told."""
    if not vervallen:
        return []
    signalen = await projectie.signalen_met_id(work, {each for m in vervallen for each in (m.signaal_a, m.signaal_b)})
    personen = await projectie.personen(work, {each for m in vervallen for each in (m.persoon_a, m.persoon_b)})
    gezinnen = await _gezinnen(work, projectie, vervallen, aanleiding.ouders)
    veranderd = []
    for m in vervallen:
        a, b = signalen[m.signaal_a], signalen[m.signaal_b]
        reden = reden_van_einde(
            Zijde(a.status, a.reden, a.einddatum, personen.get(m.persoon_a)),
            Zijde(b.status, b.reden, b.einddatum, personen.get(m.persoon_b)),
            gezinnen.get(m.match_id),
            zelfde_professional=a.professional == b.professional,
            vandaag=work.today,
        )
        einde = m.beeindigd(reden, _door(reden, a, b, m, aanleiding.jeugdigen), generatie, work.now)
        veranderd.append(Verandering(einde, *_verteld(a, b, aanleiding.vorige)))
    return veranderd


async def _gezinnen(
    work: UnitOfWork, projectie: ProjectieRepository, vervallen: Collection[Match], voorheen: Banden
) -> Mapping[MatchId, Gezin]:
    """What the family matches among these rested on until this transaction, and what is known of it now."""
    samen = [m for m in vervallen if m.soort is MatchSoort.GEZIN]
    if not samen:
        return {}
    jeugdigen = {ref for m in samen for ref in (m.persoon_a, m.persoon_b)}
    ouders: dict[PersoonRef, set[OuderRef]] = {ref: set() for ref in jeugdigen}
    for band in await projectie.ouders(work, jeugdigen - voorheen.keys()):
        ouders[band.persoon_ref].add(band.ouder_ref)
    for ref in jeugdigen & voorheen.keys():
        ouders[ref] = {band.ouder_ref for band in voorheen[ref]}
    onjuist = await projectie.onjuiste_ouders(work, jeugdigen)
    geen: frozenset[OuderRef] = frozenset()
    return {
        m.match_id: Gezin(
            ouders[m.persoon_a] & ouders[m.persoon_b], onjuist.get(m.persoon_a, geen) | onjuist.get(m.persoon_b, geen)
        )
        for m in samen
    }


def _door(reden: Reden, a: Signaalstand, b: Signaalstand, m: Match, jeugdigen: Mapping[PersoonRef, int]) -> UUID | None:
    """What showed that a match was wrong: the same for all that it ended in this transaction."""
    if reden is MatchReden.SIGNAAL_VERWIJDERD:
        return _verwijderd(a, b)
    if reden is MatchReden.OUDER_GECORRIGEERD:
        veranderd = {m.persoon_a, m.persoon_b} & jeugdigen.keys()
        return min((wijziging_id(ref, jeugdigen[ref]) for ref in veranderd), default=None)
    return None


def _verwijderd(a: Signaalstand, b: Signaalstand) -> SignaalId:
    return min(each.signaal_id for each in (a, b) if each.status is SignaalStatus.VERWIJDERD)


async def _ten_onrechte(
    work: UnitOfWork,
    projectie: ProjectieRepository,
    voorbij: Collection[Match],
    vorige: Vorige,
    generatie: int,
) -> Iterable[Verandering]:
    """What had ended and turns out never to have been right; not when a side is destroyed: of that one nothing is told."""
    if not voorbij:
        return []
    signalen = await projectie.signalen_met_id(work, {each for m in voorbij for each in (m.signaal_a, m.signaal_b)})
    return [
        Verandering(m.ten_onrechte(_verwijderd(a, b), generatie), *_verteld(a, b, vorige))
        for m in voorbij
        if SignaalStatus.VERNIETIGD not in {(a := signalen[m.signaal_a]).status, (b := signalen[m.signaal_b]).status}
    ]


def _verteld(a: Signaalstand, b: Signaalstand, vorige: Vorige) -> Iterator[Betrokkene]:
    """What these two said before this transaction."""
    return ((vorige.get(nu.signaal_id) or nu).betrokkene() for nu in (a, b))


def _spoor(m: Match, sporen: Mapping[UUID, str | None]) -> str | None:
    """The trace of the message that caused the change: of the cause itself when it came in this batch."""
    for betrokken in (m.oorzaak_id, m.signaal_a, m.signaal_b, m.persoon_a, m.persoon_b):
        if betrokken in sporen:
            return sporen[betrokken]
    return None
