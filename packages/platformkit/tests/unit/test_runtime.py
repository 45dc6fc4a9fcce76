"""What a process says to whoever starts it in a wrong way, and to whom nobody asked it to end."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from platformkit.health import Heartbeat
from platformkit.service import Command, Job, Process, Service, every
from platformkit.service.jobs import EndedError, together
from platformkit.service.runtime import run
from platformkit.settings import ProcessSettings


async def _nothing(_process: Process[ProcessSettings], _words: object) -> int:
    return 0


_KAFKA = ("KAFKA_BOOTSTRAP", "KAFKA_USER", "KAFKA_PASSWORD")


def _given(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    for name in names:
        monkeypatch.setenv(name, "x")


SERVICE = Service(
    name="een-twee", settings=ProcessSettings, description="Proef", commands={"eigen-opdracht": Command(_nothing)}
)


@pytest.mark.parametrize("words", [[], ["bestaat-niet"], ["api", "relay"], ["check", "x"], ["een-twee"]])
def test_wrong_use_is_told_by_the_name_that_python_knows(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(SERVICE, words) == 2
    assert capsys.readouterr().err == (
        "usage: python -m een_twee api|consumer|relay|jobs|all|migrate|check|dead-letters|audit|eigen-opdracht\n"
    )


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("signaal", "NAMENS_SLEUTEL, NAMENS_SLEUTELS"),
        ("match", "NAMENS_SLEUTEL"),
        ("brp-proxy", "NAMENS_SLEUTELS"),
    ],
)
@pytest.mark.parametrize("role", ["api", "all"])
def test_an_api_that_cannot_say_or_read_who_asks_does_not_start(
    name: str, needed: str, role: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFIEL", "test")
    _given(monkeypatch, "DATABASE_URL_API", "DATABASE_URL_WORKER", "DATABASE_URL_RELAY", *_KAFKA)
    assert run(replace(SERVICE, name=name), [role]) == 2
    assert capsys.readouterr().err == f"Failed: not set: {needed}\n"


@pytest.mark.parametrize(
    ("role", "needed"),
    [
        ("api", ["DATABASE_URL_API"]),
        ("consumer", ["DATABASE_URL_WORKER", *_KAFKA]),
        ("relay", ["DATABASE_URL_RELAY", *_KAFKA]),
        ("jobs", ["DATABASE_URL_WORKER"]),
        ("all", ["DATABASE_URL_API", "DATABASE_URL_WORKER", "DATABASE_URL_RELAY", *_KAFKA]),
        ("migrate", ["DATABASE_URL_MIGRATE"]),
        ("eigen-opdracht", ["DATABASE_URL_WORKER"]),
    ],
)
def test_a_process_is_told_by_name_what_it_needs_and_nothing_else(
    role: str, needed: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFIEL", "test")
    assert run(SERVICE, [role]) == 2
    assert capsys.readouterr().err == f"Failed: not set: {', '.join(needed)}\n"
    _given(monkeypatch, *needed[1:])
    assert run(SERVICE, [role]) == 2
    assert capsys.readouterr().err == f"Failed: not set: {needed[0]}\n"


@pytest.mark.parametrize("words", [["api"], ["migrate"], ["dead-letters", "list"]])
def test_what_is_wrong_with_settings_is_told_in_a_line_that_holds_none_of_them(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROFIEL", "productie")
    monkeypatch.setenv("HTTP_PORT", "geheim")
    assert run(SERVICE, words) == 2
    said = capsys.readouterr().err
    assert said.startswith("Failed: HTTP_PORT: Input should be a valid integer")
    assert "geheim" not in said
    monkeypatch.setenv("HTTP_PORT", "8080")
    assert run(SERVICE, words) == 2
    said = capsys.readouterr().err
    assert "CLIENT_SECRET is not set" in said
    assert said.count("\n") == 1


async def _works(stop: asyncio.Event, heartbeat: Heartbeat) -> None:
    heartbeat.beat("werkt")
    await stop.wait()


async def _ends(_stop: asyncio.Event, _heartbeat: Heartbeat) -> None:
    return


async def _fails() -> int:
    raise RuntimeError


@pytest.mark.parametrize(
    ("job", "error"), [(_ends, EndedError), (every("faalt", timedelta(seconds=1), _fails), RuntimeError)]
)
async def test_a_job_that_ends_beside_others_does_not_go_unnoticed(job: Job, error: type[Exception]) -> None:
    with pytest.raises(ExceptionGroup) as ended:
        async with asyncio.timeout(5):
            await together((_works, job, _works), asyncio.Event(), Heartbeat(None))
    assert [type(each) for each in ended.value.exceptions] == [error]


async def test_jobs_that_end_because_they_must_are_no_failure() -> None:
    stop = asyncio.Event()
    working = asyncio.create_task(together((_works, _works), stop, Heartbeat(None)))
    await asyncio.wait([working], timeout=0.05)
    assert not working.done()
    stop.set()
    await asyncio.wait_for(working, 5)
