"""A whole stack: starts the system of `system.py` in a run directory and leaves stack.json there."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from lokaal import secret_file, system
from lokaal.component import Component
from lokaal.detached import Process, start_ticks, stop_all
from lokaal.keeping import Ends, Keeper, Thresholds
from lokaal.progress import Progress
from lokaal.servers import kafka, postgres, redis, zipkin
from lokaal.supervisor import Supervisor
from lokaal.system import Form, Plan

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LOG_LEVEL", "FAILPOINTS")
_PASSED_ON_PREFIXES = ("OTEL_", "PYTHON", "COVERAGE_", "COV_CORE_")
_OURS = ("kafka", "kafka-tls", "postgres", "redis", "postvak", "oidc", "namens", "heartbeats", "logs")


class AlreadyRunsError(RuntimeError):
    """Processes of a stack run in this run directory."""


class UnknownPartError(ValueError):
    """A part was asked for that the system does not have, or a service that is only planned."""


class Stack:
    """One stack in one run directory; two directories make two stacks that do not know each other.

    Each start is a fresh one: new ports, new passwords, empty data, domain clock on time.

    Args:
        run_dir: directory for data, logs and stack.json; made when it is not there.
        vorm: `all` (a process per service) or `split` (a process per role).
        parts: what to start, with all that it needs: names of components or of services (`signaal` means all its
            processes); None for everything. Traces go nowhere unless `zipkin` is among them.
        env: by component, settings that win over its own, such as `{"match-consumer": {"FAILPOINTS": ".."}}`.
        aantal: how many of a process run, such as `{"match-consumer": 8}`; the others are called `match-consumer-2` and
            so on, and come with the first. Not for what serves HTTP: each API has one address.
        personen: whom the BRP simulator serves: a file, or one of system.PERSONEN.
        progress: is told what starts; None for silence.
        given: the environment; an address in it (KAFKA_BOOTSTRAP, POSTGRES_DSN, REDIS_URL, OIDC_ISSUER, SMTP_HOST,
            BRP_URL, TRACES_URL) wins over a server of our own.

    Raises:
        UnknownPartError: a part does not exist, or cannot run several times.
    """

    def __init__(
        self,
        run_dir: Path,
        vorm: Form = "all",
        parts: Collection[str] | None = None,
        *,
        env: Mapping[str, Mapping[str, str]] | None = None,
        aantal: Mapping[str, int] | None = None,
        personen: Path | str | None = None,
        progress: Progress | None = None,
        given: Mapping[str, str] | None = None,
    ) -> None:
        self.run_dir = run_dir.resolve()
        given = os.environ if given is None else given
        traced = parts is None or "zipkin" in parts
        self._plan = Plan(self.run_dir, vorm, given, personen, traced, aantal or {})
        if single := self._plan.aantal.keys() - self._plan.repeatable():
            raise UnknownPartError(f"cannot run several times: {', '.join(sorted(single))}")
        if parts is not None:
            parts = [copy for part in parts for copy in self._plan.copies(part)]
        extra = env or {}
        chosen = select(system.components(self._plan), parts)
        self._components = [replace(each, env={**each.env, **extra.get(each.name, {})}) for each in chosen]
        if unknown := extra.keys() - {each.name for each in self._components}:
            raise UnknownPartError(f"env names components that are not started: {', '.join(sorted(unknown))}")
        self._versions: dict[str, str] = {}
        self._ready = False
        self._supervisor = Supervisor(
            self._components,
            self.run_dir / "logs",
            _base_env(given),
            changed=self._write,
            progress=progress,
        )
        self._keeper = Keeper(self._supervisor, self._told)
        self._kept_by: Process | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything; returns when all is ready.

        Raises:
            AlreadyRunsError: processes of another stack run in this directory.
            StartError: a component did not get ready; what was started has been stopped again.
        """
        self.run_dir.mkdir(parents=True, exist_ok=True)
        with _locked(self.run_dir):
            left = [*read_supervisor(self.run_dir), *read_processes(self.run_dir)]
            if running := [process.name for process in left if process.alive()]:
                raise AlreadyRunsError(f"a stack runs in {self.run_dir}: {', '.join(running)}")
            self._make_empty()
            try:
                self._supervisor.start()
            except BaseException:
                _clean_up(self.run_dir)
                raise
            finally:
                self._plan.ports.release()
            self._versions = self._ask_versions()
            self._ready = True
            self._write(self._supervisor.processes)

    def keep(self, stop: threading.Event, thresholds: Thresholds | None = None) -> None:
        """Start again what ends or hangs, until `stop`. What a call of this class stops stays down.

        Tests do without it: they see how a process ends.
        """
        pid = os.getpid()
        self._keeper.thresholds = thresholds or self._keeper.thresholds
        self._kept_by = Process("supervisor", pid, start_ticks(pid) or 0, str(self.log("supervisor")))
        self._supervisor.tell()
        self._keeper.run(stop)

    def stop(self) -> None:
        """Stop everything in reverse order: SIGTERM, wait, SIGKILL. stack.json goes, the logs stay."""
        self._supervisor.stop()
        _clean_up(self.run_dir)

    def kill(self, name: str) -> None:
        """SIGKILL one component and wait until it is gone."""
        self._supervisor.kill(name)

    def signal(self, name: str, number: int) -> None:
        """Send any signal to one component (SIGSTOP and SIGCONT make a slow one); does not wait."""
        self._supervisor.processes[name].signal(number)

    def terminate(self, name: str) -> None:
        """Stop one component gracefully and wait until it is gone."""
        self._supervisor.terminate(name)

    def restart(self, name: str, env: Mapping[str, str] | None = None) -> None:
        """Stop one component when it runs, start it again at the same address on its old data, wait until ready.

        Args:
            name: the component.
            env: settings that win, for this start only.

        Raises:
            StartError: it did not get ready.
        """
        self._supervisor.restart(name, env)

    def copy(self, name: str, env: Mapping[str, str] | None = None) -> str:
        """Start a second process like a worker beside it, such as a consumer that takes over; its name.

        Raises:
            StartError: it did not get ready.
        """
        return self._supervisor.copy(name, env or {})

    def exit_code(self, name: str) -> int | None:
        """The exit code of a component that ended by itself (-9: by SIGKILL); None while it runs."""
        return self._supervisor.exit_code(name)

    def command(self, service: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run an operator's command (`dead-letters list`) of a service, with the settings of its processes, to its end.

        Raises:
            TimeoutExpired: it took longer than five minutes.
        """
        module, env = system.command_env(self._plan, service)
        return subprocess.run(
            [sys.executable, "-m", module, *words],
            env={**_base_env(os.environ), **env},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def renew(self, name: str) -> None:
        """Stop a server, throw its data away and start it empty at the same address, as after the loss of a disk.

        What steps put in it (databases, topics) is gone: whoever wants them puts them there anew.

        Raises:
            StartError: it did not get ready.
        """
        self._supervisor.terminate(name)
        directory = self.run_dir / name
        for each in directory.iterdir():  # not the directory itself: it may be a disk of its own
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        self._supervisor.renew(name)

    def alive(self, name: str) -> bool:
        """Whether a component runs."""
        return self._supervisor.alive(name)

    @property
    def addresses(self) -> dict[str, Any]:
        """What stack.json holds: every address, and each process with pid, log and heartbeat."""
        return self._state(self._supervisor.processes)

    @property
    def names(self) -> list[str]:
        """The components of this stack."""
        return [component.name for component in self._components]

    def log(self, name: str) -> Path:
        """The log of one component."""
        return self.run_dir / "logs" / f"{name}.log"

    def _make_empty(self) -> None:
        for name in _OURS:
            shutil.rmtree(self.run_dir / name, ignore_errors=True)
        (self.run_dir / "heartbeats").mkdir()
        (self.run_dir / "stack.json").unlink(missing_ok=True)
        self._plan.klok.write_text("0\n")

    def _state(self, processes: Mapping[str, Process]) -> dict[str, Any]:
        return self._plan.addresses() | {
            "ready": self._ready,
            "supervisor": self._kept_by and self._kept_by.to_json(),
            "processes": {name: process.to_json() for name, process in processes.items()},
            "ends": {name: each.to_json() for name, each in self._keeper.ends.items()},
            "versions": self._versions,
        }

    def _told(self, line: str) -> None:
        with self.log("supervisor").open("a") as log:
            log.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {line}\n")

    def _write(self, processes: Mapping[str, Process]) -> None:
        secret_file.write(self.run_dir / "stack.json", self._state(processes))

    def _ask_versions(self) -> dict[str, str]:
        plan, names = self._plan, set(self.names)
        ask: dict[str, Callable[[], str]] = {
            "kafka": lambda: f"Apache Kafka {kafka.broker_version(self.log('kafka'))}",
            "postgres": lambda: postgres.server_version(plan.superuser_dsn),
            "redis": lambda: redis.server_version(plan.redis_url),
            "zipkin": lambda: f"Zipkin {zipkin.server_version(plan.zipkin.url)}",
        }
        return {name: version() for name, version in ask.items() if name in names}


def select(components: list[Component], parts: Collection[str] | None) -> list[Component]:
    """The components of these parts with all that they need.

    Raises:
        UnknownPartError: a part does not exist.
    """
    if parts is None:
        return components
    by_name = {component.name: component for component in components}
    known = by_name.keys() | {component.part for component in components}
    if unknown := set(parts) - known:
        raise UnknownPartError(f"no such part, or only planned: {', '.join(sorted(unknown))}")
    queue = [component.name for component in components if component.name in parts or component.part in parts]
    chosen: set[str] = set()
    while queue:
        name = queue.pop()
        if name in by_name and name not in chosen:
            chosen.add(name)
            queue.extend(by_name[name].needs)
    return [component for component in components if component.name in chosen]


def read(run_dir: Path) -> dict[str, Any] | None:
    """What stack.json says; None when there is none.

    Raises:
        ValueError: it is no JSON.
    """
    file = run_dir / "stack.json"
    return json.loads(file.read_text()) if file.exists() else None


def read_processes(run_dir: Path) -> list[Process]:
    """The processes that stack.json names, whether they still run or not."""
    state = read(run_dir) or {}
    return [Process.from_json(name, entry) for name, entry in state.get("processes", {}).items()]


def read_supervisor(run_dir: Path) -> list[Process]:
    """The process that keeps the stack, when there is one."""
    entry = (read(run_dir) or {}).get("supervisor")
    return [Process.from_json("supervisor", entry)] if entry else []


def read_ends(run_dir: Path) -> dict[str, Ends]:
    """By component, how often it ended by itself, and how last."""
    entries = (read(run_dir) or {}).get("ends", {})
    return {name: Ends.from_json(entry) for name, entry in entries.items()}


def down(run_dir: Path, stopped: Callable[[Process], None] = lambda process: None) -> int:
    """Stop the stack of a run directory by its stack.json alone, whatever became of the one that started it.

    Returns:
        How many processes were still running.
    """
    running = [process for process in read_processes(run_dir) if process.alive()]
    # First the one that would start them again. It stops what it keeps; without it that is done here.
    stop_all(read_supervisor(run_dir), patience=60)
    stop_all([process for process in read_processes(run_dir) if process.alive()])
    for process in running:
        stopped(process)
    _clean_up(run_dir)
    return len(running)


def _clean_up(run_dir: Path) -> None:
    kafka.keep_archive(run_dir / "kafka")
    (run_dir / "stack.json").unlink(missing_ok=True)


def _base_env(given: Mapping[str, str]) -> dict[str, str]:
    """What passes from the shell to a component: a stray HTTP_PORT there must not change the stack."""
    passed = {name: text for name, text in given.items() if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)}
    return {"PYTHONUNBUFFERED": "1", **passed}


@contextmanager
def _locked(run_dir: Path) -> Iterator[None]:
    with (run_dir / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunsError(f"another start is under way in {run_dir}") from error
        yield
