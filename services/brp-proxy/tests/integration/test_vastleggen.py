"""PersoonVastleggen on a real database: one ref per BSN, one event per call, nothing readable left behind."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

import asyncpg
import pytest
from asyncpg import PostgresError
from sqlalchemy import text

from brp_proxy.application.handlers.republish import CONTEXT
from platformkit.db.statement import Statement
from platformkit.errors import ConstraintError, DomainError


async def test_a_first_time_gives_a_ref_and_tells_it(omgeving, kijk) -> None:
    verwijzing = await omgeving.leg_vast()
    [(soort, ref, versie, data)] = await kijk.events()
    assert (soort, ref, versie) == ("vastgelegd", verwijzing.persoon_ref, 1)
    assert ref.version == 4
    assert len(data["ouders"]) == 2
    assert all(not ouder["sindsGewijzigd"] for ouder in data["ouders"])
    assert await kijk.rijen("select bevestigd, vastgelegd_op from persoon") == [
        {"bevestigd": False, "vastgelegd_op": omgeving.clock.now()}
    ]
    [audit] = await kijk.rijen("select actor, role, action, outcome, person from audit")
    assert audit == {
        "actor": f"signaal/{omgeving.NAMENS.actor}",
        "role": "professional",
        "action": "brp-raadpleging",
        "outcome": "gevonden",
        "person": ref,
    }


async def test_a_known_person_gets_the_same_answer_and_the_same_work(omgeving, kijk) -> None:
    eerste = await omgeving.leg_vast()
    omgeving.clock.forward(timedelta(minutes=1))
    tweede = await omgeving.leg_vast()
    assert tweede.persoon_ref == eerste.persoon_ref
    assert tweede.vastgelegd_op == eerste.vastgelegd_op + timedelta(minutes=1)
    assert [(soort, versie) for soort, _, versie, _ in await kijk.events()] == [("vastgelegd", 1), ("vastgelegd", 2)]
    assert [eerste.versie, tweede.versie] == [1, 2]
    assert await kijk.rijen("select bevestigd, vastgelegd_op from persoon") == [
        {"bevestigd": False, "vastgelegd_op": omgeving.clock.now()}
    ]


async def test_a_parent_who_appears_and_one_who_goes(omgeving, kijk) -> None:
    await omgeving.leg_vast()
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.NIEUW)
    omgeving.clock.forward(timedelta(days=1))
    await omgeving.leg_vast()
    (*_, eerst), (soort, _, versie, nu) = await kijk.events()
    assert (soort, versie) == ("gewijzigd", 2)
    oud = {ouder["ouderRef"] for ouder in eerst["ouders"]}
    [bijgekomen] = [ouder for ouder in nu["ouders"] if ouder["ouderRef"] not in oud]
    assert (bijgekomen["sindsVersie"], bijgekomen["sindsGewijzigd"]) == (2, True)
    [weg] = await kijk.rijen("select persoon_ref, reden from vernietigd")
    assert weg["reden"] == "ouder"
    assert str(weg["persoon_ref"]) in oud
    assert await kijk.aantal("verwijzing") == 3


async def test_a_former_parent_stays_while_another_child_is_here(omgeving, kijk) -> None:
    await omgeving.leg_vast()
    await omgeving.leg_vast(omgeving.BROER)
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.VADER)
    await omgeving.leg_vast()
    assert await kijk.aantal("vernietigd") == 0
    assert await kijk.aantal("ouder") == 2


@pytest.mark.parametrize(("woongemeente", "geheim", "soort"), [("0392", False, "verhuisd"), (None, True, "gewijzigd")])
async def test_a_move_and_a_secret_address_are_told(omgeving, kijk, woongemeente, geheim, soort) -> None:
    await omgeving.leg_vast()
    omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.VADER, woongemeente=woongemeente, geheim=geheim)
    await omgeving.leg_vast()
    _, (gehoord, _, _, data) = await kijk.events()
    assert (gehoord, data["woongemeente"], data["geheim"]) == (soort, woongemeente, geheim)


async def test_many_at_the_same_instant_end_in_one_ref(omgeving, kijk) -> None:
    verwijzingen = await asyncio.gather(*(omgeving.leg_vast() for _ in range(20)))
    assert len({verwijzing.persoon_ref for verwijzing in verwijzingen}) == 1
    assert sorted(versie for _, _, versie, _ in await kijk.events()) == list(range(1, 21))


async def test_siblings_at_the_same_instant_share_one_parent(omgeving, kijk) -> None:
    for _ in range(10):
        await asyncio.gather(omgeving.leg_vast(), omgeving.leg_vast(omgeving.BROER))
        assert await kijk.aantal("verwijzing") == 4
        assert await kijk.rijen("select count(*) from ouder group by ouder order by 1") == [{"count": 1}, {"count": 2}]
        await kijk.doe("truncate verwijzing cascade")


async def test_a_youth_who_is_a_parent_has_another_ref_as_such(omgeving, kijk) -> None:
    omgeving.persoon(omgeving.BROER, omgeving.JEUGDIGE)
    jeugdige = (await omgeving.leg_vast()).persoon_ref
    await omgeving.leg_vast(omgeving.BROER)
    assert jeugdige not in {row["ouder"] for row in await kijk.rijen("select ouder from ouder")}


async def test_changing_the_key_keeps_the_ref_and_moves_the_index(omgeving, kijk) -> None:
    oud = await omgeving.leg_vast(actief=1)
    nieuw = await omgeving.leg_vast(actief=2)
    assert nieuw.persoon_ref == oud.persoon_ref
    assert await kijk.rijen("select distinct sleutelversie from verwijzing") == [{"sleutelversie": 2}]
    assert await kijk.sleutels.rijen("select indexversie, kekversie from sleutel") == [
        {"indexversie": 2, "kekversie": 2}
    ]


@pytest.mark.parametrize("onder", [1, 2])
async def test_during_a_change_of_keys_a_ref_is_still_that_of_its_bsn(omgeving, kijk, onder) -> None:
    ref = (await omgeving.leg_vast(actief=onder)).persoon_ref
    for actief in (1, 2):
        assert await omgeving.vergelijk(omgeving.JEUGDIGE, ref, actief=actief)
        assert not await omgeving.vergelijk(omgeving.BROER, ref, actief=actief)
    assert await kijk.sleutels.rijen("select indexversie from sleutel") == [{"indexversie": onder}]


async def test_during_a_change_of_keys_two_processes_give_one_ref(omgeving, kijk) -> None:
    verwijzingen = await asyncio.gather(*(omgeving.leg_vast(actief=1 + n % 2) for n in range(20)))
    assert len({verwijzing.persoon_ref for verwijzing in verwijzingen}) == 1
    assert await kijk.aantal("verwijzing") == 3


@pytest.mark.parametrize("code", ["persoon-onbekend", "bsn-niet-uniek"])
async def test_who_is_refused_leaves_only_an_audit_record(omgeving, kijk, code) -> None:
    omgeving.brp_zegt = DomainError(code) if code == "bsn-niet-uniek" else None
    with pytest.raises(DomainError, match=code):
        await omgeving.leg_vast(omgeving.NIEUW)
    assert await kijk.rijen("select outcome, person from audit") == [{"outcome": code, "person": None}]
    for table in ("verwijzing", "persoon", "outbox"):
        assert await kijk.aantal(table) == 0


async def test_nothing_readable_is_stored(omgeving, kijk) -> None:
    await omgeving.leg_vast()
    alles = await kijk.alles() + await kijk.sleutels.alles()
    for kanarie in (omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.VADER, omgeving.KANARIE, "2012-05-05"):
        assert kanarie not in alles


async def test_without_a_context_the_api_reads_and_writes_nothing(omgeving, databases) -> None:
    await omgeving.leg_vast()
    for statement in (
        "select * from verwijzing",
        "select * from persoon",
        "select * from ouder",
        "delete from verwijzing",
    ):
        with pytest.raises((PostgresError, ConstraintError)):
            await databases["api"].rows(Statement(text(statement)))


async def test_neither_role_reaches_the_others_database(addresses, sleuteladressen) -> None:
    for role in ("api", "worker"):
        for of, database in ((addresses, "brp_proxy_sleutels"), (sleuteladressen, "brp_proxy")):
            with pytest.raises(PostgresError, match="permission denied for database"):
                await asyncpg.connect(urlsplit(of[role])._replace(path=f"/{database}").geturl())


async def test_the_api_cannot_end_a_youth(omgeving, databases, kijk) -> None:
    await omgeving.leg_vast()
    async with databases["api"].transaction() as connection:
        await connection.execute(Statement(text("select set_config('app.role', 'dienst', true)")))
        await connection.execute(Statement(text("delete from verwijzing where soort = 'jeugdige'")))
    assert await kijk.aantal("persoon") == 1


async def test_a_row_put_in_anothers_place_does_not_open(omgeving, kijk) -> None:
    await omgeving.leg_vast()
    await omgeving.leg_vast(omgeving.BROER)
    ene, andere = await kijk.rijen("select persoon_ref, gegevens from persoon")
    await kijk.doe("update persoon set gegevens = $1 where persoon_ref = $2", ene["gegevens"], andere["persoon_ref"])
    register = omgeving.persoonsregister()
    _, dicht = await omgeving.executor("api").execute(register.bladzijde, CONTEXT, None, 10)
    assert dicht == [andere["persoon_ref"]]
