"""Start order, loud failure, kill, restart and stop, with processes that are small but real."""

import json
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lokaal.component import Component
from lokaal.detached import Process, start_ticks, stop_all
from lokaal.ready import Ended, Heartbeat
from lokaal.supervisor import StartError, Supervisor

ENV = {"PATH": "/usr/bin:/bin"}
LIVES = (
    "import pathlib, signal, sys, time; pathlib.Path(sys.argv[1]).touch(); print('lives', flush=True); time.sleep(600)"
)
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + LIVES


def component(name: str, tmp_path: Path, *needs: str, code: str = LIVES) -> Component:
    beat = tmp_path / f"{name}.beat"
    return Component(
        name, "service", (sys.executable, "-c", code, str(beat)), Heartbeat(beat), needs=needs, patience=20
    )


def step(name: str, *needs: str, code: str = "") -> Component:
    return Component(name, "service", (sys.executable, "-c", code), Ended(), needs=needs)


class Order:
    """Progress that remembers what happened in which order."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.lock = threading.Lock()

    def __enter__(self) -> "Order":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def begins(self, name: str) -> None:
        with self.lock:
            self.seen.append(("begins", name))

    def ends(self, name: str, seconds: float, *, ok: bool) -> None:
        with self.lock:
            self.seen.append(("ready" if ok else "failed", name))


def test_a_component_starts_only_when_all_that_it_needs_is_ready(tmp_path: Path) -> None:
    order = Order()
    parts = [
        component("service", tmp_path, "step", "redis"),
        step("step", "server"),
        component("server", tmp_path),
        component("redis", tmp_path),
    ]
    supervisor = Supervisor(parts, tmp_path, ENV, progress=order)
    supervisor.start()
    try:
        at = {event: position for position, event in enumerate(order.seen)}
        assert at["ready", "server"] < at["begins", "step"] < at["ready", "step"] < at["begins", "service"]
        assert at["ready", "redis"] < at["begins", "service"]
        assert at["begins", "redis"] < at["ready", "server"], "what needs nothing starts together"
        assert sorted(supervisor.processes) == ["redis", "server", "service"], "a step that ended is no process"
        assert supervisor.processes["service"].needs == ("redis", "server", "step")
    finally:
        supervisor.stop()


def test_a_component_that_dies_fails_with_the_tail_of_its_log_and_stops_the_rest(tmp_path: Path) -> None:
    written: list[dict[str, Process]] = []
    parts = [
        component("server", tmp_path),
        component("service", tmp_path, "server", code="print('line 1'); print('the reason'); raise SystemExit(3)"),
        component("slow", tmp_path, code="import time; time.sleep(600)"),
    ]
    supervisor = Supervisor(parts, tmp_path, ENV, changed=lambda processes: written.append(dict(processes)))
    begin = time.monotonic()
    with pytest.raises(StartError, match=r"(?s)service ended with exit code 3.*service\.log.*the reason"):
        supervisor.start()
    assert time.monotonic() - begin < 10, "the one that is not ready yet stops waiting"
    started = {process.pid: process for processes in written for process in processes.values()}
    assert {process.name for process in started.values()} >= {"server", "slow"}
    assert not any(process.alive() for process in started.values())


def test_a_step_that_fails_keeps_what_needs_it_from_starting(tmp_path: Path) -> None:
    order = Order()
    parts = [step("migrate", code="raise SystemExit('no such table')"), component("service", tmp_path, "migrate")]
    with pytest.raises(StartError, match="no such table"):
        Supervisor(parts, tmp_path, ENV, progress=order).start()
    assert ("begins", "service") not in order.seen


def test_a_component_that_is_never_ready_fails_after_its_patience(tmp_path: Path) -> None:
    silent = replace(component("silent", tmp_path, code="import time; time.sleep(600)"), patience=0.3)
    with pytest.raises(StartError, match="silent was not ready within 0 s"):
        Supervisor([silent], tmp_path, ENV).start()


def test_needs_in_a_circle_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="circle: a, b"):
        Supervisor([component("a", tmp_path, "b"), component("b", tmp_path, "a")], tmp_path, ENV).start()


def test_kill_and_restart_one_component_with_other_settings(tmp_path: Path) -> None:
    told = "import os, pathlib, sys, time; print('says', os.environ.get('SAY'), flush=True); " + LIVES
    supervisor = Supervisor([component("service", tmp_path, code=told)], tmp_path, ENV)
    supervisor.start()
    try:
        first = supervisor.processes["service"].pid
        supervisor.kill("service")
        assert not supervisor.alive("service")
        supervisor.restart("service", {"SAY": "again"})
        assert supervisor.alive("service")
        assert supervisor.processes["service"].pid != first
        assert "says again" in (tmp_path / "service.log").read_text()
    finally:
        supervisor.stop()


def test_a_copy_runs_beside_the_first_and_how_one_ended_is_told(tmp_path: Path) -> None:
    supervisor = Supervisor([component("service", tmp_path)], tmp_path, ENV)
    supervisor.start()
    try:
        copy = supervisor.copy("service", {})
        assert supervisor.alive("service")
        assert supervisor.alive(copy)
        assert supervisor.exit_code(copy) is None
        supervisor.kill(copy)
        assert supervisor.exit_code(copy) == -signal.SIGKILL
        assert supervisor.alive("service")
    finally:
        supervisor.stop()


def test_processes_do_not_hear_the_signals_of_the_terminal(tmp_path: Path) -> None:
    supervisor = Supervisor([component("service", tmp_path)], tmp_path, ENV)
    supervisor.start()
    try:
        pid = supervisor.processes["service"].pid
        session = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[3]
        assert int(session) == pid, "it leads a session of its own"
    finally:
        supervisor.stop()


def test_stop_takes_the_reverse_order_and_kills_only_who_does_not_listen(tmp_path: Path) -> None:
    supervisor = Supervisor(
        [component("server", tmp_path), component("service", tmp_path, "server", code=STUBBORN)], tmp_path, ENV
    )
    supervisor.start()
    stopped: list[str] = []
    # As `make down` does it: from what stands in stack.json, without the one that started them.
    entries = json.loads(json.dumps({name: process.to_json() for name, process in supervisor.processes.items()}))
    processes = [Process.from_json(name, entry) for name, entry in entries.items()]
    stop_all(processes, patience=0.3, stopped=lambda process: stopped.append(process.name))
    assert stopped == ["service", "server"]
    supervisor.stop()


def test_a_pid_that_was_given_out_again_is_not_touched(tmp_path: Path) -> None:
    supervisor = Supervisor([component("stranger", tmp_path)], tmp_path, ENV)
    supervisor.start()
    try:
        stranger = supervisor.processes["stranger"]
        ours = replace(stranger, name="ours", started=stranger.started - 1)
        assert not ours.alive()
        stop_all([ours], patience=0)
        ours.signal(signal.SIGKILL, group=True)
        assert stranger.alive()
    finally:
        supervisor.stop()


def test_a_zombie_does_not_count_as_alive(tmp_path: Path) -> None:
    supervisor = Supervisor([component("service", tmp_path)], tmp_path, ENV)
    supervisor.start()
    pid = supervisor.processes["service"].pid
    supervisor.processes["service"].signal(signal.SIGKILL)
    stop_all([supervisor.processes["service"]])  # ends although nobody has reaped it
    assert start_ticks(pid) is None
    supervisor.stop()
