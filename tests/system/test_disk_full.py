"""The disk of a server is full while people work: refused or accepted, never half done; with space again all goes on."""

import asyncio

import asyncpg
import pytest
from disk import Disk
from driver import Driver
from people import People
from verslag import Verslag

from lokaal.testing import superuser

pytestmark = [pytest.mark.system, pytest.mark.soak]


@pytest.mark.timeout(600)
def test_a_full_disk_under_postgresql(breakable: Driver, disks: dict[str, Disk], verslag: Verslag, soak: bool) -> None:
    """First tables cannot grow; then the log of changes cannot either, and PostgreSQL goes down by itself."""
    length, disk = 120.0 if soak else 8.0, disks["postgres"]
    with People(breakable, rate=4, apart=("postgres",)) as people:
        people.work(1)
        with disk.full(_pid(breakable, "postgres")):
            people.work(length)
            asyncio.run(_use_up_the_log(superuser(breakable.addresses["postgres"], "postgres")))
            people.work(3)
        down = _bring_back_postgres(breakable)
        people.over()
        people.work(2)
        said = f"{disk.form}; server {down}"
        people.told(verslag, "disk full under PostgreSQL", length + 3, opmerking=lambda: said)
    assert people.refused


@pytest.mark.timeout(600)
def test_a_full_disk_under_kafka(breakable: Driver, disks: dict[str, Disk], verslag: Verslag, soak: bool) -> None:
    """The broker halts by itself when its only disk fails; the outboxes keep what is to be told."""
    length, disk = 120.0 if soak else 8.0, disks["kafka"]
    with People(breakable, rate=4, apart=("kafka",)) as people:
        people.work(1)
        with disk.full(_pid(breakable, "kafka")):
            people.work(length)
        # Always: a broker may live on without its log directory, and takes one that failed it back only at a start.
        down = "stayed" if breakable.stack.alive("kafka") else "went down"
        breakable.stack.restart("kafka")
        people.over()
        people.work(2)
        said = f"{disk.form}; server {down}, was started again"
        people.told(verslag, "disk full under Kafka", length, opmerking=lambda: said)
    assert people.refused == 0


async def _use_up_the_log(dsn: str) -> None:
    """Go to the next file of the log of changes until there is none."""
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
        for _ in range(100):
            await connection.execute("select pg_logical_emit_message(true, 'storing', 'x'), pg_switch_wal()")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return
    raise AssertionError("the disk under PostgreSQL is not full")


def _bring_back_postgres(driver: Driver) -> str:
    """Start it when it has gone down, as an operator or a supervisor would; what happened to it."""
    if driver.stack.alive("postgres"):
        return "stayed"
    driver.stack.restart("postgres")
    return "went down, was started again"


def _pid(driver: Driver, server: str) -> int:
    pid: int = driver.addresses["processes"][server]["pid"]
    return pid
