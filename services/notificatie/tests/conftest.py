"""Events in as bytes, mail out over real SMTP, events out as outbox rows: everything of the service but Kafka itself."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord
from packages.kanalen.tests.antwoorden import Antwoorder
from sqlalchemy import text

from contracts.http.deelnemers import Verhuisontvangers
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
from lokaal.certificaat import Certificaat
from lokaal.postvak.app import server_context
from lokaal.postvak.berichten import Bericht, Berichten
from lokaal.postvak.besturing import Besturing
from lokaal.postvak.smtp import protocol_factory
from notificatie.adapters.db.matchstand import PostgresMatchstandRepository
from notificatie.adapters.db.notificatie import PostgresNotificatieRepository
from notificatie.adapters.db.verhuizing import PostgresVerhuizingRepository
from notificatie.adapters.teksten import JinjaTeksten
from notificatie.application.bezorgen import Bezorger
from notificatie.application.handlers.match_verwerken import MatchVerwerken
from notificatie.application.handlers.personen_verwerken import PersonenVerwerken
from notificatie.application.handlers.verhuizingen_vertellen import VerhuizingenVertellen
from notificatie.application.ports import Adres
from notificatie.domain.verhuizing import Verhuizing
from platformkit import failpoints
from platformkit.clock import FixedClock
from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.errors import TransientError
from platformkit.executor import Executor
from platformkit.messaging.consumer import Consumer, Subscription
from platformkit.testing import NOWHERE, record

# Half past midnight of 22 November in the Netherlands: in UTC it is another day.
NU = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SMTP = SmtpServer("127.0.0.1", 0, "gebruiker", "geheim", "Verwijsindex <niet-antwoorden@verwijsindex.example>")


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
    **other: Any,
) -> MatchOntstaan:
    """A match of two professionals, of which one works for a wijkteam unless they are given: match says what that means."""
    other = {"regiepartij": ander is None, **other}
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
        **{"afgegeven_op": (NU - timedelta(days=2), NU), **other},
    )


def beeindigd(match: MatchToestand, reden: MatchReden | None, **other: Any) -> MatchBeeindigd:
    return MatchBeeindigd(**{**match.model_dump(), "status": MatchStatus.BEEINDIGD, "reden": reden, **other})


@dataclass
class Adresboek:
    """Stands in for signaal and match: who gets mail where, who may not, and where a matchregie party is involved."""

    weg: bool = False
    match_weg: bool = False
    storing: Exception | None = None
    zonder: set[str] = field(default_factory=set)
    regiepartij_op: set[UUID] = field(default_factory=set)
    vragen: list[object] = field(default_factory=list)
    organisaties: dict[UUID, str] = field(default_factory=dict)
    postvakken: dict[str, str] = field(default_factory=dict)
    melders: dict[UUID, Verhuisontvangers] = field(default_factory=dict)
    onbekend: set[UUID] = field(default_factory=set)

    async def van_verhuizing(self, verhuizing: Verhuizing) -> Verhuisontvangers:
        self.vragen.append((verhuizing.versie, verhuizing.woongemeente))
        self._weg(self.weg or verhuizing.persoon_ref in self.onbekend)
        return self.melders.get(verhuizing.persoon_ref, Verhuisontvangers(melders=[], convenanten=[]))

    async def van_account(self, account: UUID) -> Adres | None:
        return self._van(str(account), self.organisaties.get(account))

    async def van_coordinator(self, convenant: str) -> Adres | None:
        return self._van(convenant, None)

    async def betrokken(self, personen: Sequence[UUID]) -> bool:
        self.vragen.append(tuple(personen))
        self._weg(self.match_weg)
        return bool(self.regiepartij_op & set(personen))

    def _van(self, naam: str, organisatie: str | None) -> Adres | None:
        self.vragen.append(naam)
        self._weg(self.weg)
        postvak = self.postvakken.get(naam, naam)
        return None if naam in self.zonder else Adres(f"{postvak}@kanarie.example", organisatie)

    def _weg(self, weg: bool) -> None:
        if error := self.storing or (TransientError("tijdelijk-niet-beschikbaar") if weg else None):
            raise error


@dataclass
class Wereld:
    """One notificatie with its surroundings. `domein` is the domain's clock, `machine` that of retries and leases."""

    worker: Database
    relay: Database
    consumer: Consumer
    bezorger: Bezorger
    adressen: Adresboek
    domein: FixedClock
    machine: FixedClock
    berichten: Berichten
    storing: Besturing
    smtp: SmtpServer
    replies: dict[str, str]

    async def gebeurt(self, *events: tuple[MatchToestand, int]) -> None:
        """One batch from Kafka: events with their versions."""
        records = [
            record(event, version, NU, offset=offset, traceparent=TRACEPARENT)
            for offset, (event, version) in enumerate(events)
        ]
        handler = MatchVerwerken(PostgresMatchstandRepository(), self.bezorger.notificaties, self.machine)
        assert await self.consumer.handle(Subscription("notificatie.match", "match", handler), records)

    async def hoort(self, *records: ConsumerRecord) -> None:
        """One batch of the topic persoon."""
        handler = PersonenVerwerken(PostgresVerhuizingRepository(), self.machine)
        assert await self.consumer.handle(Subscription("notificatie.persoon", "persoon", handler), list(records))

    async def zoek_uit(self) -> int:
        """Find out whom the moves concern that are due now."""
        return await VerhuizingenVertellen(
            executor=self.bezorger.executor,
            verhuizingen=PostgresVerhuizingRepository(),
            notificaties=self.bezorger.notificaties,
            melders=self.adressen,
            machine=self.machine,
        )()

    async def bezorg(self) -> None:
        """Deliver everything that is due now."""
        while claimed := await self.bezorger.claim(10, []):
            for samen in claimed:
                await self.bezorger.bezorg(samen)

    def post(self) -> list[Bericht]:
        """The mails that arrived, oldest first."""
        return list(self.berichten.zoek())[::-1]

    def geadresseerden(self) -> list[str]:
        return sorted(mail.aan[0].removesuffix("@kanarie.example") for mail in self.post())

    async def rijen(self, sql: str) -> list[Any]:
        return await _rows(self.worker, sql)

    async def verteld(self, sql: str) -> list[Any]:
        """Rows of the outbox, which only the relay may read."""
        return await _rows(self.relay, sql)

    async def statussen(self) -> list[tuple[str, str | None]]:
        return [tuple(row) for row in await self.rijen("select status, reden from notificatie order by sinds, id")]


