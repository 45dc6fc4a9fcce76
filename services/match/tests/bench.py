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
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from services.match.tests.berichten import Signaleerder, vastgelegd, verwerken
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from lokaal import testing
from match.adapters.db.matches import Matches
from match.adapters.db.projectie import Projectie
from match.domain.match import Match
from match.domain.paren import paren
from platformkit.clock import FixedClock
from platformkit.db.engine import make_engine
from platformkit.executor import Executor
from platformkit.ids import uuid7
from platformkit.messaging.envelope import Message

BATCH, BATCHES = 500, 24
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
_SLEUTELS = "insert into matchsleutel select :soort, unnest(cast(:ids as uuid[])) on conflict do nothing"
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
    async with worker.begin() as connection:
        await connection.execute(text(_PERSONEN), {"personen": wereld.jeugdigen})
        await connection.execute(text(_OUDERS), {"kinderen": kinderen, "ouders": ouders})
        await connection.execute(text(_SLEUTELS), {"soort": "jeugdige", "ids": sorted(wereld.jeugdigen)})
        await connection.execute(text(_SLEUTELS), {"soort": "ouder", "ids": sorted(set(ouders))})
        await connection.execute(text(_SIGNALEN), {"personen": wereld.trek(signalen)})
        # The matches that these signals have, or the first batches would make them as well.
        projectie = Projectie(connection)
        gevonden = paren(
            await projectie.signalen(wereld.jeugdigen),
            await projectie.ouders(wereld.jeugdigen),
            NU.date(),
            rond=wereld.ouders.keys(),
        )
        gemaakt = [Match.ontstaan(paar, 1, NU) for paar in gevonden.values()]
        for begin in range(0, len(gemaakt), 10_000):
            await Matches(connection).bewaar(gemaakt[begin : begin + 10_000])


async def kaal(worker: AsyncEngine, personen: Sequence[UUID]) -> float:
    ids, events = [uuid4() for _ in personen], [f"kaal#{uuid7()}" for _ in personen]
    begin = time.perf_counter()
    async with worker.begin() as connection:
        await connection.execute(text(_INBOX), {"events": events})
        await connection.execute(text(_KAAL), {"ids": ids, "personen": list(personen), "headers": _HEADERS})
    return time.perf_counter() - begin


_HEADERS = '{"ce_id": "0199f000-0000-7000-8000-000000000000", "ce_type": "nl.verwijsindex.match.ontstaan.v1"}'


async def handler(executor: Executor, berichten: list[Message]) -> float:
    begin = time.perf_counter()
    await executor.execute_batch("match.signaal", berichten, verwerken)
    return time.perf_counter() - begin


async def tel(worker: AsyncEngine) -> int:
    async with worker.begin() as connection:
        return (await connection.execute(text("select count(*) from match"))).scalar_one()


async def main(signalen: int) -> None:
    dsns = testing.database("match")
    worker = make_engine(dsns["worker"].replace("://", "+asyncpg://", 1), pool=4, application="bench")
    owner = make_engine(dsns["migrate"].replace("://", "+asyncpg://", 1), pool=1, application="bench")
    executor = Executor(worker, FixedClock(NU), "urn:nld:oin:0:systeem")
    # Worlds of their own: the bare statement gives matches random ids.
    wereld, kale_wereld = Wereld(signalen // 2), Wereld(signalen // 2)
    for each in (wereld, kale_wereld):
        await vul(worker, each, signalen // 2)
    async with owner.begin() as connection:
        for tabel in ("signaal", "ouder", "persoon", "matchsleutel", "match"):
            await connection.execute(text(f"analyze {tabel}"))
    tijden: dict[str, list[float]] = {"kaal": [], "handler": []}
    profiel = cProfile.Profile() if os.environ.get("PROFIEL_AAN") else None
    matches = await tel(worker)
    for ronde in range(BATCHES):
        tijden["kaal"].append(await kaal(worker, kale_wereld.trek(BATCH)))
        berichten = [Signaleerder(ref).afgegeven() for ref in wereld.trek(BATCH)]
        if profiel and ronde > 3:
            profiel.enable()
        tijden["handler"].append(await handler(executor, berichten))
        if profiel:
            profiel.disable()
    print(f"{(await tel(worker) - matches) / 2 / BATCH / BATCHES:.2f} new matches per signal")  # noqa: T201
    personen = [vastgelegd(ref, wereld.ouders[ref], 2) for ref in wereld.trek(BATCH)]
    tijden["personen, opnieuw"] = [await handler(executor, personen)]
    midden = {naam: statistics.median(alle[4:] or alle) for naam, alle in tijden.items()}
    for naam, seconden in midden.items():
        print(f"{naam:20} {seconden * 1000:7.1f} ms per {BATCH}   {BATCH / seconden:8.0f} signals/s")  # noqa: T201
    print(f"ratio handler / bare SQL: {midden['kaal'] / midden['handler']:.2f}, {signalen} signals, {date.today()}")  # noqa: T201, DTZ011
    if profiel:
        pstats.Stats(profiel).sort_stats("tottime").print_stats(35)
    await worker.dispose()
    await owner.dispose()


if __name__ == "__main__":
    try:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
    finally:
        testing.stop()
