"""PostgreSQL dies, is stopped, loses its connections or holds a long transaction while people work."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import asyncpg
import pytest
from driver import Driver
from people import LIMIT, People
from stores import rows
from verslag import Verslag

from lokaal.supervisor import StartError
from platformkit.testing import eventually

pytestmark = [pytest.mark.system, pytest.mark.soak]

_CUT = """
select pg_terminate_backend(pid) from pg_stat_activity
 where backend_type = 'client backend' and pid <> pg_backend_pid()
"""


@pytest.mark.timeout(240)
def test_a_killed_database_recovers_and_nothing_is_lost(healed: Driver, verslag: Verslag) -> None:
    with People(healed, rate=4, apart=("postgres",)) as people:
        people.work(1)
        healed.stack.kill("postgres")
        people.work(1)
        _start_postgres(healed)
        people.over()
        people.work(2)
        people.told(verslag, "PostgreSQL killed (SIGKILL), crash recovery", 1)


@pytest.mark.timeout(600)
def test_a_stopped_database_is_waited_for(healed: Driver, verslag: Verslag, soak: bool) -> None:
    length = 180.0 if soak else 20.0
    with People(healed, apart=("postgres",)) as people:
        people.work(1)
        healed.stack.terminate("postgres")
        people.work(length)
        _start_postgres(healed)
        people.over()
        people.work(2)
        people.told(verslag, "PostgreSQL stopped (fast) and away", length)
    assert people.refused


@pytest.mark.timeout(240)
def test_cut_connections_are_made_anew(healed: Driver, verslag: Verslag) -> None:
    cut = 0
    with People(healed, rate=4) as people:
        for _ in range(3):
            people.work(1)
            cut += len(rows(healed, "postgres", _CUT))
        people.over()
        people.work(1)
        said = f"{cut} connections"
        people.told(verslag, "every connection to PostgreSQL cut, 3 x", 3, opmerking=lambda: said)
    assert cut > 30


@pytest.mark.timeout(600)
def test_a_database_that_takes_no_writes_is_waited_for(healed: Driver, verslag: Verslag, soak: bool) -> None:
    """As after a fail-over: what is there already is answered, nothing can be stored."""
    length = 60.0 if soak else 10.0
    with People(healed, rate=4) as people:
        people.work(1)
        rows(healed, "postgres", "alter system set default_transaction_read_only = on")
        try:
            rows(healed, "postgres", "select pg_reload_conf()")
            people.work(length)
            refused = {each.body.get("code") for each in people.answers if each.status == 503}
        finally:
            rows(healed, "postgres", "alter system reset default_transaction_read_only")
            rows(healed, "postgres", "select pg_reload_conf()")
        people.over()
        people.work(2)
        people.told(verslag, "PostgreSQL takes no writes (a fail-over)", length)
    assert refused == {"tijdelijk-niet-beschikbaar"}, "nor is it told as an outage of the BRP"


@pytest.mark.timeout(240)
def test_a_column_that_gets_another_type_under_way_is_read_anew(healed: Driver, verslag: Verslag) -> None:
    """And back again: `People` looks that all were told and nothing was put aside."""
    with People(healed, rate=4) as people:
        people.work(2)
        for kind in ("varchar(64)", "text"):
            rows(healed, "match", f"alter table match alter reden type {kind}")
            people.work(2)
        people.over()
        people.work(1)
        people.told(verslag, "the type of match.reden changed, and back", 2)


@pytest.mark.timeout(600)
@pytest.mark.regel("D3")
@pytest.mark.parametrize("database", ["signaal", "match"])
def test_mail_goes_on_beside_a_long_write_transaction(
    healed: Driver, verslag: Verslag, soak: bool, database: str
) -> None:
    """Trap 12: in another database of the cluster than that of the relay behind the mail, and in its own."""
    length = 300.0 if soak else 10.0
    with People(healed, rate=4) as people:
        people.work(3)
        begun = datetime.now(UTC)
        latency: list[float] = []

        def medians() -> str:
            latency.extend((people.latency(people.begun, begun), people.latency(begun)))
            return f"answer to mail, median: {latency[0]:.2f} s before, {latency[1]:.2f} s beside it"

        with _long_transaction(healed, database):
            people.work(length)
            people.rest()
            people.over()
            people.told(verslag, f"a write transaction open in {database}", length, opmerking=medians)
    without, beside = latency
    assert people.refused == 0
    assert beside < 10 * without + 1


@contextmanager
def _long_transaction(driver: Driver, database: str) -> Iterator[None]:
    """A transaction of the owner of this database that has written and does not end."""
    loop = asyncio.new_event_loop()
    migrate = driver.addresses["postgres"][database]["migrate"]
    connection = loop.run_until_complete(asyncpg.connect(migrate, timeout=10))
    try:
        loop.run_until_complete(
            connection.execute("begin; create table storing (n int); insert into storing values (1)")
        )
        yield
        loop.run_until_complete(connection.execute("rollback"))
    finally:
        loop.run_until_complete(connection.close())
        loop.close()


def _start_postgres(driver: Driver) -> None:
    """Start it as soon as the last backend of the killed one has let go of the shared memory."""

    def started() -> bool | None:
        try:
            driver.stack.restart("postgres")
        except StartError:
            return None
        return True

    eventually(started, "PostgreSQL to start", 4 * LIMIT)
