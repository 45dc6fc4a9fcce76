"""The database in memory gives the answers that PostgreSQL gives: every port, and what happens between transactions.

A fake that has not passed the real one's tests is a lie.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from services.match.tests.berichten import OP, SPOOR, Signaleerder
from services.match.tests.simulatie.geheugen import Geheugen, Transactie
from services.match.tests.simulatie.opslag import opslag
from services.match.tests.stand import verteld
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.match import MatchReden, MatchSoort, MatchStatus, OorzaakSoort
from match.adapters.db.opslag import opslag as echte_opslag
from match.application.ports import Opslag, PersoonRij, SignaalRij
from match.domain.match import Match
from match.domain.signaal import Ouderband, PersoonStatus, SignaalStatus
from platformkit.clock import FixedClock
from platformkit.db.tables import dead_letter
from platformkit.executor import Executor, UnitOfWork
from platformkit.messaging.dead_letters import Parked, forget, park
from platformkit.messaging.envelope import Message
from platformkit.retry import is_transient

BRON = "urn:nld:oin:00000099000000001000:systeem:match"
pytestmark = pytest.mark.timeout(120)


class AsyncioBeurten:
    """The memory's turns on asyncio's loop."""

    def __init__(self) -> None:
        self.wachtend = 0

    async def beurt(self) -> None:
        await asyncio.sleep(0)

    async def wacht_op(self, transactie: Transactie) -> None:
        self.wachtend += 1
        while not transactie.klaar:
            await asyncio.sleep(0)
        self.wachtend -= 1


class Database:
    """Either of the two."""

    engine: Any
    opslag: Callable[[UnitOfWork], Opslag]

    async def wachtend(self) -> int:
        raise NotImplementedError

    async def outbox(self, match_id: UUID) -> list[Any]:
        raise NotImplementedError

    async def dode_brieven(self, consumer: str) -> int:
        raise NotImplementedError

    async def iemand_wacht(self) -> None:
        """Eventually somebody waits for a lock."""
        async with asyncio.timeout(60):
            while not await self.wachtend():
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def transactie(self) -> AsyncIterator[Opslag]:
        async with self.engine.begin() as connection:
            yield self.opslag(SimpleNamespace(connection=connection))  # type: ignore[arg-type]


class InPostgres(Database):
    opslag = staticmethod(echte_opslag)

    def __init__(self, engine: AsyncEngine, relay: str) -> None:
        self.engine = engine
        self._relay = relay

    async def wachtend(self) -> int:
        async with self.engine.begin() as connection:
            vraag = text(
                "select count(*) from pg_stat_activity"
                " where wait_event_type = 'Lock' and application_name = 'match-test' and datname = current_database()"
            )
            return int((await connection.execute(vraag)).scalar_one())

    async def outbox(self, match_id: UUID) -> list[Any]:
        return await verteld(self._relay, match_id)

    async def dode_brieven(self, consumer: str) -> int:
        async with self.engine.begin() as connection:
            return len((await connection.execute(select(dead_letter).where(dead_letter.c.consumer == consumer))).all())


class InGeheugen(Database):
    opslag = staticmethod(opslag)

    def __init__(self) -> None:
        self.beurten = AsyncioBeurten()
        self.geheugen = Geheugen(self.beurten)
        self.engine = self.geheugen.engine()

    async def wachtend(self) -> int:
        await asyncio.sleep(0)
        return self.beurten.wachtend

    async def outbox(self, match_id: UUID) -> list[Any]:
        return [rij for rij in self.geheugen.tabellen["outbox"].values() if rij.key == str(match_id)]

    async def dode_brieven(self, consumer: str) -> int:
        return sum(sleutel[0] == consumer for sleutel in self.geheugen.tabellen["dead_letter"])


@pytest.fixture(params=["postgres", "geheugen"])
def db(request: pytest.FixtureRequest) -> Database:
    if request.param == "geheugen":
        return InGeheugen()
    dsns: Mapping[str, str] = request.getfixturevalue("dsns")
    return InPostgres(request.getfixturevalue("worker"), dsns["relay"])


def _sqlstate(error: BaseException) -> object:
    """Of the driver's error, or of what SQLAlchemy made of it."""
    return getattr(error.orig.__cause__ if isinstance(error, DBAPIError) else error, "sqlstate", None)


class TerugError(Exception):
    """Rolls back."""


def rij(jeugdige: UUID, versie: int = 1, **velden: Any) -> SignaalRij:
    gevuld = SignaalRij(
        uuid4(), versie, jeugdige, uuid4(), uuid4(), uuid4(), "jeugdhulp", "zuid-kennemerland", "0392", OP,
        date(2026, 5, 1), SignaalStatus.ACTIEF, None,
    )  # fmt: skip
    return gevuld._replace(**velden)


