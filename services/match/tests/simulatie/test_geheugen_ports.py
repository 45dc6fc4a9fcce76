"""Every port of match gets from the database in memory the answers that PostgreSQL gives.

A fake that has not passed the real one's tests is a lie.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from uuid import UUID, uuid4

import pytest
from services.match.tests.simulatie.databases import Database
from services.match.tests.simulatie.rijen import band, een_match, ended, rij

from contracts.signaal import SignaalReden
from match.domain.signaal import Kandidaat, Persoonstand, PersoonStatus, Signaalstand, SignaalStatus
from platformkit.executor import UnitOfWork

pytestmark = pytest.mark.timeout(120)


async def test_a_newer_signal_is_stored_and_the_one_before_it_given_back(db: Database) -> None:
    jeugdige = uuid4()
    een, ander = rij(jeugdige, 2), rij(jeugdige, 1)
    async with db.transactie() as t:
        assert await db.opslag.projectie.werk_signalen_bij(t, [een, ander]) == {
            een.signaal_id: None,
            ander.signaal_id: None,
        }
    zelfde, ouder, nieuwer = een, een._replace(versie=1), ander._replace(versie=3, einddatum=date(2026, 6, 1))
    async with db.transactie() as t:
        assert await db.opslag.projectie.werk_signalen_bij(t, [zelfde, nieuwer]) == {ander.signaal_id: ander}
        assert await db.opslag.projectie.werk_signalen_bij(t, [ouder]) == {}
        assert await db.opslag.projectie.werk_signalen_bij(t, []) == {}
        ids = [een.signaal_id, ander.signaal_id, uuid4()]
        assert await db.opslag.projectie.signalen_met_id(t, ids) == {een.signaal_id: een, ander.signaal_id: nieuwer}


async def test_a_tombstone_keeps_its_version_only(db: Database) -> None:
    jeugdige = uuid4()
    een = rij(jeugdige)
    async with db.transactie() as t:
        await db.opslag.projectie.werk_signalen_bij(t, [een])
        steen = Signaalstand(een.signaal_id, 2, SignaalStatus.VERNIETIGD)
        assert await db.opslag.projectie.werk_signalen_bij(t, [steen]) == {een.signaal_id: een}
        assert await db.opslag.projectie.signalen(t, [jeugdige]) == []
        assert await db.opslag.projectie.signalen_met_id(t, [een.signaal_id]) == {een.signaal_id: steen}


async def test_candidates_are_the_active_signals_with_their_youths_state(db: Database) -> None:
    bekend, onbekend, buiten, levend = uuid4(), uuid4(), uuid4(), uuid4()
    standen = [Persoonstand(bekend, 1, PersoonStatus.OVERLEDEN), Persoonstand(levend, 1, PersoonStatus.IN_LEVEN)]
    rijen = [
        rij(bekend),
        rij(onbekend),
        rij(buiten),
        rij(levend),
        rij(bekend, status=SignaalStatus.INACTIEF, reden=SignaalReden.VERLOPEN),
    ]
    async with db.transactie() as t:
        await db.opslag.projectie.werk_signalen_bij(t, rijen)
        await db.opslag.projectie.werk_personen_bij(t, standen)
        gevonden = await db.opslag.projectie.signalen(t, [bekend, onbekend, levend])
        assert {(s.signaal_id, s.persoon) for s in gevonden} == {
            (rijen[0].signaal_id, PersoonStatus.OVERLEDEN),
            (rijen[1].signaal_id, None),
            (rijen[3].signaal_id, None),
        }
        (s,) = (s for s in gevonden if s.signaal_id == rijen[0].signaal_id)
        zelfde = set(Kandidaat._fields) - {"persoon"}
        assert {naam: getattr(s, naam) for naam in zelfde} == {naam: getattr(rijen[0], naam) for naam in zelfde}
        deelnames = await db.opslag.projectie.deelnames(t, [bekend, onbekend, levend])
        assert set(deelnames) == {(s.organisatiesoort, s.status, s.einddatum, s.persoon) for s in gevonden}


async def test_youths_by_version(db: Database) -> None:
    een, ander = uuid4(), uuid4()
    levend, dood = Persoonstand(een, 1, PersoonStatus.IN_LEVEN), Persoonstand(ander, 3, PersoonStatus.OVERLEDEN)
    async with db.transactie() as t:
        assert await db.opslag.projectie.werk_personen_bij(t, [levend, dood]) == {een, ander}
        oud, nieuw = dood._replace(versie=3, status=PersoonStatus.IN_LEVEN), levend._replace(versie=2)
        assert await db.opslag.projectie.werk_personen_bij(t, [oud, nieuw]) == {een}
        assert await db.opslag.projectie.werk_personen_bij(t, []) == set()
        assert await db.opslag.projectie.personen(t, [een, ander, uuid4()]) == {ander: dood.status}
        assert await db.opslag.projectie.onjuiste_ouders(t, [een, ander]) == {}


async def test_former_parents_who_never_were_go_with_the_version_that_says_so(db: Database) -> None:
    een, ander, moeder, vader = (uuid4() for _ in range(4))
    geen = Persoonstand(een, 1, PersoonStatus.IN_LEVEN)
    async with db.transactie() as t:
        await db.opslag.projectie.werk_personen_bij(t, [geen, geen._replace(persoon_ref=ander)])
        await db.opslag.projectie.werk_personen_bij(t, [geen._replace(versie=3, ouders_onjuist=(moeder, vader))])
        await db.opslag.projectie.werk_personen_bij(t, [geen._replace(versie=2)])
    async with db.transactie() as t:
        jeugdigen = [een, ander, uuid4()]
        assert await db.opslag.projectie.onjuiste_ouders(t, jeugdigen) == {een: frozenset({moeder, vader})}
        await db.opslag.projectie.werk_personen_bij(t, [geen._replace(versie=4)])
        assert await db.opslag.projectie.onjuiste_ouders(t, jeugdigen) == {}


async def test_parents_are_replaced_whole(db: Database) -> None:
    kind, zus, moeder, vader = (uuid4() for _ in range(4))
    async with db.transactie() as t:
        await db.opslag.projectie.vervang_ouders(
            t, [kind, zus], [band(kind, moeder), band(kind, vader), band(zus, moeder)]
        )
    async with db.transactie() as t:
        assert set(await db.opslag.projectie.ouders(t, [kind])) == {band(kind, moeder), band(kind, vader)}
        assert set(await db.opslag.projectie.kinderen(t, [moeder])) == {band(kind, moeder), band(zus, moeder)}
        await db.opslag.projectie.vervang_ouders(t, [kind], [band(kind, moeder, 2)])
        assert await db.opslag.projectie.ouders(t, [kind]) == [band(kind, moeder, 2)]
        await db.opslag.projectie.vervang_ouders(t, [kind], [])
        await db.opslag.projectie.vervang_ouders(t, [], [])
        assert await db.opslag.projectie.ouders(t, [kind, zus]) == [band(zus, moeder)]
        assert await db.opslag.projectie.kinderen(t, []) == []


def op(work: UnitOfWork, dag: date) -> UnitOfWork:
    """The same, on another day."""
    return replace(work, now=datetime.combine(dag, time(12), UTC))


async def test_matches_by_signal_by_id_and_by_date(db: Database) -> None:
    kind, zus, ander = uuid4(), uuid4(), uuid4()
    client, gezin = een_match(kind, kind), een_match(zus, kind, einddatum=date(2001, 1, 2))
    elders, voorbij = een_match(ander, ander, einddatum=date(2001, 1, 1)), ended(een_match(kind, kind))
    async with db.transactie() as t:
        await db.opslag.matches.bewaar(t, [client, gezin, elders, voorbij])
        await db.opslag.matches.bewaar(t, [])
    async with db.transactie() as t:
        van_twee = await db.opslag.matches.van(t, [client.signaal_b, voorbij.signaal_a])
        assert {m.match_id for m in van_twee} == {client.match_id, voorbij.match_id}
        assert await db.opslag.matches.van(t, [gezin.signaal_a, gezin.signaal_b]) == [gezin]
        assert await db.opslag.matches.van(t, [uuid4()]) == []
        assert await db.opslag.matches.van(t, []) == []
        assert await db.opslag.matches.met_id(t, [voorbij.match_id, uuid4()]) == [voorbij]
        (weer,) = await db.opslag.matches.met_id(t, [voorbij.match_id])
        # A code that is only text is equal to its name.
        codes = ("soort", "oorzaak_soort", "status", "reden")
        assert [type(getattr(weer, code)) for code in codes] == [type(getattr(voorbij, code)) for code in codes]
        assert await db.opslag.matches.met_id(t, []) == []
        assert await db.opslag.matches.verlopen(op(t, date(2000, 1, 1)), 10) == []
        assert await db.opslag.matches.verlopen(op(t, date(2001, 1, 1)), 10) == [elders]
        assert await db.opslag.matches.verlopen(op(t, date(2001, 1, 2)), 1) == [elders]
        assert await db.opslag.matches.verlopen(op(t, date(2001, 1, 2)), 2) == [elders, gezin]
        await db.opslag.matches.bewaar(t, [ended(gezin), ended(elders)])
        assert await db.opslag.matches.verlopen(op(t, date(2001, 1, 2)), 2) == []
        assert await db.opslag.matches.met_id(t, [gezin.match_id]) == [ended(gezin)]
        assert isinstance(
            await db.opslag.matches.generatie(
                t,
            ),
            int,
        )
        ids = sorted((client.match_id, gezin.match_id, elders.match_id, voorbij.match_id))
        assert set(ids) <= set(gevonden := await db.opslag.matches.ids_na(t, None, 1_000_000))
        assert gevonden == sorted(gevonden)
        assert (await db.opslag.matches.ids_na(t, ids[0], 1))[0] > ids[0]
        assert await db.opslag.matches.ids_na(t, UUID(int=2**128 - 1), 1) == []


async def test_the_matches_of_a_signal_that_ended_for_another_reason(db: Database) -> None:
    kind, zus = uuid4(), uuid4()
    een, ander, actief = ended(een_match(kind, zus)), ended(een_match(zus, kind)), een_match(kind, zus)
    verwijderd = een.ten_onrechte(een.signaal_a, 0)
    async with db.transactie() as t:
        await db.opslag.matches.bewaar(t, [een, ander, actief])
    async with db.transactie() as t:
        assert await db.opslag.matches.beeindigd_voor(t, []) == []
        assert await db.opslag.matches.beeindigd_voor(t, [uuid4(), actief.signaal_a]) == []
        beide = sorted([een, ander], key=lambda m: m.match_id)
        assert await db.opslag.matches.beeindigd_voor(t, [een.signaal_a, een.signaal_b, ander.signaal_b]) == beide
        await db.opslag.matches.bewaar(t, [verwijderd])
        assert await db.opslag.matches.beeindigd_voor(t, [een.signaal_a]) == []
