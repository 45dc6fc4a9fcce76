"""Every port of match gets from the database in memory the answers that PostgreSQL gives.

A fake that has not passed the real one's tests is a lie.
"""

from datetime import date
from uuid import UUID, uuid4

import pytest
from services.match.tests.simulatie.databases import Database
from services.match.tests.simulatie.rijen import band, een_match, ended, rij

from match.application.ports import PersoonRij, SignaalRij
from match.domain.signaal import PersoonStatus, SignaalStatus

pytestmark = pytest.mark.timeout(120)


async def test_a_newer_signal_is_stored_and_the_one_before_it_given_back(db: Database) -> None:
    jeugdige = uuid4()
    een, ander = rij(jeugdige, 2), rij(jeugdige, 1)
    async with db.transactie() as t:
        assert await t.projectie.werk_signalen_bij([een, ander]) == {een.signaal_id: None, ander.signaal_id: None}
    zelfde, ouder, nieuwer = een, een._replace(versie=1), ander._replace(versie=3, einddatum=date(2026, 6, 1))
    async with db.transactie() as t:
        assert await t.projectie.werk_signalen_bij([zelfde, nieuwer]) == {ander.signaal_id: ander}
        assert await t.projectie.werk_signalen_bij([ouder]) == {}
        assert await t.projectie.werk_signalen_bij([]) == {}
        ids = [een.signaal_id, ander.signaal_id, uuid4()]
        assert await t.projectie.signalen_met_id(ids) == {een.signaal_id: een, ander.signaal_id: nieuwer}


async def test_a_tombstone_keeps_its_version_only(db: Database) -> None:
    jeugdige = uuid4()
    een = rij(jeugdige)
    async with db.transactie() as t:
        await t.projectie.werk_signalen_bij([een])
        steen = SignaalRij.grafsteen(een.signaal_id, 2)
        assert await t.projectie.werk_signalen_bij([steen]) == {een.signaal_id: een}
        assert await t.projectie.signalen([jeugdige]) == []
        assert await t.projectie.signalen_met_id([een.signaal_id]) == {een.signaal_id: steen}


async def test_candidates_are_the_active_signals_with_their_youths_state(db: Database) -> None:
    bekend, onbekend, buiten = uuid4(), uuid4(), uuid4()
    dood = PersoonRij(bekend, 1, PersoonStatus.OVERLEDEN)
    rijen = [rij(bekend), rij(onbekend), rij(buiten), rij(bekend, status=SignaalStatus.INACTIEF, reden="verlopen")]
    async with db.transactie() as t:
        await t.projectie.werk_signalen_bij(rijen)
        await t.projectie.werk_personen_bij([dood])
        gevonden = await t.projectie.signalen([bekend, onbekend])
        assert {(s.signaal_id, s.persoon) for s in gevonden} == {
            (rijen[0].signaal_id, PersoonStatus.OVERLEDEN),
            (rijen[1].signaal_id, None),
        }
        (s,) = (s for s in gevonden if s.signaal_id == rijen[0].signaal_id)
        assert s[:10] == (rijen[0].signaal_id, *rijen[0][2:11])


async def test_youths_by_version(db: Database) -> None:
    een, ander = uuid4(), uuid4()
    levend, dood = PersoonRij(een, 1, PersoonStatus.IN_LEVEN), PersoonRij(ander, 3, PersoonStatus.OVERLEDEN)
    async with db.transactie() as t:
        assert await t.projectie.werk_personen_bij([levend, dood]) == {een, ander}
        oud, nieuw = dood._replace(versie=3, status=PersoonStatus.IN_LEVEN), levend._replace(versie=2)
        assert await t.projectie.werk_personen_bij([oud, nieuw]) == {een}
        assert await t.projectie.werk_personen_bij([]) == set()
        assert await t.projectie.personen([een, ander, uuid4()]) == {ander: dood.status}