def band(kind: UUID, ouder: UUID, versie: int = 1) -> Ouderband:
    return Ouderband(kind, ouder, OP, versie, False)


def een_match(a: UUID, b: UUID, **velden: Any) -> Match:
    laag, hoog = sorted((uuid4(), uuid4()))
    gevuld = Match(
        match_id=uuid4(), soort=MatchSoort.CLIENT if a == b else MatchSoort.GEZIN, signaal_a=laag, signaal_b=hoog,
        persoon_a=a, persoon_b=b, account_a=uuid4(), account_b=uuid4(),
        oorzaak_soort=OorzaakSoort.SIGNAAL_AFGEGEVEN, oorzaak_id=hoog, oorzaak_op=OP, einddatum=date(2026, 5, 1),
        status=MatchStatus.ACTIEF, reden=None, versie=1, ontstaan_op=OP, beeindigd_op=None,
    )  # fmt: skip
    return gevuld._replace(**velden)


def ended(m: Match) -> Match:
    return m._replace(status=MatchStatus.BEEINDIGD, reden=MatchReden.EINDDATUM, beeindigd_op=OP, versie=m.versie + 1)


# -- one transaction at a time ----------------------------------------------------------------------------------------


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


async def test_two_removed_signals_of_one_match_find_it_once(db: Database) -> None:
    """Their youths need not have a parent in common any more: the match itself is held."""
    m = ended(een_match(uuid4(), uuid4()))
    async with db.transactie() as t:
        await t.matches.bewaar([m])

    async def tweede() -> list[Match]:
        async with db.transactie() as t:
            return await t.matches.beeindigd_voor([m.signaal_b])

    async with db.transactie() as t:
        assert await t.matches.beeindigd_voor([m.signaal_a]) == [m]
        taak = asyncio.create_task(tweede())
        await db.iemand_wacht()
        await t.matches.bewaar([m.ten_onrechte(0)])
    assert await taak == []


async def test_what_is_rolled_back_was_never_there(db: Database) -> None:
    jeugdige, ouder = uuid4(), uuid4()
    een, m = rij(jeugdige), een_match(jeugdige, jeugdige)

    async def niet() -> None:
        async with db.transactie() as t:
            await t.projectie.werk_signalen_bij([een])
            await t.projectie.vervang_ouders([jeugdige], [band(jeugdige, ouder)])
            await t.matches.bewaar([m])
            raise TerugError

    with pytest.raises(TerugError):
        await niet()
    async with db.transactie() as t:
        assert await t.projectie.signalen_met_id([een.signaal_id]) == {}
        assert await t.projectie.ouders([jeugdige]) == []
        assert await t.matches.met_id([m.match_id]) == []


# -- several transactions at once ---------------------------------------------------------------------------------------


async def test_a_statement_sees_what_was_committed_before_it_began_and_no_more(db: Database) -> None:
    jeugdige = uuid4()
    een, m = rij(jeugdige), een_match(jeugdige, jeugdige)
    async with db.transactie() as lezer:
        assert await lezer.projectie.signalen([jeugdige]) == []
        async with db.transactie() as schrijver:
            await schrijver.projectie.werk_signalen_bij([een])
            await schrijver.matches.bewaar([m])
            assert len(await schrijver.projectie.signalen([jeugdige])) == 1
            assert await lezer.projectie.signalen([jeugdige]) == []
            assert await lezer.matches.van([m.signaal_a]) == []
        assert len(await lezer.projectie.signalen([jeugdige])) == 1
        assert await lezer.matches.van([m.signaal_a]) == [m]


@pytest.mark.parametrize("soort", ["jeugdigen", "ouders"])
@pytest.mark.parametrize("bekend", [True, False])
@pytest.mark.parametrize("terug", [True, False])
async def test_a_key_is_held_by_one_at_a_time(db: Database, soort: str, bekend: bool, terug: bool) -> None:
    """Also a key that did not exist, and whatever becomes of its first holder; the next sees what that one did."""
    ref = uuid4()
    een = rij(ref)
    if bekend:
        async with db.transactie() as t:
            await getattr(t.sleutels, soort)([ref])

    async def tweede() -> Any:
        async with db.transactie() as t:
            await getattr(t.sleutels, soort)([uuid4(), ref])
            return await t.projectie.signalen([ref])

    async def eerste() -> "asyncio.Task[Any]":
        async with db.transactie() as t:
            await getattr(t.sleutels, soort)([ref])
            taak = asyncio.create_task(tweede())
            await t.projectie.werk_signalen_bij([een])
            await db.iemand_wacht()
            assert not taak.done()
            wachter.append(taak)
            if terug:
                raise TerugError
        return taak

    wachter: list[asyncio.Task[Any]] = []
    try:
        await eerste()
    except TerugError:
        assert terug
    assert len(await wachter[0]) == (0 if terug else 1)


