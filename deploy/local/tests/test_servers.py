"""The real servers: start in a directory that only its owner may enter, isolation, kill, restart, stop, two stacks."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from contracts.registry import topics
from lokaal import stack, testing
from lokaal.servers import redis
from lokaal.services import SERVICES
from lokaal.stack import AlreadyRunsError, Stack

SERVERS = {"kafka", "postgres", "redis"}
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F"}
"""127.0.0.1, also in the form that IPv6 sockets show."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    closed = tmp_path_factory.mktemp("closed")
    closed.chmod(0o700)
    with Stack(closed / "run", parts=SERVERS, given={"PATH": os.environ["PATH"]}) as started:
        yield started


@pytest.mark.timeout(180)
def test_the_servers_say_who_they_are(running: Stack) -> None:
    versions = running.addresses["versions"]
    assert versions["kafka"] == "Apache Kafka 4.4.0"
    assert versions["postgres"].startswith("PostgreSQL 18.")
    assert versions["redis"].startswith("Valkey 9.")


def test_stack_json_is_for_its_owner_only_and_holds_what_addresses_tell(running: Stack) -> None:
    file = running.run_dir / "stack.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text()) == running.addresses


def test_a_second_start_in_the_same_directory_is_refused(running: Stack) -> None:
    with pytest.raises(AlreadyRunsError, match=r"a stack runs in .*kafka"):
        Stack(running.run_dir, parts={"redis"}, given={}).start()


async def test_the_topics_of_the_contracts_are_there_with_their_settings(running: Stack) -> None:
    client = AIOKafkaAdminClient(**testing.broker(running.addresses).client())
    await client.start()
    try:
        assert topics().keys() <= set(await client.list_topics())
    finally:
        await client.close()


async def test_a_role_reaches_its_own_database_and_no_other(running: Stack) -> None:
    databases = running.addresses["postgres"]
    for service in SERVICES:
        for role in ("api", "worker", "relay", "migrate"):
            own = await asyncpg.connect(databases[service.module][role])
            assert await own.fetchval("select current_user") == f"{service.module}_{role}"
            await own.close()
    for database in ("match", "postgres", "template1"):
        address = databases["signaal"]["api"].rpartition("/")[0]
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
            await asyncpg.connect(f"{address}/{database}")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(databases["signaal"]["api"], password="wrong")


async def test_only_migrate_may_make_tables_and_what_it_forgets_to_grant_stays_closed(running: Stack) -> None:
    addresses = running.addresses["postgres"]["notificatie"]
    migrate = await asyncpg.connect(addresses["migrate"])
    api = await asyncpg.connect(addresses["api"])
    try:
        await migrate.execute("create table proef (id int, bij daterange, exclude using gist (id with =, bij with &&))")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await api.execute("select from proef")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await api.execute("create table eigen (id int)")
        facts = await api.fetchrow(
            "select rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname=current_user"
        )
        assert facts is not None
        assert not any(facts.values())
    finally:
        await migrate.execute("drop table proef")
        await migrate.close()
        await api.close()


async def test_postgres_keeps_what_it_promised(running: Stack) -> None:
    connection = await asyncpg.connect(running.addresses["postgres"]["superuser"])
    try:
        settings = {name: await connection.fetchval(f"show {name}") for name in ("fsync", "max_connections")}
        assert settings == {"fsync": "on", "max_connections": "300"}
        rules = await connection.fetch("select distinct auth_method from pg_hba_file_rules")
        assert [rule["auth_method"] for rule in rules] == ["scram-sha-256"]
    finally:
        await connection.close()


def test_every_server_listens_on_loopback_only(running: Stack) -> None:
    for entry in running.addresses["processes"].values():
        assert _listens_on(entry["pid"]) <= LOOPBACK


@pytest.mark.timeout(180)
def test_the_trace_viewer_starts_and_listens_on_loopback_only(tmp_path: Path) -> None:
    with Stack(tmp_path, parts={"zipkin"}, given={"PATH": os.environ["PATH"]}) as started:
        assert started.addresses["versions"] == {"zipkin": "Zipkin 3.6.1"}
        assert _listens_on(started.addresses["processes"]["zipkin"]["pid"]) <= LOOPBACK


def _listens_on(pid: int) -> set[str]:
    """The addresses, as proc(5) writes them, on which a process listens."""
    sockets: dict[str, str] = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                sockets[f"socket:[{fields[9]}]"] = fields[1].rpartition(":")[0]
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it closed that file meanwhile
            found.add(sockets.get(os.readlink(link), ""))
    assert found - {""}, "it listens somewhere"
    return found - {""}


@pytest.mark.timeout(120)
async def test_a_killed_broker_comes_back_at_its_address_with_its_messages(running: Stack) -> None:
    broker = testing.broker(running.addresses)
    producer = AIOKafkaProducer(**broker.client(), acks="all", enable_idempotence=True)
    await producer.start()
    sent = await producer.send_and_wait("match", b"waarde", key=b"sleutel")
    await producer.stop()
    running.kill("kafka")
    assert not running.alive("kafka")
    await asyncio.to_thread(running.restart, "kafka")
    consumer = AIOKafkaConsumer("match", **broker.client(), auto_offset_reset="earliest", group_id=None)
    await consumer.start()
    try:
        read = await asyncio.wait_for(consumer.getone(), 30)
        assert (read.offset, read.value) == (sent.offset, b"waarde")
    finally:
        await consumer.stop()


async def test_a_killed_database_comes_back_with_what_was_committed(running: Stack) -> None:
    address = running.addresses["postgres"]["match"]["migrate"]
    connection = await asyncpg.connect(address)
    await connection.execute("create table blijft (id int)")
    running.kill("postgres")
    await asyncio.to_thread(running.restart, "postgres")
    connection = await asyncpg.connect(address)
    assert await connection.fetchval("select count(*) from blijft") == 0
    await connection.execute("drop table blijft")
    await connection.close()


def test_stack_json_of_a_start_that_was_cut_off_is_enough_to_stop_it(running: Stack, tmp_path: Path) -> None:
    """A second stack beside the first, started by a process that is killed the moment Redis runs."""
    script = (
        "import os, signal, sys; from pathlib import Path; from lokaal.stack import Stack\n"
        "made = Stack(Path(sys.argv[1]), parts={'redis'}, given={})\n"
        "made._ask_versions = lambda: os.kill(os.getpid(), signal.SIGKILL)\n"
        "made.start()\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    [left] = stack.read_processes(tmp_path)
    found = stack.read(tmp_path)
    assert found is not None
    assert not found["ready"]
    assert left.alive(), "it outlives the one that started it"
    assert found["redis"] != running.addresses["redis"]
    assert redis.server_version(found["redis"]).startswith("Valkey")
    assert stack.down(tmp_path) == 1
    assert not left.alive()
    assert not (tmp_path / "stack.json").exists()
    assert all(running.alive(name) for name in SERVERS), "the stack beside it runs on"


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    made = Stack(tmp_path / "run", parts={"redis"}, env={"redis": {}}, given={})
    broken = made._plan.valkey.prepare
    object.__setattr__(made._components[0], "prepare", lambda: (broken(), _spoil(made)))
    with pytest.raises(RuntimeError, match=r"(?s)redis ended with exit code 1.*Bad directive"):
        made.start()
    assert not (tmp_path / "run" / "stack.json").exists()


def _spoil(made: Stack) -> None:
    with (made.run_dir / "redis" / "valkey.conf").open("a") as settings:
        settings.write("nonsense yes\n")
