"""A database set back by an hour, and what the other one, the ledgers and the topic make of it (D1, D8)."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from structlog.testing import capture_logs

from brp_proxy.adapters.db.herstel import PostgresHerstelRepository
from brp_proxy.adapters.db.levensloop import PostgresLevensloopRepository
from brp_proxy.application.handlers.herstellen import Hersteld, Herstellen
from brp_proxy.application.handlers.republish import CONTEXT
from platformkit.db.context import of_operator
from platformkit.envelope import Message, decode
from platformkit.errors import TransientError
from platformkit.executor import Executor

BASE = ("verwijzing", "persoon", "ouder", "volgindicatie", "signaal", "vernietigd")
SLEUTELS = ("sleutel", "vernietigd")
Terug = Callable[[], Awaitable[None]]


async def back_up(kijk, tables: Sequence[str]) -> Terug:
    """What stands there now; the call that sets it back."""
    await kijk.doe("drop schema if exists foto cascade")
    await kijk.doe("create schema foto")
    for each in tables:
        await kijk.doe(f"create table foto.{each} as table {each}")

    async def terug() -> None:
        await kijk.doe(f"truncate {', '.join(tables)} cascade")
        for each in tables:
            await kijk.doe(f"insert into {each} select * from foto.{each}")

    return terug


@pytest.fixture
def herstel(omgeving, kijk) -> Callable[..., Awaitable[Hersteld]]:
    """`herstel`, with all that stands in the outbox as the topic."""
    executor = omgeving.executor("worker")

    async def op_het_topic() -> AsyncIterator[Sequence[Message]]:
        told = []
        for row in await kijk.rijen("select headers, key, payload from outbox order by position"):
            headers = [(name, text.encode()) for name, text in json.loads(row["headers"]).items()]
            told.append(decode(headers, row["key"].encode(), row["payload"]))
        for begin in range(0, len(told), 4):
            yield told[begin : begin + 4]

    async def run() -> Hersteld:
        herstellen = Herstellen(
            executor,
            omgeving.sleutelkast("worker"),
            herstel=PostgresHerstelRepository(omgeving.kluis()),
            levensloop=PostgresLevensloopRepository(),
        )
        gedaan = await herstellen(of_operator("beheerder-9"), op_het_topic())
        await omgeving.vernietig()
        return gedaan

    return run


class Uur:
    """What happened since the back-ups: one moved, one came with his brother's mother, one ended."""

    def __init__(self, omgeving, kijk) -> None:
        self.omgeving, self.kijk = omgeving, kijk

    async def verstrijk(self) -> None:
        omgeving = self.omgeving
        omgeving.persoon(omgeving.NIEUW)
        self.verhuisd = (await omgeving.leg_vast()).persoon_ref
        self.weg = (await omgeving.leg_vast(omgeving.NIEUW)).persoon_ref
        self.base = await back_up(self.kijk, BASE)
        self.sleutels = await back_up(self.kijk.sleutels, SLEUTELS)
        omgeving.clock.forward(timedelta(minutes=16))
        omgeving.persoon(omgeving.JEUGDIGE, omgeving.MOEDER, omgeving.VADER, woongemeente="0392")
        await omgeving.leg_vast()
        self.nieuw = (await omgeving.leg_vast(omgeving.BROER)).persoon_ref
        await omgeving.loop_leases_na(timedelta(0))
        self.verteld = await self.staat()
        [laatste] = await self.kijk.rijen("select max(position) as position from outbox")
        self.laatste = laatste["position"]

    async def staat(self) -> list[dict[str, object]]:
        """Whose version and parents are known, whatever their data."""
        return await self.kijk.rijen(
            "select persoon_ref, versie, array(select (ouder, sinds, sinds_versie, sinds_gewijzigd)::text from ouder"
            " where kind = persoon_ref order by 1) as ouders from persoon order by persoon_ref"
        )


@pytest.fixture
async def uur(omgeving, kijk) -> AsyncIterator[Uur]:
    made = Uur(omgeving, kijk)
    await made.verstrijk()
    yield made
    for each in (kijk, kijk.sleutels):
        await each.doe("drop schema foto cascade")


