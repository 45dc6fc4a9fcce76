"""Youths, parents, signals and their matches, made by the server: 10 million in minutes.

Data as in prestaties §2.5: 1.33 signals per signalled youth, two parents, siblings in 40 % of the families, some with
half a parent in common; a new signal makes some 1.65 matches. Ids follow from the number of the family, so that this
side knows whom to draw without reading.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import md5
from itertools import count
from math import gcd
from typing import TypeVar
from uuid import UUID

import asyncpg

from match.bootstrap import OPSLAG
from match.domain.match import Match
from match.domain.paren import paren
from platformkit.clock import FixedClock
from platformkit.db.database import Database
from platformkit.executor import Executor, UnitOfWork

NU = datetime(2025, 6, 1, 12, tzinfo=UTC)
T = TypeVar("T")
_TABELLEN = ("matchsleutel", "persoon", "ouder", "signaal", "match")
_DEEL = 500_000

# Of each family: its children, as many signals on each as 0, 1, 1 or 2, and the parents.
_KIND = """
  select k, j, md5(format('kind-%s-%s', k, j))::uuid kind, (array[0, 1, 1, 2])[(k + j) % 4 + 1] aantal,
    md5(format('ouder-%s-0', k))::uuid een,
    md5(format('ouder-%s-%s', k, case when j = 1 and k / 5 % 5 = 0 then 2 else 1 end))::uuid ander
  from generate_series($1::bigint, $2::bigint - 1) k cross join lateral generate_series(0, (k % 5 >= 3)::int) j
"""
_PERSONEN = f"insert into persoon select kind, 1, 'in-leven' from ({_KIND})"
_OUDERS = f"""
insert into ouder select kind, ouder, '2025-05-01', 1, false
from ({_KIND}) cross join lateral unnest(array[een, ander]) ouder
"""
# As batches of some 500 youths make them: all youths, then all their parents, each by id.
_SLEUTELS = f"""
insert into matchsleutel select soort, id from (
  select k, 'jeugdige' soort, kind id from ({_KIND})
  union all select k, 'ouder', ouder from ({_KIND}) cross join lateral unnest(array[een, ander]) ouder group by k, ouder
) order by k / 357, soort, id
"""
_NIEUW = f"""
create unlogged table nieuw as select k, j, kind, uuidv7() id, gen_random_uuid() professional, gen_random_uuid() account
from ({_KIND}) cross join lateral generate_series(1, aantal)
"""
_SIGNALEN = """
insert into signaal select id, 1, kind, professional, account, gen_random_uuid(), 'jeugdhulp', 'zuid-kennemerland',
  '0392', '2025-05-01', '2026-05-01', 'actief', null from nieuw
"""
# Not those of the families that are measured: the id of a match is no function that SQL has.
_MATCHES = """
insert into match select gen_random_uuid(), case when a.j = b.j then 'client' else 'gezin' end, a.id, b.id, a.kind,
  b.kind, a.account, b.account, 'signaal-afgegeven', b.id, '2025-05-01', '2026-05-01', 'actief', null, (1::bigint << 32) + 1,
  '2025-05-01', null
