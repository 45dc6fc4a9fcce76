"""Signals per second through the handler, and through bare SQL that makes the same rows without locks or rules.

`python -m services.match.tests.bench [signals in the table]`; starts its own servers. Medians; compare the ratio within
one run only. Data as in prestaties §2.5: 1.33 signals per youth, two parents, siblings in 40 % of the families.
"""

import asyncio
import cProfile
import os
import pstats
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

from services.match.tests.berichten import Signaleerder, vastgelegd, verwerken
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from lokaal import testing
from match.adapters.db.matches import Matches
from match.adapters.db.opslag import opslag
from match.adapters.db.projectie import Projectie
from match.application.handlers.verwerken import Opslag, Verwerken
from match.domain.match import Match
from match.domain.paren import paren
from platformkit.clock import FixedClock
from platformkit.db.engine import make_engine
from platformkit.executor import Executor, UnitOfWork
from platformkit.ids import uuid7

BATCH, BATCHES = 500, 24
T = TypeVar("T")
NU = datetime(2025, 6, 1, 12, tzinfo=UTC)

_SIGNALEN = """
insert into signaal select gen_random_uuid(), 1, persoon_ref, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
  'jeugdhulp', 'zuid-kennemerland', '0392', '2025-05-01', '2026-05-01', 'actief', null
from unnest(cast(:personen as uuid[])) persoon_ref
"""
_OUDERS = """
insert into ouder select unnest(cast(:kinderen as uuid[])), unnest(cast(:ouders as uuid[])), '2025-05-01', 1, false
"""
_PERSONEN = "insert into persoon select unnest(cast(:personen as uuid[])), 1, 'in-leven'"
_JEUGDIGSLEUTELS = "insert into matchsleutel select 'jeugdige', unnest(cast(:ids as uuid[]))"
_OUDERSLEUTELS = "insert into matchsleutel select 'ouder', unnest(cast(:ids as uuid[]))"
_KAAL = """
with nieuw as (
  insert into signaal select id, 1, persoon_ref, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
    'jeugdhulp', 'zuid-kennemerland', '0392', '2025-05-01', '2026-05-01', 'actief', null
  from unnest(cast(:ids as uuid[]), cast(:personen as uuid[])) as t(id, persoon_ref) returning *
), al as (
  select n.signaal_id nieuw, s.*, case when s.persoon_ref = n.persoon_ref then 'client' else 'gezin' end soort
  from nieuw n join lateral (
    select n.persoon_ref union select z.persoon_ref from ouder y join ouder z using (ouder_ref)
    where y.persoon_ref = n.persoon_ref) kring on true
  join signaal s on s.persoon_ref = kring.persoon_ref and s.status = 'actief' and s.einddatum > '2025-06-01'
), gemaakt as (
  insert into match select gen_random_uuid(), a.soort, least(a.nieuw, a.signaal_id), greatest(a.nieuw, a.signaal_id),
    n.persoon_ref, a.persoon_ref, n.professional, a.professional, n.account, a.account, n.organisatie, a.organisatie,
    'jeugdhulp', 'jeugdhulp', 'z', 'z', '0392', '0392', 'signaal-afgegeven', n.signaal_id, n.afgegeven_op, n.einddatum,
    'actief', null, 1, '2025-06-01', null
  from al a join nieuw n on n.signaal_id = a.nieuw on conflict do nothing returning *
)
insert into outbox (event_id, topic, key, headers, payload, created_at)
select gen_random_uuid(), 'match', match_id::text, cast(:headers as jsonb), convert_to(row_to_json(gemaakt)::text, 'UTF8'),
  '2025-06-01' from gemaakt
"""
_INBOX = "insert into inbox select 'kaal', unnest(cast(:events as text[])), '2025-06-01'"


class Wereld:
    """Youths with parents; most families have one signalled youth."""

    def __init__(self, signalen: int) -> None:
        kans = random.Random(1)
        self.ouders: dict[UUID, list[UUID]] = {}
        while len(self.ouders) * 1.33 < signalen:
            ouders = [uuid4(), uuid4()]
            for _ in range(kans.choice([1, 1, 1, 2, 2])):
                deze = [ouders[0], uuid4()] if kans.random() < 0.1 else ouders
                self.ouders[uuid4()] = deze
        self.jeugdigen = list(self.ouders)
        self.kans = kans

    def trek(self, aantal: int) -> list[UUID]:
        return self.kans.choices(self.jeugdigen, k=aantal)


async def vul(worker: AsyncEngine, wereld: Wereld, signalen: int) -> None:
    banden = [(kind, ouder) for kind, ouders in wereld.ouders.items() for ouder in ouders]
    kinderen, ouders = map(list, zip(*banden, strict=True))
    await per_deel(worker, _PERSONEN, personen=wereld.jeugdigen)
    await per_deel(worker, _OUDERS, kinderen=kinderen, ouders=ouders)
    await per_deel(worker, _JEUGDIGSLEUTELS, ids=sorted(wereld.jeugdigen))
    await per_deel(worker, _OUDERSLEUTELS, ids=sorted(set(ouders)))
    await per_deel(worker, _SIGNALEN, personen=wereld.trek(signalen))
    # The matches that these signals have, or the first batches would make them as well.
    async with worker.begin() as connection:
        projectie = Projectie(connection)
        bekend = [s for deel in delen(wereld.jeugdigen) for s in await projectie.signalen(deel)]
        verwant = [band for deel in delen(wereld.jeugdigen) for band in await projectie.ouders(deel)]
    gevonden = paren(bekend, verwant, NU.date(), rond=wereld.ouders.keys())
    for deel in delen([Match.ontstaan(paar, 1, NU) for paar in gevonden.values()]):
        async with worker.begin() as connection:
            await Matches(connection).bewaar(deel)