async def _rows(database: Database, sql: str) -> list[Any]:
    return [tuple(row) for row in await database.rows(Statement(text(sql)))]


@pytest.fixture(scope="session")
def dsns(database: Callable[[str], Mapping[str, str]]) -> Mapping[str, str]:
    return database("notificatie")


@pytest.fixture
async def worker(dsns: Mapping[str, str]) -> AsyncIterator[Database]:
    """The worker's database with empty tables; emptied by the owner, because no other role may."""
    owner = Database(dsns["migrate"], pool=1, application="test")
    tables = "match_stand, notificatie, notificatie_match, verhuizing, outbox, inbox, dead_letter"
    await owner.rows(Statement(text(f"truncate {tables}")))
    await owner.close()
    made = Database(dsns["worker"], pool=5, application="test")
    yield made
    await made.close()


@pytest.fixture
async def wereld(worker: Database, dsns: Mapping[str, str], tmp_path: Path) -> AsyncIterator[Wereld]:
    certificaat = Certificaat(tmp_path)
    certificaat.maak_als_nodig("127.0.0.1")
    berichten, storing = Berichten(), Besturing()
    context = server_context(str(certificaat.server), str(certificaat.sleutel))
    antwoorder = Antwoorder(berichten, storing)
    factory = protocol_factory(antwoorder, SMTP.user, SMTP.password, context)
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
    executor = Executor(worker, domein, "urn:nld:oin:00000099000000001000:systeem:notificatie")
    adressen = Adresboek()
    email = SmtpPool(smtp, 4)
    bezorger = Bezorger(
        executor=executor,
        notificaties=PostgresNotificatieRepository(),
        regie=adressen,
        adressen=adressen,
        email=email,
        teksten=JinjaTeksten("https://portaal.example/"),
        machine=machine,
        domein="verwijsindex.example",
    )
    consumer = Consumer(NOWHERE, executor, [])
    relay = Database(dsns["relay"], pool=1, application="test")
    replies = antwoorder.replies
    yield Wereld(worker, relay, consumer, bezorger, adressen, domein, machine, berichten, storing, smtp, replies)
    await email.close()
    await relay.close()
    listening.close()


@pytest.fixture(autouse=True)
def _failpoints_off() -> Iterator[None]:
    yield
    failpoints.arm("")


UUR = timedelta(hours=1)