async def test_parents_are_replaced_whole(db: Database) -> None:
    kind, zus, moeder, vader = (uuid4() for _ in range(4))
    async with db.transactie() as t:
        await t.projectie.vervang_ouders([kind, zus], [band(kind, moeder), band(kind, vader), band(zus, moeder)])
    async with db.transactie() as t:
        assert set(await t.projectie.ouders([kind])) == {band(kind, moeder), band(kind, vader)}
        assert set(await t.projectie.kinderen([moeder])) == {band(kind, moeder), band(zus, moeder)}
        await t.projectie.vervang_ouders([kind], [band(kind, moeder, 2)])
        assert await t.projectie.ouders([kind]) == [band(kind, moeder, 2)]
        await t.projectie.vervang_ouders([kind], [])
        await t.projectie.vervang_ouders([], [])
        assert await t.projectie.ouders([kind, zus]) == [band(zus, moeder)]
        assert await t.projectie.kinderen([]) == []


async def test_matches_by_signal_by_id_and_by_date(db: Database) -> None:
    kind, zus, ander = uuid4(), uuid4(), uuid4()
    client, gezin = een_match(kind, kind), een_match(zus, kind, einddatum=date(2001, 1, 2))
    elders, voorbij = een_match(ander, ander, einddatum=date(2001, 1, 1)), ended(een_match(kind, kind))
    async with db.transactie() as t:
        await t.matches.bewaar([client, gezin, elders, voorbij])
        await t.matches.bewaar([])
    async with db.transactie() as t:
        van_twee = await t.matches.van([client.signaal_b, voorbij.signaal_a])
        assert {m.match_id for m in van_twee} == {client.match_id, voorbij.match_id}
        assert await t.matches.van([gezin.signaal_a, gezin.signaal_b]) == [gezin]
        assert await t.matches.van([uuid4()]) == []
        assert await t.matches.van([]) == []
        assert await t.matches.met_id([voorbij.match_id, uuid4()]) == [voorbij]
        assert await t.matches.met_id([]) == []
        assert await t.matches.verlopen(date(2000, 1, 1), 10) == []
        assert await t.matches.verlopen(date(2001, 1, 1), 10) == [elders]
        assert await t.matches.verlopen(date(2001, 1, 2), 1) == [elders]
        assert await t.matches.verlopen(date(2001, 1, 2), 2) == [elders, gezin]
        await t.matches.bewaar([ended(gezin), ended(elders)])
        assert await t.matches.verlopen(date(2001, 1, 2), 2) == []
        assert await t.matches.met_id([gezin.match_id]) == [ended(gezin)]
        assert isinstance(await t.matches.generatie(), int)
        ids = sorted((client.match_id, gezin.match_id, elders.match_id, voorbij.match_id))
        assert set(ids) <= set(gevonden := await t.matches.ids_na(None, 1_000_000))
        assert gevonden == sorted(gevonden)
        assert (await t.matches.ids_na(ids[0], 1))[0] > ids[0]
        assert await t.matches.ids_na(UUID(int=2**128 - 1), 1) == []


async def test_the_matches_of_a_signal_that_ended_for_another_reason(db: Database) -> None:
    kind, zus = uuid4(), uuid4()
    een, ander, actief = ended(een_match(kind, zus)), ended(een_match(zus, kind)), een_match(kind, zus)
    verwijderd = een.ten_onrechte(0)
    async with db.transactie() as t:
        await t.matches.bewaar([een, ander, actief])
    async with db.transactie() as t:
        assert await t.matches.beeindigd_voor([]) == []
        assert await t.matches.beeindigd_voor([uuid4(), actief.signaal_a]) == []
        beide = sorted([een, ander], key=lambda m: m.match_id)
        assert await t.matches.beeindigd_voor([een.signaal_a, een.signaal_b, ander.signaal_b]) == beide
        await t.matches.bewaar([verwijderd])
        assert await t.matches.beeindigd_voor([een.signaal_a]) == []
