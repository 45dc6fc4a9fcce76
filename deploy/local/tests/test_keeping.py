"""Who ended or hangs is started again with longer and longer waits, visibly; who was stopped on purpose is not."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from lokaal import __main__ as commands
from lokaal import stack
from lokaal.component import Component
from lokaal.detached import Process, work_on
from lokaal.keeping import Ends, Keeper, Thresholds, reason_of
from lokaal.ready import Heartbeat
from lokaal.stack import Stack
from lokaal.supervisor import Supervisor
from platformkit.main import beats
from platformkit.testing import eventually

ENV = {"PATH": "/usr/bin:/bin"}
SOON = Thresholds(first=0.01, most=0.04, steady=600, probe_every=0.02, probe_failures=2, grace=0.1)
BEATS = (
    "import json, pathlib, sys, time\n"
    "beat = pathlib.Path(sys.argv[1]); partial = beat.with_suffix('.tmp')\n"
    "while True:\n"
    "    partial.write_text(json.dumps({'time': time.time()})); partial.replace(beat); time.sleep(0.1)\n"
)
ONCE = "import os, pathlib, sys\nmark = pathlib.Path(sys.argv[1] + '.was')\nif mark.exists(): sys.exit({code})\nmark.touch()\n"


def component(name: str, tmp_path: Path, code: str = BEATS) -> Component:
    beat = tmp_path / f"{name}.beat"
    command = (sys.executable, "-c", code, str(beat))
    return Component(name, "service", command, Heartbeat(beat), heartbeat=beat, patience=20)


@contextmanager
def kept(tmp_path: Path, *parts: Component, thresholds: Thresholds = SOON) -> Iterator[tuple[Supervisor, Keeper]]:
    supervisor = Supervisor(parts, tmp_path, ENV)
    supervisor.start()
    keeper, stop = Keeper(supervisor, lambda line: None, thresholds), threading.Event()
    keeping = threading.Thread(target=keeper.run, args=(stop,))
    keeping.start()
    try:
        yield supervisor, keeper
    finally:
        stop.set()
        keeping.join()
        supervisor.stop()


def test_who_was_killed_runs_again_and_it_is_told(tmp_path: Path) -> None:
    with kept(tmp_path, component("service", tmp_path)) as (supervisor, keeper):
        first = supervisor.processes["service"]
        first.signal(signal.SIGKILL)
        eventually(lambda: supervisor.processes["service"].pid != first.pid and supervisor.alive("service"))
        told = eventually(lambda: (ends := keeper.ends.get("service")) and ends.again is None and ends)
        assert (told.count, told.reason) == (1, "killed by SIGKILL")


def test_who_fails_at_each_start_shows_as_such_and_waits_longer_each_time(tmp_path: Path) -> None:
    with kept(tmp_path, component("service", tmp_path, ONCE.format(code=1) + BEATS)) as (supervisor, keeper):
        supervisor.processes["service"].signal(signal.SIGKILL)
        told = eventually(lambda: (ends := keeper.ends.get("service")) and ends.keeps_failing and ends)
        assert told.reason == "exit code 1"
    waits = [Thresholds().wait(in_a_row) for in_a_row in range(1, 9)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_who_ends_because_of_its_settings_stays_down_until_a_call_starts_it(tmp_path: Path) -> None:
    parts = component("service", tmp_path, ONCE.format(code=2) + BEATS), component("other", tmp_path)
    with kept(tmp_path, *parts) as (supervisor, keeper):
        supervisor.processes["service"].signal(signal.SIGKILL)
        told = eventually(lambda: (ends := keeper.ends.get("service")) and ends.count == 2 and ends)
        assert (told.reason, told.again) == ("exit code 2: wrong settings or use; its log tells which", None)
        assert told.stays_down
        # The keeper has gone round meanwhile, more often than it took to start the first time.
        for count in range(1, 4):
            supervisor.processes["other"].signal(signal.SIGKILL)
            eventually(
                lambda count=count: (
                    (ends := keeper.ends.get("other")) and ends.count == count and supervisor.alive("other")
                )
            )
        assert keeper.ends["service"].count == 2
        (tmp_path / "service.beat.was").unlink()
        supervisor.restart("service")
        eventually(lambda: not keeper.ends["service"].stays_down)


def test_a_server_that_ends_with_a_code_of_its_own_is_started_again(tmp_path: Path) -> None:
    """What 2 means of it, it says, not we."""
    server = replace(component("server", tmp_path, ONCE.format(code=2) + BEATS), kind="server")
    with kept(tmp_path, server) as (supervisor, keeper):
        supervisor.processes["server"].signal(signal.SIGKILL)
        told = eventually(lambda: (ends := keeper.ends.get("server")) and ends.keeps_failing and ends)
        assert (told.reason, told.stays_down) == ("exit code 2", False)


def test_who_ran_well_for_a_while_begins_again_with_the_shortest_wait(tmp_path: Path) -> None:
    with kept(tmp_path, component("service", tmp_path), thresholds=replace(SOON, steady=0)) as (supervisor, keeper):
        for count in (1, 2, 3, 4):
            eventually(lambda: supervisor.alive("service"))
            supervisor.processes["service"].signal(signal.SIGKILL)
            eventually(lambda count=count: (ends := keeper.ends.get("service")) and ends.count == count)
        assert not keeper.ends["service"].keeps_failing


def test_who_hangs_is_ended_and_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lokaal.keeping.beats", partial(beats, limit=0.5))
    with kept(tmp_path, component("service", tmp_path)) as (supervisor, keeper):
        first = supervisor.processes["service"]
        first.signal(signal.SIGSTOP)  # it does not hear SIGTERM either
        eventually(lambda: supervisor.processes["service"].pid != first.pid)
        assert keeper.ends["service"].reason.startswith("hung")
        assert not first.alive()


def test_who_is_stopped_by_a_call_stays_down_until_a_call_starts_it(tmp_path: Path) -> None:
    parts = component("stopped", tmp_path), component("killed", tmp_path), component("other", tmp_path)
    with kept(tmp_path, *parts) as (supervisor, keeper):
        supervisor.terminate("stopped")
        supervisor.kill("killed")
        other = supervisor.processes["other"].pid
        supervisor.processes["other"].signal(signal.SIGKILL)
        # The keeper has gone round meanwhile.
        eventually(lambda: supervisor.processes["other"].pid != other)
        assert not supervisor.alive("stopped")
        assert not supervisor.alive("killed")
        supervisor.restart("stopped")
        first = supervisor.processes["stopped"]
        first.signal(signal.SIGKILL)
        eventually(lambda: supervisor.processes["stopped"].pid != first.pid)
        assert "killed" not in keeper.ends


def test_a_stop_during_the_wait_starts_nothing(tmp_path: Path) -> None:
    with kept(tmp_path, component("service", tmp_path), thresholds=replace(SOON, first=600, most=600)) as (
        supervisor,
        keeper,
    ):
        supervisor.processes["service"].signal(signal.SIGKILL)
        eventually(lambda: keeper.ends.get("service"))
    assert not supervisor.processes


@pytest.mark.parametrize(
    ("code", "said"),
    [(0, "ended by itself"), (1, "exit code 1"), (-15, "killed by SIGTERM"), (None, "it could not be started")],
)
def test_the_reason_is_told_in_words(code: int | None, said: str) -> None:
    assert reason_of(code) == said


def test_a_killed_server_of_a_stack_comes_back_at_its_address_and_status_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Stack(tmp_path, parts={"redis"}, given={"PATH": os.environ["PATH"]}) as made, commands.kept(made):
        [redis] = stack.read_processes(tmp_path)
        os.kill(redis.pid, signal.SIGKILL)
        eventually(lambda: [each.pid for each in stack.read_processes(tmp_path) if each.alive()] != [redis.pid])
        ends = eventually(lambda: stack.read_ends(tmp_path).get("redis"))
        assert ends.count == 1
        assert [each.pid for each in stack.read_supervisor(tmp_path)] == [os.getpid()]
        monkeypatch.setenv("RUN_DIR", str(tmp_path))
        eventually(lambda: commands.status() == 0)
        assert "1 x, last" in capsys.readouterr().out


def test_status_shows_the_log_of_who_fails_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RUN_DIR", str(tmp_path))
    stop = threading.Event()
    with Stack(tmp_path, parts={"redis"}, given={"PATH": os.environ["PATH"]}) as made:
        keeping = threading.Thread(target=made.keep, args=(stop, SOON))
        keeping.start()
        try:
            with (tmp_path / "redis" / "valkey.conf").open("a") as settings:
                settings.write("nonsense yes\n")
            made.signal("redis", signal.SIGKILL)
            eventually(lambda: (ends := stack.read_ends(tmp_path).get("redis")) and ends.keeps_failing)
            assert commands.status() == 1
        finally:
            stop.set()
            keeping.join()
    said = capsys.readouterr().out
    assert "redis fails again and again" in said
    assert "Bad directive" in said


def test_down_stops_first_who_would_start_it_again(tmp_path: Path) -> None:
    """The keeper is frozen, so that it hears nothing; then it is killed, and all is stopped without it."""
    script = (
        "import os, sys, threading; from pathlib import Path; from lokaal.stack import Stack\n"
        "made = Stack(Path(sys.argv[1]), parts={'redis'}, given={'PATH': os.environ['PATH']})\n"
        "made.start(); made.keep(threading.Event())\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)]) as keeper:
        eventually(lambda: stack.read_supervisor(tmp_path))
        [redis] = stack.read_processes(tmp_path)
        assert stack.down(tmp_path) == 1
        assert keeper.wait(timeout=20) == -signal.SIGTERM
        assert not redis.alive()
        assert not (tmp_path / "stack.json").exists()


def test_an_impatient_person_does_not_cut_off_the_stop(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from lokaal.stack import Stack\n"
        "from lokaal.__main__ import interrupt_once, kept\n"
        "interrupt_once(); made = Stack(Path(sys.argv[1]), parts={'redis'}, given={'PATH': os.environ['PATH']})\n"
        "made.start()\n"
        "with kept(made): signal.pause()\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)]) as keeper:
        eventually(lambda: stack.read_supervisor(tmp_path))
        [redis] = stack.read_processes(tmp_path)
        while keeper.poll() is None:
            keeper.send_signal(signal.SIGINT)
        assert keeper.returncode == 0
        assert not redis.alive()
        assert not (tmp_path / "stack.json").exists()


def test_work_goes_on_when_the_one_that_began_it_has_ended(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from lokaal.detached import work_on\n"
        "def work(ready):\n"
        "    print('begins', flush=True); ready(); print(os.getpid(), flush=True); signal.pause()\n"
        "sys.exit(work_on(work, Path(sys.argv[1])))\n"
    )
    log = tmp_path / "log"
    # Ends though the one that works has not: it let go of what it had of the terminal.
    done = subprocess.run(
        [sys.executable, "-c", script, str(log)], check=False, capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stdout) == (0, "begins\n")
    pid = int(eventually(lambda: log.read_text().strip()))
    os.kill(pid, signal.SIGKILL)


def test_work_that_fails_before_it_is_ready_gives_its_exit_code(tmp_path: Path) -> None:
    assert work_on(lambda ready: 3, tmp_path / "log") == 3


def test_ends_are_read_as_they_were_written() -> None:
    moment = datetime(2026, 11, 22, 9, tzinfo=UTC)
    for again, down in ((None, False), (moment, False), (None, True)):
        ends = Ends(3, 2, moment, "exit code 1", again, down)
        assert Ends.from_json(json.loads(json.dumps(ends.to_json()))) == ends
    assert Process.from_json("x", Process("x", 1, 2, "log").to_json()) == Process("x", 1, 2, "log")
