"""A process (`python -m proef <role>`): SIGTERM loses nothing, a component that ends ends it, and it proves that it lives."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import httpx
from proef.events import gewijzigd
from proef.hulp import Proef, context, free_port, read_topic
from proef.relaying import emptied, tell
from sqlalchemy import text

from platformkit.db.statement import Statement
from platformkit.executor import UnitOfWork
from platformkit.testing import Issuer, eventually_async

Start = Callable[..., "subprocess.Popen[bytes]"]


async def ended(process: "subprocess.Popen[bytes]", seconds: float = 40) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    out, err = await asyncio.to_thread(process.communicate, None, seconds)
    return process.returncode, (out or b"").decode(), err.decode()


async def test_sigterm_answers_the_running_request(
    proef: Proef, start: Start, issuer: tuple[Issuer, str], topic: str, tmp_path: Path
) -> None:
    port, begun = free_port(), tmp_path / "begonnen"
    process = start("api", HTTP_PORT=str(port), OIDC_ISSUER=issuer[1], WERKT="1", TOPIC=topic, BEGONNEN=str(begun))
    headers = {"Authorization": f"Bearer {issuer[0].token(iss=issuer[1], sub=str(uuid4()))}", "Idempotency-Key": "k"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=20) as client:

        async def ready() -> bool:
            try:
                return (await client.get("/gezond")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually_async(ready, seconds=40)
        request = asyncio.create_task(client.post("/v1/dingen"))

        async def under_way() -> bool:
            return begun.exists()

        await eventually_async(under_way)
        process.send_signal(signal.SIGTERM)
        answer = await request
    assert answer.status_code == 201, answer.text
    assert (await ended(process))[0] == 0
    assert await proef.count("ding") == 1
    assert await proef.count("outbox") == 1


async def test_sigterm_finishes_the_batch_and_the_relays_turn(
    proef: Proef, start: Start, make_topic: Callable[..., Awaitable[str]], tmp_path: Path
) -> None:
    topic, batch = await make_topic(partitions=2), tmp_path / "begonnen"
    people = [uuid4() for _ in range(300)]

    async def tell(work: UnitOfWork) -> None:
        for person in people:
            work.emit(gewijzigd(topic, person), version=1)

    await proef.executor("api").execute(tell, context(uuid4()))
    env = {"TOPIC": topic, "GROEP": f"groep-{topic}", "WERKT": "1"}
    relay, consumer = start("relay", **env), start("consumer", BEGONNEN=str(batch), **env)

    async def published() -> bool:
        return await proef.count("outbox") < 300

    async def begun() -> bool:
        return batch.exists()

    await eventually_async(published, seconds=40)
    relay.send_signal(signal.SIGTERM)
    await eventually_async(begun, seconds=40)
    consumer.send_signal(signal.SIGTERM)
    assert (await ended(relay))[0] == 0
    assert (await ended(consumer))[0] == 0
    # What was begun is finished; a second run finds the rest, and nothing twice.
    assert await proef.count("gezien") > 0
    for role in ("relay", "consumer"):
        start(role, **{**env, "WERKT": "0"})

    async def all_seen() -> bool:
        return await proef.count("gezien") == 300

    await eventually_async(all_seen, seconds=40)
    assert len(await read_topic(proef.broker, topic, 300)) == 300


async def test_a_component_that_dies_ends_the_process_and_quotes_nothing(start: Start) -> None:
    code, out, err = await ended(start("jobs", TAKEN="sterft"))
    assert code == 1
    said = json.loads(out.splitlines()[-1])
    assert (said["event"], said["error"], said["service"]) == ("process_failed", "RuntimeError", "proef")
    assert "999993653" not in out + err


async def test_a_component_that_ends_by_itself_is_a_failure_too(start: Start) -> None:
    assert (await ended(start("jobs", TAKEN="eindigt")))[0] == 1


async def test_a_port_that_is_taken_is_a_failure(start: Start, issuer: tuple[Issuer, str]) -> None:
    taken = issuer[1].rpartition(":")[2]
    assert (await ended(start("api", HTTP_PORT=taken)))[0] != 0


async def test_one_component_that_dies_takes_the_others_with_it(start: Start, topic: str) -> None:
    assert (await ended(start("all", TAKEN="sterft", TOPIC=topic, HTTP_PORT=str(free_port()))))[0] == 1


async def test_a_role_that_is_not_there_is_wrong_use(start: Start) -> None:
    code, _, err = await ended(start("bestaat-niet"))
    assert code == 2
    assert "usage: python -m proef api|consumer|relay" in err


async def test_a_worker_without_http_proves_that_it_lives(start: Start, tmp_path: Path) -> None:
    beat = tmp_path / "relay.heartbeat"
    assert (await ended(start("check", HEARTBEAT_FILE=str(beat))))[0] == 1
    relay = start("relay", HEARTBEAT_FILE=str(beat))

    async def beats() -> bool:
        return beat.exists()

    await eventually_async(beats, seconds=40)
    assert (await ended(start("check", HEARTBEAT_FILE=str(beat))))[0] == 0
    relay.kill()
    relay.wait()
    old = json.loads(beat.read_text())
    beat.write_text(json.dumps({**old, "time": old["time"] - 60}))  # a minute later
    assert (await ended(start("check", HEARTBEAT_FILE=str(beat))))[0] == 1
    assert (await ended(start("check")))[0] == 2


async def test_a_disk_without_room_for_logs_ends_no_process(proef: Proef, start: Start, topic: str) -> None:
    await tell(proef, topic, 1)
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        relay = start("relay", stdout=full)
    finally:
        os.close(full)

    async def published() -> bool:
        return await emptied(proef)

    await eventually_async(published, seconds=40)
    relay.send_signal(signal.SIGTERM)
    # 120: Python cannot write what is left of its output either.
    assert (await ended(relay))[0] in {0, 120}
    assert await proef.rows("select until <= now() from relay_lease") == [True], "stopped in order"


async def test_logs_are_json_with_the_trace(start: Start) -> None:
    relay = start("relay")
    assert relay.stdout is not None
    first = json.loads(await asyncio.to_thread(relay.stdout.readline))
    assert first["event"] == "process_started"
    assert first["service"] == "proef"
    os.kill(relay.pid, signal.SIGTERM)


async def test_a_migration_behind_a_long_reader_gives_up_and_can_be_run_again(proef: Proef, start: Start) -> None:
    """All who come after it for the same table would wait with it."""
    async with proef.all_seeing.transaction() as reader:
        await reader.rows(Statement(text("lock table alembic_version in access exclusive mode")))
        code, out, err = await ended(start("migrate"))
    assert (code, out) == (1, "")
    assert err.endswith("Is the database there, or does a dump hold a table? Run it again.\n")
    assert "Traceback" not in err
    assert (await ended(start("migrate")))[0] == 0


async def test_a_migration_that_fails_says_where_and_how_and_quotes_nothing(proef: Proef, start: Start) -> None:
    """PostgreSQL's detail, and a traceback, may show a row."""
    await proef.rows("alter table stand rename to stond")
    await proef.rows(
        "create function ziet() returns event_trigger language plpgsql as"
        " $$ begin raise unique_violation using detail = 'Key (bsn)=(999993653)'; end $$"
    )
    await proef.rows(
        "create event trigger ziet on ddl_command_end when tag in ('CREATE TABLE') execute function ziet()"
    )
    await proef.rows("update alembic_version set version_num = '0003'")
    try:
        code, out, err = await ended(start("migrate"))
    finally:
        await proef.rows("drop event trigger ziet")
        await proef.rows("drop function ziet")
        await proef.rows("alter table stond rename to stand")
        await proef.rows("update alembic_version set version_num = '0005'")
    assert (code, out) == (1, "")
    assert err == "Failed: UniqueViolationError (23505), migration 0004_stand. Nothing of it was kept.\n"
