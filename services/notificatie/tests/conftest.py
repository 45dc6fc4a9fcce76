"""Events in as bytes, mail out over real SMTP, events out as outbox rows: everything of the service but Kafka itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from contracts.match import (
    BetrokkenProfessional,
    MatchBeeindigd,
    MatchOntstaan,
    MatchReden,
    MatchSoort,
    MatchStatus,
    MatchToestand,
    Oorzaak,
    OorzaakSoort,
)
from contracts.signaal import Organisatiesoort
from kanalen.email import SmtpPool, SmtpServer
from lokaal.postvak.app import server_context
from lokaal.postvak.berichten import Bericht, Berichten
from lokaal.postvak.besturing import Besturing
from lokaal.postvak.certificaat import Certificaat
from lokaal.postvak.smtp import Ontvanger as SmtpOntvanger
from lokaal.postvak.smtp import protocol_factory
from notificatie.adapters.db.repository import SqlNotificaties
from notificatie.adapters.teksten import JinjaTeksten
from notificatie.application.bezorgen import Bezorger
from notificatie.application.handlers.match_verwerken import MatchVerwerken
from notificatie.entrypoints.kafka.subscriptions import subscriptions
from platformkit import failpoints
from platformkit.clock import FixedClock
from platformkit.db.engine import make_engine
from platformkit.errors import TransientError
from platformkit.executor import Executor
from platformkit.ids import uuid7
from platformkit.messaging.consumer import Consumer
from platformkit.messaging.envelope import encode

NU = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SMTP = SmtpServer("127.0.0.1", 0, "gebruiker", "geheim", "Verwijsindex <niet-antwoorden@verwijsindex.example>")


async def eventually(check: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not await check():
        assert time.monotonic() < until, "it did not happen"
        await asyncio.sleep(0.02)


def betrokkene(
    soort: Organisatiesoort = Organisatiesoort.ONDERWIJS, convenant: str = "amsterdam", **other: Any
) -> BetrokkenProfessional:
    return BetrokkenProfessional(
        **{
            "signaal_id": uuid4(),
            "persoon_ref": uuid4(),
            "professional": uuid4(),
            "account": uuid4(),
            "organisatie": uuid4(),
            "organisatiesoort": soort,
            "convenant": convenant,
            "gemeente": "0363",
            **other,
        }
    )


def ontstaan(
    een: BetrokkenProfessional | None = None,
    ander: BetrokkenProfessional | None = None,
    oorzaak: UUID | None = None,
    einddatum: date = date(2028, 11, 22),
) -> MatchOntstaan:
    """A match of two professionals, of which one works for a wijkteam unless they are given."""
    een = een or betrokkene()
    ander = ander or betrokkene(Organisatiesoort.WIJKTEAM)
    return MatchOntstaan(
        match_id=uuid4(),
        soort=MatchSoort.CLIENT,
        signalen=(een.signaal_id, ander.signaal_id),
        personen=tuple(sorted({een.persoon_ref, ander.persoon_ref})),
        professionals=(een, ander),
        oorzaak=Oorzaak(soort=OorzaakSoort.SIGNAAL_AFGEGEVEN, id=oorzaak or een.signaal_id, op=NU),
        einddatum=einddatum,
        status=MatchStatus.ACTIEF,
    )


def beeindigd(match: MatchToestand, reden: MatchReden) -> MatchBeeindigd:
    return MatchBeeindigd(**{**match.model_dump(), "status": MatchStatus.BEEINDIGD, "reden": reden})


@dataclass
class Adresboek:
    """Stands in for signaal: who gets mail where, and who may not."""

    weg: bool = False
    zonder: set[str] = field(default_factory=set)
    regiepartij_op: set[UUID] = field(default_factory=set)
    vragen: list[object] = field(default_factory=list)

    async def van_account(self, account: str) -> str | None:
        self.vragen.append(account)
        if self.weg:
            raise TransientError("tijdelijk-niet-beschikbaar")
        return None if account in self.zonder else f"{account}@kanarie.example"

    async def van_coordinator(self, convenant: str, personen: Sequence[UUID]) -> str | None:
        self.vragen.append((convenant, tuple(personen)))
        if self.weg:
            raise TransientError("tijdelijk-niet-beschikbaar")
        return None if self.regiepartij_op & set(personen) else f"{convenant}@kanarie.example"


@dataclass
class Wereld:
    """One notificatie with its surroundings. `domein` is the domain's clock, `machine` that of retries and leases."""

    engine: AsyncEngine
    relay: AsyncEngine
    consumer: Consumer
    bezorger: Bezorger
    adressen: Adresboek
    domein: FixedClock
    machine: FixedClock
    berichten: Berichten
    storing: Besturing
    smtp: SmtpServer

    async def gebeurt(self, *events: tuple[MatchToestand, int]) -> None:
        """One batch from Kafka: events with their versions."""
        records = [_record(event, version, offset) for offset, (event, version) in enumerate(events)]
        assert await self.consumer.handle(subscriptions(self.consumer_handler)[0], records)

    @property
    def consumer_handler(self) -> MatchVerwerken:
        return MatchVerwerken(self.bezorger.notificaties, self.machine)

    async def bezorg(self) -> None:
        """Deliver everything that is due now."""
        while claimed := await self.bezorger.claim(10, []):
            for notificatie in claimed:
                await self.bezorger.bezorg(notificatie)

    def post(self) -> list[Bericht]:
        """The mails that arrived, oldest first."""
        return list(self.berichten.zoek())[::-1]

    def geadresseerden(self) -> list[str]:
        return sorted(mail.aan[0].removesuffix("@kanarie.example") for mail in self.post())

    async def rijen(self, sql: str) -> list[Any]:
        return await _rows(self.engine, sql)

    async def verteld(self, sql: str) -> list[Any]:
        """Rows of the outbox, which only the relay may read."""
        return await _rows(self.relay, sql)

    async def statussen(self) -> list[tuple[str, str | None]]:
        return [tuple(row) for row in await self.rijen("select status, reden from notificatie order by sinds, id")]