def delen(alles: Sequence[T], grootte: int = 10_000) -> Iterator[Sequence[T]]:
    return (alles[begin : begin + grootte] for begin in range(0, len(alles), grootte))


async def per_deel(worker: AsyncEngine, statement: str, **kolommen: Sequence[UUID]) -> None:
    for deel in zip(*(delen(kolom) for kolom in kolommen.values()), strict=True):
        async with worker.begin() as connection:
            await connection.execute(text(statement), dict(zip(kolommen, deel, strict=True)))


async def kaal(worker: AsyncEngine, personen: Sequence[UUID]) -> None:
    ids, events = [uuid4() for _ in personen], [f"kaal#{uuid7()}" for _ in personen]
    async with worker.begin() as connection:
        await connection.execute(text(_INBOX), {"events": events})
        await connection.execute(text(_KAAL), {"ids": ids, "personen": list(personen), "headers": _HEADERS})


_HEADERS = '{"ce_id": "0199f000-0000-7000-8000-000000000000", "ce_type": "nl.verwijsindex.match.ontstaan.v1"}'


class GeenSleutels:
    """What the handler costs without its locks: wrong as soon as there are two of it."""

    async def jeugdigen(self, refs: Collection[UUID]) -> None: ...
    async def ouders(self, refs: Collection[UUID]) -> None: ...


def _zonder(work: UnitOfWork) -> Opslag:
    return replace(opslag(work), sleutels=GeenSleutels())


@dataclass
class Meting:
    """Seconds per batch: on the wall, and of processor time here and in PostgreSQL (less moved by busy neighbours)."""

    wand: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)

    async def van(self, backend: int, werk: Awaitable[None]) -> None:
        wand, client, server = time.perf_counter(), time.process_time(), _cpu(backend)
        await werk
        self.wand.append(time.perf_counter() - wand)
        self.client.append(time.process_time() - client)
        self.server.append(_cpu(backend) - server)

    def cpu(self) -> float:
        return statistics.mean(self.client[4:]) + statistics.mean(self.server[4:])

    def regel(self, naam: str) -> str:
        wand, client, server = (statistics.median(each[4:]) for each in (self.wand, self.client, self.server))
        return (
            f"{naam:18} {wand * 1000:7.1f} ms wall, {client * 1000:6.1f} ms client + {server * 1000:6.1f} ms server CPU"
            f" per {BATCH}; {BATCH / wand:6.0f} signals/s, by CPU {BATCH / self.cpu():6.0f}/s"
        )


def _cpu(backend: int) -> float:
    velden = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()
    return (int(velden[11]) + int(velden[12])) / os.sysconf("SC_CLK_TCK")


async def tel(worker: AsyncEngine) -> int:
    async with worker.begin() as connection:
        return (await connection.execute(text("select count(*) from match"))).scalar_one()


async def main(signalen: int) -> None:
    dsns = testing.database("match")
    worker = make_engine(dsns["worker"].replace("://", "+asyncpg://", 1), pool=1, application="bench")
    owner = make_engine(dsns["migrate"].replace("://", "+asyncpg://", 1), pool=1, application="bench")
    executor = Executor(worker, FixedClock(NU), "urn:nld:oin:0:systeem")
    # Worlds of their own: the bare statement gives matches random ids.
    wereld, kale_wereld = Wereld(signalen // 2), Wereld(signalen // 2)
    for each in (wereld, kale_wereld):
        await vul(worker, each, signalen // 2)
    async with owner.begin() as connection:
        for tabel in ("signaal", "ouder", "persoon", "matchsleutel", "match"):
            await connection.execute(text(f"analyze {tabel}"))
    async with worker.begin() as connection:
        backend = (await connection.execute(text("select pg_backend_pid()"))).scalar_one()
    metingen = {naam: Meting() for naam in ("bare SQL", "handler", "handler, no locks", "persons again")}
    zonder = Verwerken(_zonder)
    profiel = cProfile.Profile() if os.environ.get("PROFIEL_AAN") else None
    eerst = await tel(worker)
    for _ in range(BATCHES):
        await metingen["bare SQL"].van(backend, kaal(worker, kale_wereld.trek(BATCH)))
        for naam, hoe in (("handler", verwerken), ("handler, no locks", zonder)):
            berichten = [Signaleerder(ref).afgegeven() for ref in wereld.trek(BATCH)]
            if profiel and naam == "handler":
                profiel.enable()
            await metingen[naam].van(backend, executor.execute_batch("match.signaal", berichten, hoe))
            if profiel:
                profiel.disable()
        personen = [vastgelegd(ref, wereld.ouders[ref], 2) for ref in wereld.trek(BATCH)]
        await metingen["persons again"].van(backend, executor.execute_batch("match.persoon", personen, verwerken))
    wand, kaal_wand = (statistics.median(metingen[naam].wand[4:]) for naam in ("handler", "bare SQL"))
    cpu, kaal_cpu = (metingen[naam].cpu() for naam in ("handler", "bare SQL"))
    regels = [
        f"{signalen} signals, {(await tel(worker) - eerst) / 3 / BATCH / BATCHES:.2f} new matches per signal",
        *(meting.regel(naam) for naam, meting in metingen.items()),
        f"handler / bare SQL: {kaal_wand / wand:.2f} by wall, {kaal_cpu / cpu:.2f} by CPU",
    ]
    print("\n".join(regels))  # noqa: T201
    if profiel:
        pstats.Stats(profiel).sort_stats("cumulative").print_stats(60)
    await worker.dispose()
    await owner.dispose()


if __name__ == "__main__":
    try:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
    finally:
        testing.stop()