async def test_a_key_that_another_made_meanwhile_and_holds_is_not_waited_for(db: Database) -> None:
    """It would come after a key with a higher id, which its holder may want."""
    laag, hoog = sorted((uuid4(), uuid4()))

    async def vergrendel_beide() -> None:
        async with db.transactie() as t:
            await t.sleutels.jeugdigen([laag, hoog])

    async with db.transactie() as houder:
        async with db.transactie() as eerste:
            await eerste.sleutels.jeugdigen([laag])
            taak = asyncio.create_task(vergrendel_beide())
            await db.iemand_wacht()
            async with db.transactie() as maker:
                await maker.sleutels.jeugdigen([hoog])
            await houder.sleutels.jeugdigen([hoog])
        with pytest.raises(Exception) as gevangen:  # noqa: PT011  # of the driver, or wrapped by SQLAlchemy
            await taak
        assert _sqlstate(gevangen.value) == "55P03"
        assert is_transient(gevangen.value)


async def test_a_youth_and_a_parent_with_one_id_do_not_wait_for_each_other(db: Database) -> None:
    ref = uuid4()
    async with db.transactie() as een, db.transactie() as ander:
        await een.sleutels.jeugdigen([ref])
        await ander.sleutels.ouders([ref])
        await een.sleutels.jeugdigen([ref])
        await een.sleutels.jeugdigen([])


async def test_who_wait_in_a_circle_are_told_to_start_again(db: Database) -> None:
    een, ander = uuid4(), uuid4()
    async with db.transactie() as t:
        await t.sleutels.jeugdigen([een, ander])
    beide_houden = asyncio.Barrier(2)

    async def pak(eerst: UUID, dan: UUID) -> None:
        async with db.transactie() as t:
            await t.sleutels.jeugdigen([eerst])
            await beide_houden.wait()
            await t.sleutels.jeugdigen([dan])

    uitkomsten = await asyncio.gather(pak(een, ander), pak(ander, een), return_exceptions=True)
    (fout,) = (each for each in uitkomsten if each is not None)
    assert _sqlstate(fout) == "40P01"
    assert is_transient(fout)
    async with db.transactie() as t:
        await t.sleutels.jeugdigen([een, ander])


async def wachtend_op(
    db: Database, eerst: Callable[[Opslag], Awaitable[Any]], dan: Callable[[Opslag], Awaitable[Any]]
) -> Any:
    """What `dan` gives, begun while the transaction of `eerst` was open, which it waits for."""

    async def tweede() -> Any:
        async with db.transactie() as t:
            return await dan(t)

    async with db.transactie() as t:
        await eerst(t)
        taak = asyncio.create_task(tweede())
        await db.iemand_wacht()
    return await taak


async def test_an_upsert_waits_and_then_judges_the_newest_version(db: Database) -> None:
    een = rij(uuid4(), 2)
    nieuwer, ouder = een._replace(versie=3), een._replace(versie=1)

    def werk_bij(gegeven: SignaalRij) -> Callable[[Opslag], Awaitable[Any]]:
        return lambda t: t.projectie.werk_signalen_bij([gegeven])

    assert await wachtend_op(db, werk_bij(een), werk_bij(ouder)) == {}
    assert await wachtend_op(db, werk_bij(ouder), werk_bij(nieuwer)) == {een.signaal_id: een}


async def test_a_match_that_another_is_storing_is_waited_for(db: Database) -> None:
    m = een_match(*[uuid4()] * 2)
    await wachtend_op(db, lambda t: t.matches.bewaar([m]), lambda t: t.matches.bewaar([ended(m)]))
    async with db.transactie() as t:
        assert await t.matches.met_id([m.match_id]) == [ended(m)]


async def test_the_same_parent_given_twice_at_once_is_refused(db: Database) -> None:
    """What the locks prevent: else each inserts what the other has just inserted, too."""
    kind, ouder = uuid4(), uuid4()

    def geef(t: Opslag) -> Awaitable[None]:
        return t.projectie.vervang_ouders([kind], [band(kind, ouder)])

    with pytest.raises(Exception) as gevangen:  # noqa: PT011  # of the driver, or wrapped by SQLAlchemy
        await wachtend_op(db, geef, geef)
    assert _sqlstate(gevangen.value) == "23505"
    assert not is_transient(gevangen.value)


