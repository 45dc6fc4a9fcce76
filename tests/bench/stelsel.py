"""The running system for a benchmark: PostgreSQL keeps when each transaction committed, so nobody has to poll."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from services.match.tests.bench.instellingen import PRODUCTIE
from tests.bench.inbreng import in_een_keer
from tests.bench.tafel import meld
from tests.bench.wereld import Wereld

from lokaal import paths, stack
from lokaal.progress import OnScreen
from lokaal.stack import Stack
from lokaal.testing import superuser

# From the outbox of signaal to the stored match, and what it needs.
KETEN = ("signaal-relay", "brp-proxy-relay", "match-consumer", "match-relay")


@contextmanager
def draaiend(parts: Collection[str], *, personen: Path | None = None) -> Iterator[Stack]:
    """These parts in processes of their own, as in production; spans go nowhere, so those of events are not made."""
    run_dir = paths.run_dir() / "bench"
    stack.down(run_dir)  # what a run that was cut off has left
    with OnScreen(Console(highlight=False)) as progress:
        made = Stack(run_dir, "split", parts, personen=personen, progress=progress)
        made.start()
    try:
        for naam, waarde in {**PRODUCTIE, "track_commit_timestamp": "on"}.items():
            asyncio.run(_uitvoeren(made, "postgres", f"alter system set {naam} = '{waarde}'"))
        made.restart("postgres")
        yield made
    finally:
        made.stop()


@asynccontextmanager
async def verbonden(draait: Stack, database: str) -> Any:
    """A superuser's connection."""
    connection = await asyncpg.connect(superuser(draait.addresses["postgres"], database))
    try:
        yield connection
    finally:
        await connection.close()


async def _uitvoeren(draait: Stack, database: str, sql: str) -> None:
    async with verbonden(draait, database) as connection:
        await connection.execute(sql)


async def tot(klaar: Callable[[], Awaitable[object]], wat: str, seconden: float, *, elke: float = 0.1) -> float:
    """Seconds until `klaar` answers yes.

    Raises:
        TimeoutError: it did not within `seconden`.
    """
    begin = time.monotonic()
    gezegd = begin
    while not await klaar():
        nu = time.monotonic()
        if nu - begin > seconden:
            raise TimeoutError(f"not within {seconden:.0f} s: {wat}")
        if nu - gezegd > 10:
            meld(f"  {nu - begin:.0f} s: waiting for {wat}")
            gezegd = nu
        await asyncio.sleep(elke)
    return time.monotonic() - begin


async def tel(draait: Stack, database: str, tabel: str) -> int:
    """How many rows there are."""
    async with verbonden(draait, database) as connection:
        aantal: int = await connection.fetchval(f"select count(*) from {tabel}")
    return aantal


async def stel_voor(draait: Stack, wereld: Wereld, nu: datetime) -> None:
    """Tell match of every youth, by the outbox of brp-proxy."""
    meld(f"  telling match of {len(wereld.jeugdigen):,} youths")
    await in_een_keer(draait.addresses["postgres"]["brp_proxy"]["worker"], wereld.personen(nu), nu)

    async def bekend() -> bool:
        return await tel(draait, "match", "persoon") == len(wereld.jeugdigen)

    await tot(bekend, "all persons in match", 300)


async def commits(draait: Stack, database: str, sql: str) -> list[asyncpg.Record]:
    """Rows of `sql`, which asks `extract(epoch from pg_xact_commit_timestamp(xmin))` for when each was committed."""
    async with verbonden(draait, database) as connection:
        return list(await connection.fetch(sql))


_MATCHES = """
select signaal_a, signaal_b, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 as op from match
"""


async def vertragingen(draait: Stack, signalen: dict[Any, float], vanaf: float) -> list[float]:
    """Milliseconds from the commit of the later of two signals to that of their match, sorted.

    Args:
        draait: the system.
        signalen: when each signal was committed.
        vanaf: signals committed before this moment are left out.
    """
    paren = await commits(draait, "match", _MATCHES)
    later = [(max(signalen[rij["signaal_a"]], signalen[rij["signaal_b"]]), rij["op"]) for rij in paren]
    return sorted(1000 * (op - begin) for begin, op in later if begin >= vanaf)


def percentiel(gesorteerd: Sequence[float], deel: float) -> float:
    """The value that `deel` of them do not exceed."""
    return gesorteerd[min(len(gesorteerd) - 1, int(deel * len(gesorteerd)))]


def verdeling(gesorteerd: Sequence[float]) -> str:
    """Median, 99th percentile and maximum in milliseconds."""
    p50, p99 = statistics.median(gesorteerd), percentiel(gesorteerd, 0.99)
    return f"p50 {p50:.1f}, p99 {p99:.1f}, max {gesorteerd[-1]:.1f} ms over {len(gesorteerd):,}"