@pytest.mark.regel("D1", "D8")
async def test_the_base_of_an_hour_ago_learns_what_the_keys_and_the_topic_know(omgeving, kijk, uur, herstel) -> None:
    await uur.base()
    gedaan = await herstel()
    assert await uur.staat() == uur.verteld, "the same versions, and the same parents since when they were"
    assert (gedaan.vernietigd, gedaan.ingehaald, gedaan.opgenomen, gedaan.onbekend) == (1, 2, 1, set())
    assert len(await kijk.rijen("select persoon_ref from persoon where herlezen")) == 2
    personen, dicht = await omgeving.executor("api").execute(omgeving.persoonsregister().bladzijde, CONTEXT, None, 10)
    assert {each.persoon_ref: each.woongemeente for each in personen} == {uur.verhuisd: "0392", uur.nieuw: "0363"}
    assert dicht == []
    omgeving.signaal_zegt = {uur.verhuisd: True, uur.nieuw: True}
    assert await omgeving.loop_leases_na() >= 2
    with capture_logs() as logs:
        assert (await omgeving.leg_vast()).persoon_ref == uur.verhuisd
        assert (await omgeving.leg_vast(omgeving.BROER)).persoon_ref == uur.nieuw
        assert (await omgeving.leg_vast(omgeving.NIEUW)).persoon_ref != uur.weg
    assert logs == []
    told = [(ref, versie) for _, ref, versie, _ in await kijk.events()]
    assert len(set(told)) == len(told), "no version was told twice"
    gewijzigd = [
        data for _, ref, _, data in await kijk.events() if ref in {uur.verhuisd, uur.nieuw} and "ouders" in data
    ]
    assert not any(ouder["sindsGewijzigd"] for data in gewijzigd for ouder in data["ouders"]), "nor a cause made"


@pytest.mark.regel("D1", "D8")
async def test_keys_of_an_hour_ago_bring_nobody_back_and_the_next_post_mends(omgeving, kijk, uur, herstel) -> None:
    await uur.sleutels()
    gedaan = await herstel()
    assert (gedaan.vernietigd, gedaan.zonder_sleutel, gedaan.opgenomen, gedaan.ingehaald) == (0, 1, 0, 0)
    assert [each["persoon_ref"] for each in await kijk.sleutels.rijen("select persoon_ref from sleutel")] == [
        uur.verhuisd
    ]
    for ledger in (kijk, kijk.sleutels):
        assert await ledger.rijen("select persoon_ref from vernietigd where reden <> 'ouder'") == [
            {"persoon_ref": uur.weg}
        ]
    personen, dicht = await omgeving.executor("api").execute(omgeving.persoonsregister().bladzijde, CONTEXT, None, 10)
    assert ([each.persoon_ref for each in personen], dicht) == ([uur.verhuisd], [uur.nieuw]), (
        "the key of before opens it"
    )
    assert (await omgeving.leg_vast(omgeving.BROER)).persoon_ref == uur.nieuw


async def test_who_is_in_neither_is_named(uur, herstel) -> None:
    await uur.base()
    await uur.sleutels()
    gedaan = await herstel()
    assert gedaan.onbekend == {uur.nieuw}
    assert gedaan.vernietigd == 1


async def test_without_the_topic_the_ledgers_and_the_keys_do(omgeving, kijk, uur, herstel) -> None:
    await uur.base()
    await kijk.doe("truncate outbox")
    gedaan = await herstel()
    assert (gedaan.vernietigd, gedaan.ingehaald, gedaan.opgenomen) == (1, 0, 1)
    assert (await omgeving.leg_vast(omgeving.BROER)).persoon_ref == uur.nieuw


async def test_it_goes_on_after_it_was_cut_off_anywhere_and_can_be_repeated(
    omgeving, kijk, uur, herstel, monkeypatch
) -> None:
    echt, left = Executor.execute, count()

    async def cut_off(self, *given, **named):
        if next(left) == at:
            raise TransientError("cut off")
        return await echt(self, *given, **named)

    for at in count():
        await uur.base()
        await kijk.doe("delete from outbox where position > $1", uur.laatste)
        left = count()
        monkeypatch.setattr(Executor, "execute", cut_off)
        with suppress(TransientError):
            await herstel()
        monkeypatch.setattr(Executor, "execute", echt)
        if next(left) <= at:
            break
        await herstel()
        assert await uur.staat() == uur.verteld
    assert at > 10, "so many transactions it takes"
    again = await herstel()
    assert (again.vernietigd, again.ingehaald, again.opgenomen) == (0, 0, 0)
    assert await uur.staat() == uur.verteld


async def test_it_is_recorded(kijk, uur, herstel) -> None:
    await herstel()
    assert await kijk.rijen("select actor, role, outcome from audit where action = 'herstel'") == [
        {"actor": "beheerder-9", "role": "beheer", "outcome": "begonnen"}
    ]
    assert await uur.staat() == uur.verteld, "a system that was not set back stays as it is"