async def _rows(engine: AsyncEngine, sql: str) -> list[Any]:
    async with engine.begin() as connection:
        return list((await connection.execute(text(sql))).all())


def _record(event: MatchToestand, version: int, offset: int) -> ConsumerRecord:
    headers, value = encode(
        event, event_id=uuid7(), subject=event.aggregate_id, source="urn:test", version=version, time=NU
    )
    raw = [(name, text.encode()) for name, text in headers.items()] + [("traceparent", TRACEPARENT.encode())]
    key = str(event.key).encode()
    return ConsumerRecord("match", 0, offset, 0, 0, key, value, None, len(key), len(value), tuple(raw))


@pytest.fixture(scope="session")
def dsns(database: Callable[[str], Mapping[str, str]]) -> Mapping[str, str]:
    return database("notificatie")


@pytest.fixture
async def engine(dsns: Mapping[str, str]) -> AsyncIterator[AsyncEngine]:
    """The worker's engine on empty tables; emptied by the owner, because no other role may."""
    owner = create_async_engine(dsns["migrate"].replace("postgresql://", "postgresql+asyncpg://", 1))
    async with owner.begin() as connection:
        await connection.execute(
            text("truncate match_stand, notificatie, notificatie_match, outbox, inbox, dead_letter")
        )
    await owner.dispose()
    worker = make_engine(dsns["worker"].replace("postgresql://", "postgresql+asyncpg://", 1), pool=5, application="t")
    yield worker
    await worker.dispose()


@pytest.fixture
async def wereld(engine: AsyncEngine, dsns: Mapping[str, str], tmp_path: Path) -> AsyncIterator[Wereld]:
    certificaat = Certificaat(tmp_path)
    certificaat.maak_als_nodig("127.0.0.1")
    berichten, storing = Berichten(), Besturing()
    context = server_context(str(certificaat.server), str(certificaat.sleutel))
    factory = protocol_factory(SmtpOntvanger(berichten, storing), SMTP.user, SMTP.password, context)
    listening = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    smtp = SmtpServer(
        host="127.0.0.1",
        port=listening.sockets[0].getsockname()[1],
        user=SMTP.user,
        password=SMTP.password,
        sender=SMTP.sender,
        ca_file=certificaat.ca,
        timeout=5,
        deadline=10,
    )
    domein, machine = FixedClock(NU), FixedClock(NU)
    executor = Executor(engine, domein, "urn:test")
    adressen = Adresboek()
    email = SmtpPool(smtp, 4)
    bezorger = Bezorger(
        executor=executor,
        notificaties=SqlNotificaties(),
        meldadressen=adressen,
        email=email,
        teksten=JinjaTeksten("https://portaal.example/"),
        machine=machine,
        domein="verwijsindex.example",
    )
    consumer = Consumer("127.0.0.1:1", engine, executor, domein, [])
    relay = make_engine(dsns["relay"].replace("postgresql://", "postgresql+asyncpg://", 1), pool=1, application="t")
    yield Wereld(engine, relay, consumer, bezorger, adressen, domein, machine, berichten, storing, smtp)
    await email.close()
    await relay.dispose()
    listening.close()


@pytest.fixture(autouse=True)
def _failpoints_off() -> Iterator[None]:
    yield
    failpoints.arm("")


UUR = timedelta(hours=1)