from nieuw a join nieuw b using (k) where a.id < b.id and k % $1 <> 0
"""
# For a superuser in the database of match: read what a batch of signals touches (README, "What it needs") into PostgreSQL's
# memory, as it stands there after a day of work, and write everything out.
WARM = (
    "create extension if not exists pg_prewarm",
    """
    select pg_prewarm(oid) from pg_class where relnamespace = 'public'::regnamespace and (
      relname in ('matchsleutel', 'matchsleutel_pkey', 'ouder_pkey', 'ouder_kinderen_heel', 'signaal', 'signaal_actief')
      or relkind = 'i' and relname like 'match_%')
    """,
    "checkpoint",
)


def stap(signalen: int) -> int:
    """One family in how many is measured, all over the tables, and of all kinds: `_KIND` counts them by four and by five.

    Fewer families would meet each other more often than they do.
    """
    return next(each for each in count(max(1, signalen // 1_000_000)) if gcd(each, 20) == 1)


def gezinnen(signalen: int) -> int:
    return round(signalen / 1.4)


def kinderen(gezin: int) -> list[UUID]:
    return [_id(f"kind-{gezin}-{j}") for j in range(2 if gezin % 5 >= 3 else 1)]


def ouders(gezin: int) -> list[UUID]:
    """The parents of its first child."""
    return [_id(f"ouder-{gezin}-{i}") for i in range(2)]


def _id(tekst: str) -> UUID:
    return UUID(bytes=md5(tekst.encode(), usedforsecurity=False).digest())


class Wereld:
    """Draws youths, each once: one half of the families for the handler, the other half for the bare statement."""

    def __init__(self, signalen: int) -> None:
        self.signalen = signalen
        afstand = stap(signalen)
        gekozen = range(0, gezinnen(signalen), afstand)
        self._helften = [
            [(kind, gezin) for gezin in gekozen if gezin // afstand % 2 == helft for kind in kinderen(gezin)]
            for helft in range(2)
        ]
        for helft in self._helften:
            random.Random(1).shuffle(helft)

    def trek(self, aantal: int) -> list[UUID]:
        """Youths for the handler."""
        return [kind for kind, _ in self._neem(0, aantal)]

    def trek_kaal(self, aantal: int) -> list[UUID]:
        """Youths for the bare statement."""
        return [kind for kind, _ in self._neem(1, aantal)]

    def gezinnen(self, aantal: int) -> list[tuple[UUID, list[UUID]]]:
        """First children, drawn before or not, with their parents."""
        gekozen = random.sample(self._helften[0], aantal)
        return [(kinderen(gezin)[0], ouders(gezin)) for gezin in {gezin for _, gezin in gekozen}]

    def _neem(self, helft: int, aantal: int) -> list[tuple[UUID, int]]:
        alle = self._helften[helft]
        genomen, alle[:] = alle[:aantal], alle[aantal:]
        if len(genomen) < aantal:
            raise ValueError(f"no youths left among {self.signalen:,} signals: measure fewer batches, or more signals")
        return genomen


async def vul(owner: str, worker: Database, van: int, tot: int) -> None:
    """Go from `van` to `tot` signals. Keys and indexes are taken away for it and made again."""
    connection = await asyncpg.connect(owner)
    try:
        # As the owner, on whom row-level security is forced as well.
        for tabel in _TABELLEN:
            await connection.execute(f"alter table {tabel} no force row level security")
        terug = await _zonder_indexen(connection) if tot - van > _DEEL else []
        await connection.execute(
            "set synchronous_commit = off; set maintenance_work_mem = '1GB'; set work_mem = '512MB'"
        )
        for begin, eind in _delen(gezinnen(van), gezinnen(tot)):
            for statement in (_PERSONEN, _OUDERS, _SLEUTELS, _NIEUW):
                await connection.execute(statement, begin, eind)
            await connection.execute(_SIGNALEN)
            await connection.execute("analyze nieuw")
            await connection.execute(_MATCHES, stap(tot))
            await connection.execute("drop table nieuw")
        for statement in terug:
            await connection.execute(statement)
        for tabel in _TABELLEN:
            await connection.execute(f"alter table {tabel} force row level security")
        await _matches_van_gemetenen(worker, range(0, gezinnen(tot), stap(tot)), gezinnen(van))
        for tabel in _TABELLEN:
            await connection.execute(f"vacuum (analyze) {tabel}")
    finally:
        await connection.close()


async def _zonder_indexen(connection: asyncpg.Connection) -> list[str]:
    """Drop keys and indexes; the statements that bring them back."""
    sleutels = await connection.fetch(
        "select conrelid::regclass::text tabel, conname, pg_get_constraintdef(oid) def from pg_constraint"
        " where contype in ('p', 'u') and conrelid::regclass::text = any($1)",
        _TABELLEN,
    )
    namen = [each["conname"] for each in sleutels]
    indexen = await connection.fetch(
        "select indexname, indexdef from pg_indexes where tablename = any($1) and indexname <> all($2)",
        _TABELLEN,
        namen,
    )
    for each in sleutels:
        await connection.execute(f"alter table {each['tabel']} drop constraint {each['conname']}")
    for each in indexen:
        await connection.execute(f"drop index {each['indexname']}")
    return [
        *(f"alter table {each['tabel']} add constraint {each['conname']} {each['def']}" for each in sleutels),
        *(each["indexdef"] for each in indexen),
    ]


def _delen(van: int, tot: int) -> Iterator[tuple[int, int]]:
    return ((begin, min(begin + _DEEL, tot)) for begin in range(van, tot, _DEEL))


async def _matches_van_gemetenen(worker: Database, gemeten: Iterable[int], vanaf: int) -> None:
    """The matches that the measured families have already, or the first batches would make them as well."""
    for deel in _per([gezin for gezin in gemeten if gezin >= vanaf], 5_000):
        wie = [kind for gezin in deel for kind in kinderen(gezin)]
        await Executor(worker, FixedClock(NU), "urn:test").execute(_maak_matches, None, wie)


async def _maak_matches(work: UnitOfWork, wie: list[UUID]) -> None:
    signalen = await OPSLAG.projectie.signalen(work, wie)
    rond = {each.signaal_id for each in signalen}
    gevonden = paren(signalen, await OPSLAG.projectie.ouders(work, wie), work.today, rond=rond)
    await OPSLAG.matches.bewaar(work, [Match.ontstaan(paar, 1, work.now) for paar in gevonden.values()])


def _per(alles: Sequence[T], grootte: int) -> Iterator[Sequence[T]]:
    return (alles[begin : begin + grootte] for begin in range(0, len(alles), grootte))