# -- platformkit's own statements ------------------------------------------------------------------------------------------


@pytest.fixture
def een_executor(db: Database, klok: FixedClock) -> Executor:
    return Executor(db.engine, klok, BRON)


def berichten(*ids: str) -> list[Message]:
    signaal = Signaleerder(uuid4())
    return [replace(signaal.afgegeven(), event_id=each) for each in ids]


async def test_the_inbox_lets_each_event_through_once_per_consumer(db: Database, een_executor: Executor) -> None:
    a, b, c = (f"test#{uuid4()}" for _ in range(3))
    gezien: list[list[str]] = []

    async def handler(_work: UnitOfWork, messages: Any) -> None:
        gezien.append([m.event_id for m in messages])

    await een_executor.execute_batch("match.een", berichten(b, a, b), handler)
    await een_executor.execute_batch("match.een", berichten(a, c), handler)
    await een_executor.execute_batch("match.een", berichten(a, b, c), handler)
    await een_executor.execute_batch("match.twee", berichten(a), handler)
    assert gezien == [[b, a], [c], [a]]


@pytest.mark.parametrize("terug", [True, False])
async def test_the_same_event_in_two_batches_at_once_waits(db: Database, een_executor: Executor, terug: bool) -> None:
    event_id = f"test#{uuid4()}"
    gezien: list[str] = []

    async def tweede(_work: UnitOfWork, messages: Any) -> None:
        gezien.extend(m.event_id for m in messages)

    taken: list[asyncio.Task[None]] = []

    async def eerste(_work: UnitOfWork, _messages: Any) -> None:
        taken.append(asyncio.create_task(een_executor.execute_batch("match.een", berichten(event_id), tweede)))
        await db.iemand_wacht()
        if terug:
            raise TerugError

    try:
        await een_executor.execute_batch("match.een", berichten(event_id), eerste)
    except TerugError:
        assert terug
    await taken[0]
    assert gezien == ([event_id] if terug else [])


async def test_what_is_told_commits_with_the_rest_in_its_order(db: Database, een_executor: Executor) -> None:
    event = berichten("test#1")[0].event
    m = een_match(*[uuid4()] * 2)

    async def vertel(work: UnitOfWork) -> None:
        for versie in (1, 2):
            work.emit(event, version=versie, key=m.match_id, traceparent=SPOOR)

    async def vertel_niet(work: UnitOfWork) -> None:
        await vertel(work)
        await work.flush()
        raise TerugError

    with pytest.raises(TerugError):
        await een_executor.execute(vertel_niet)
    assert await db.outbox(m.match_id) == []
    await een_executor.execute(vertel)
    rijen = await db.outbox(m.match_id)
    assert [rij.headers["ce_sequence"] for rij in rijen] == ["1", "2"]
    assert {(rij.topic, rij.traceparent, rij.created_at) for rij in rijen} == {("signaal", SPOOR, rijen[0].created_at)}
    assert rijen[0].position < rijen[1].position
    assert rijen[0].payload == event.model_dump_json(by_alias=True).encode()


async def test_a_dead_letter_is_put_aside_once(db: Database) -> None:
    consumer = f"match.{uuid4().hex}"
    brief = Parked("signaal", 0, 7, b"k", {"ce_id": "1"}, b"{", "ValueError", None)
    await park(db.engine, consumer, brief, OP)
    await park(db.engine, consumer, brief, OP + timedelta(days=1))
    await park(db.engine, consumer, replace(brief, offset=8), OP)
    assert await db.dode_brieven(consumer) == 2


async def test_nothing_stays_aside_of_what_was_destroyed(db: Database) -> None:
    """D8: by the Kafka key of a youth, and by the id of a signal."""
    consumer, jeugdige, signaal_id = f"match.{uuid4().hex}", uuid4(), uuid4()
    brief = Parked("signaal", 0, 1, b"k", {"ce_subject": str(uuid4())}, b"{", "ValueError", None)
    await park(db.engine, consumer, brief, OP)
    await park(db.engine, consumer, replace(brief, offset=2, key=str(jeugdige).encode()), OP)
    await park(db.engine, consumer, replace(brief, offset=3, headers={"ce_subject": str(signaal_id)}), OP)
    async with db.engine.begin() as connection:
        await forget(connection, keys={uuid4()}, subjects={uuid4()})
    assert await db.dode_brieven(consumer) == 3
    async with db.engine.begin() as connection:
        await forget(connection, keys={jeugdige}, subjects={signaal_id})
    assert await db.dode_brieven(consumer) == 1
