"""Settings, clock, failpoints, heartbeat and logs: the small parts of a process."""

import asyncio
import errno
import io
import json
import logging
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import pytest
import structlog
from pydantic import AnyHttpUrl, SecretStr, ValidationError

from platformkit import failpoints, health, telemetry
from platformkit.clock import FixedClock, ShiftedClock, SystemClock, today
from platformkit.errors import TransientError
from platformkit.gauges import measuring
from platformkit.health import Heartbeat
from platformkit.ids import uuid7
from platformkit.logging import configure, get_logger
from platformkit.main import beats
from platformkit.service import every, jobs
from platformkit.settings import LOCAL, ProcessSettings, Profile, Traces
from platformkit.testing import eventually_async

PRODUCTION = {
    "oidc_issuer": "https://issuer.example",
    "client_secret": "geheim",
    "source": "urn:nld:oin:00000001234567890000:systeem",
    "database_url_api": "postgresql://proef:geheim@db.example/proef?sslmode=verify-full",
    "ander_url": "https://ander.example",
    "redis_url": "rediss://:geheim@redis.example/0?ssl_ca_certs=/etc/ca.pem",
}
"""What production is told at least."""


@pytest.mark.parametrize("tool", [{"klok_bestand": "/tmp/klok"}, {"failpoints": "outbox.after_publish=kill"}])
def test_production_refuses_the_tools_of_tests(tool: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROFIEL")
    for name, text in PRODUCTION.items():
        monkeypatch.setenv(name.upper(), text)
    assert ProcessSettings().profiel is Profile.PRODUCTION
    for profile in ("productie", None):
        given = {**tool, **({"profiel": profile} if profile else {})}
        with pytest.raises(ValidationError) as refused:
            ProcessSettings(**given)  # type: ignore[arg-type]
        assert "geheim" not in str(refused.value)
        assert "input_value" not in str(refused.value)
    for profile in ("lokaal", "test"):
        assert ProcessSettings(profiel=Profile(profile), **tool)  # type: ignore[arg-type]


class Neighbours(ProcessSettings):
    """Those of a service that has some."""

    ander_url: Annotated[AnyHttpUrl, LOCAL] = AnyHttpUrl("http://127.0.0.1:8080")
    nog_een_url: AnyHttpUrl | None = None
    redis_url: Annotated[SecretStr, LOCAL] = SecretStr("redis://127.0.0.1:6379/0")


@pytest.mark.parametrize("absent", ["oidc_issuer", "client_secret", "source", "ander_url", "redis_url"])
def test_production_falls_back_on_no_default(absent: str) -> None:
    good = PRODUCTION | {"profiel": "productie"}
    assert Neighbours.model_validate(good)
    for wrong in ({name: text for name, text in good.items() if name != absent}, good | {absent: ""}):
        with pytest.raises(ValidationError) as refused:
            Neighbours.model_validate(wrong)
        assert absent.upper() in str(refused.value) or absent in str(refused.value)
        assert "geheim" not in str(refused.value)
    assert Neighbours.model_validate({"profiel": "lokaal"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("oidc_issuer", "http://issuer.example"),
        ("oidc_issuer", "HTTP://issuer.example"),
        ("oidc_issuer", "http://127.0.0.1:8081"),
        ("ander_url", "http://ander.example"),
        ("nog_een_url", "http://ander.example"),
        ("traces_url", "http://spans.example"),
        ("redis_url", "redis://:geheim@redis.example/0"),
        ("redis_url", "REDIS://:geheim@redis.example/0"),
        ("redis_url", "rediss://:geheim@redis.example/0?ssl_cert_reqs=none"),
        ("redis_url", "rediss://:geheim@redis.example/0?ssl_check_hostname=false"),
        ("database_url_api", "postgresql://proef:geheim@db.example/proef"),
        ("database_url_worker", "postgresql://proef:geheim@db.example/proef?sslmode=require"),
        ("database_url_relay", "postgresql://proef:geheim@db.example/proef?sslmode=verify-ca"),
        ("database_url_migrate", "postgres://proef:geheim@db.example/proef?sslmode=verify-full&sslmode=disable"),
    ],
)
def test_production_speaks_to_nobody_without_tls(name: str, text: str) -> None:
    with pytest.raises(ValidationError, match=f"{name.upper()} is an address without TLS") as refused:
        Neighbours.model_validate(PRODUCTION | {"profiel": "productie", name: text})
    assert "geheim" not in str(refused.value)
    assert Neighbours.model_validate(PRODUCTION | {"profiel": "test", name: text})


def test_the_clock_of_production_is_the_machines(tmp_path: Path) -> None:
    assert isinstance(ProcessSettings().clock(), SystemClock)
    assert isinstance(ProcessSettings(profiel=Profile.TEST, klok_bestand=tmp_path / "klok").clock(), ShiftedClock)


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL_API", "CLIENT_SECRET"):
        monkeypatch.setenv(name, "postgresql://proef:geheim@127.0.0.1/proef")
    settings = ProcessSettings()
    assert "geheim" not in repr(settings) + settings.model_dump_json()
    assert settings.database_url("api") == "postgresql://proef:geheim@127.0.0.1/proef"
    with pytest.raises(ValueError, match="DATABASE_URL_RELAY"):
        settings.database_url("relay")


def test_the_day_is_the_netherlands() -> None:
    clock = FixedClock(datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    assert today(clock) == date(2027, 1, 1)
    clock.forward(timedelta(hours=-1))
    assert today(clock) == date(2026, 12, 31)


def test_a_shifted_clock_follows_its_file(tmp_path: Path) -> None:
    file = tmp_path / "klok"
    clock, machine = ShiftedClock(file), SystemClock()
    assert abs(clock.now() - machine.now()) < timedelta(seconds=5)
    file.write_text("86400\n")
    assert abs(clock.now() - machine.now() - timedelta(days=1)) < timedelta(seconds=5)


async def test_a_failpoint_fires_once_at_its_turn() -> None:
    failpoints.arm("consumer.after_commit=error@2")
    await failpoints.hit("consumer.before_commit")
    await failpoints.hit("consumer.after_commit")
    with pytest.raises(TransientError):
        await failpoints.hit("consumer.after_commit")
    await failpoints.hit("consumer.after_commit")


@pytest.mark.parametrize("spec", ["bestaat.niet=kill", "outbox.after_publish=ontplof", "outbox.after_publish"])
def test_an_unknown_failpoint_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="unknown failpoint"):
        failpoints.arm(spec)


def test_ready_and_alive() -> None:
    heartbeat = Heartbeat(None)
    heartbeat.expect("een")
    assert heartbeat.alive
    assert not heartbeat.ready
    heartbeat.beat("een")
    assert heartbeat.ready
    heartbeat.expect("twee")
    assert not heartbeat.ready


def test_a_stuck_component_is_not_alive() -> None:
    heartbeat = Heartbeat(None, limit=0.0)
    heartbeat.beat("een")
    assert not heartbeat.alive
    assert not heartbeat.ready


async def test_a_job_that_rests_for_long_is_not_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_BEAT", 0.02)
    heartbeat, stop, turns = Heartbeat(None, limit=0.2), asyncio.Event(), 0

    async def nothing_to_do() -> int:
        nonlocal turns
        turns += 1
        return 0

    resting = asyncio.create_task(every("rust", timedelta(hours=1), nothing_to_do)(stop, heartbeat))
    await asyncio.wait([resting], timeout=0.5)
    assert (heartbeat.ready, turns) == (True, 1)
    stop.set()
    await resting


async def test_a_stuck_process_stops_writing(tmp_path: Path) -> None:
    file = tmp_path / "slag"
    heartbeat = Heartbeat(file, limit=0.0)
    heartbeat.beat("een")
    running = asyncio.create_task(heartbeat.run(asyncio.Event()))
    await asyncio.wait([running], timeout=0.1)
    running.cancel()
    assert not file.exists()
    assert not beats(file)
    file.write_text("geen json")
    assert not beats(file)


@pytest.mark.parametrize("what", ["no room", "no directory"])
async def test_a_beat_that_cannot_be_written_ends_nothing(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "weg"
    directory.mkdir()
    file = directory / "slag"
    heartbeat, stop = Heartbeat(file), asyncio.Event()
    heartbeat.beat("een")

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "geheim 999993653")

    said: list[str] = []

    async def complained() -> bool:
        said.append(capsys.readouterr().out)
        return "".join(said).count("heartbeat_not_written") > 1

    with monkeypatch.context() as patched:
        patched.setattr(health, "_PAUSE", 0.02)
        if what == "no room":
            patched.setattr(Path, "write_text", full)
        else:
            directory.rmdir()
        running = asyncio.create_task(heartbeat.run(stop))
        await eventually_async(complained)
    directory.mkdir(exist_ok=True)

    async def written() -> bool:
        return beats(file)

    await eventually_async(written)
    stop.set()
    await running
    assert "999993653" not in "".join(said)


async def test_nothing_is_measured_any_more_when_the_block_is_over() -> None:
    """What it asks is closed then."""
    ended = False

    async def measure() -> None:
        nonlocal ended
        try:
            await asyncio.sleep(3600)
        finally:
            ended = True

    async with measuring(measure):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert ended


@pytest.mark.parametrize("where", ["zipkin", "otlp"])
def test_whatever_exports_spans_is_discreet(where: str) -> None:
    settings = ProcessSettings(traces=Traces(where), traces_url="http://127.0.0.1:9/spans")
    assert isinstance(telemetry.exporter(settings), telemetry.Discreet)
    assert telemetry.exporter(ProcessSettings()) is None


def test_ids_rise() -> None:
    made = [uuid7() for _ in range(100)]
    assert made == sorted(made)
    assert {each.version for each in made} == {7}


def test_logs_say_types_and_not_texts() -> None:
    out, before = io.StringIO(), structlog.get_config()
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        configure("proef", "INFO")
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(out), cache_logger_on_first_use=False)
        try:
            raise ValueError("999993653")
        except ValueError as error:
            get_logger().error("job_waits", exc_info=error)
            get_logger().exception("request_failed")
            for _ in range(100):  # one line of a library in a hot loop is told once
                logging.getLogger("een.bibliotheek").exception("rij %s", "999993653")
        get_logger().debug("retry")
    finally:
        structlog.configure(**before)
        structlog.contextvars.clear_contextvars()
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["job_waits", "request_failed", "library_message"]
    assert [line["error"] for line in lines] == ["ValueError"] * 3
    assert {line["service"] for line in lines} == {"proef"}
    assert "999993653" not in out.getvalue()
