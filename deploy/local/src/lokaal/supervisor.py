"""Starts components in the order of their needs, in parallel where it can, and watches them until they are ready."""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

from lokaal.component import Component
from lokaal.detached import Process, start_detached, start_ticks, stop_all, tail
from lokaal.progress import Progress, Silent
from lokaal.ready import Ended, Heartbeat

_POLL = 0.05


class StartError(RuntimeError):
    """A component did not get ready; the message holds the tail of its log."""


class _CancelledError(Exception):
    """Another component failed, so this one stops waiting."""


class Supervisor:
    """Runs the given components; knows nothing of what they are.

    Args:
        components: what runs. A need that names no component here is met from elsewhere.
        logs: directory of `<name>.log`.
        base_env: environment that every component gets below its own.
        changed: called with all processes whenever one was started, so that they stand on disk before a crash can
            lose them.
    """

    def __init__(
        self,
        components: Iterable[Component],
        logs: Path,
        base_env: Mapping[str, str],
        *,
        changed: Callable[[Mapping[str, Process]], None] = lambda processes: None,
        progress: Progress | None = None,
    ) -> None:
        self._components = {component.name: component for component in components}
        self._logs = logs
        self._base_env = dict(base_env)
        self._changed = changed
        self._progress = progress or Silent()
        self._lock = threading.Lock()
        self._cancel = threading.Event()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._wanted: set[str] = set()
        self.processes: dict[str, Process] = {}

    @property
    def wanted(self) -> list[str]:
        """What should run: was started, and not stopped by a call of this class."""
        with self._lock:
            return sorted(self._wanted)

    def component(self, name: str) -> Component:
        """One component as it is stated."""
        return self._components[name]

    def start(self) -> None:
        """Start everything; returns when all is ready.

        Raises:
            StartError: a component ended or was not ready in time; what was started has been stopped again.
        """
        self._cancel.clear()
        waiting = dict(self._components)
        done: set[str] = set()
        running: dict[Future[None], str] = {}
        with ThreadPoolExecutor(max_workers=max(1, len(waiting))) as pool, self._progress:
            try:
                while waiting or running:
                    for name, component in list(waiting.items()):
                        if all(need in done or need not in self._components for need in component.needs):
                            running[pool.submit(self._bring_up, waiting.pop(name))] = name
                    if not running:
                        raise ValueError(f"components need each other in a circle: {', '.join(sorted(waiting))}")
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        name = running.pop(future)
                        future.result()
                        done.add(name)
            except BaseException:
                self._cancel.set()
                wait(running)
                self.stop()
                raise

    def stop(self, patience: float = 20.0) -> None:
        """Stop everything, in reverse order of need."""
        self.leave(*self.wanted)
        stop_all(self.processes.values(), patience, stopped=self._reap)
        self.processes.clear()

    def leave(self, *names: str) -> None:
        """These stay down until somebody starts them."""
        with self._lock:
            self._wanted.difference_update(names)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a signal (default SIGKILL) to one component and wait until it is gone."""
        self.leave(name)
        process = self.processes[name]
        process.signal(number, group=number == signal.SIGKILL)
        child = self._children.get(name)
        if child is not None:
            child.wait(timeout=30)

    def terminate(self, name: str) -> None:
        """Stop one component gracefully and wait until it is gone."""
        self.leave(name)
        stop_all([self.processes[name]], stopped=self._reap)

    def restart(self, name: str, env: Mapping[str, str] | None = None) -> None:
        """Stop one component when it runs, start it again on its old data and wait until it is ready.

        Args:
            name: the component.
            env: settings that win over the component's own, for this start only.

        Raises:
            StartError: it did not get ready.
        """
        if name in self.processes:
            self.terminate(name)
        self._cancel.clear()
        self._run(self._components[name], env or {})

    def launch(self, name: str) -> None:
        """Start one component that has ended, on its old data, without waiting until it is ready.

        Raises:
            OSError: it cannot be executed.
        """
        if name in self.wanted:
            self._launch(self._components[name], {})

    def tell(self) -> None:
        """Call `changed`."""
        with self._lock:
            self._changed(dict(self.processes))

    def copy(self, name: str, env: Mapping[str, str]) -> str:
        """Start a second process like `name` beside it, wait until it is ready; its name.

        Raises:
            StartError: it did not get ready.
        """
        original = self._components[name]
        heartbeat = original.heartbeat and original.heartbeat.with_name(f"{name}-extra")
        made = replace(
            original,
            name=f"{name}-extra",
            # Its port for metrics is taken.
            env={each: text for each, text in original.env.items() if each != "METRICS_PORT"}
            | {"HEARTBEAT_FILE": str(heartbeat)},
            heartbeat=heartbeat,
            ready=Heartbeat(heartbeat) if heartbeat else original.ready,
        )
        self._components[made.name] = made
        self.restart(made.name, env)
        return made.name

    def exit_code(self, name: str) -> int | None:
        """The exit code of a component that ended by itself, minus the signal's number when one ended it."""
        child = self._children.get(name)
        return child.poll() if child is not None else None

    def renew(self, name: str) -> None:
        """Prepare one stopped component anew, as for its first start, and start it.

        Raises:
            StartError: it did not get ready.
        """
        self._components[name].prepare()
        self.restart(name)

    def alive(self, name: str) -> bool:
        """Whether the component was started and still runs."""
        return name in self.processes and self.processes[name].alive()

    def _reap(self, process: Process) -> None:
        child = self._children.pop(process.name, None)
        if child is not None:
            child.wait(timeout=30)

    def _bring_up(self, component: Component) -> None:
        begin = time.monotonic()
        self._progress.begins(component.name)
        try:
            component.prepare()
            self._run(component, {})
        except _CancelledError:
            self._progress.ends(component.name, time.monotonic() - begin, ok=False)
        except BaseException:
            # Before the pool is asked: the others must stop waiting as soon as one has failed.
            self._cancel.set()
            self._progress.ends(component.name, time.monotonic() - begin, ok=False)
            raise
        else:
            self._progress.ends(component.name, time.monotonic() - begin, ok=True)

    def _run(self, component: Component, env: Mapping[str, str]) -> None:
        if self._cancel.is_set():
            raise _CancelledError
        since = time.time()
        child = self._launch(component, env)
        if child is not None:
            self._wait(component, child, since)

    def _launch(self, component: Component, env: Mapping[str, str]) -> "subprocess.Popen[bytes] | None":
        command = component.command() if callable(component.command) else component.command
        if command is None:
            return None
        log = self._log(component)
        child = start_detached(command, {**self._base_env, **component.env, **env}, log)
        self._record(component, child, log)
        return child

    def _log(self, component: Component) -> Path:
        return self._logs / f"{component.name}.log"

    def _record(self, component: Component, child: subprocess.Popen[bytes], log: Path) -> None:
        with self._lock:
            self._children[component.name] = child
        started = start_ticks(child.pid)
        if started is None:
            return  # ended already: there is nothing to stop, and who waits for it reports it
        process = Process(
            name=component.name,
            pid=child.pid,
            started=started,
            log=str(log),
            needs=tuple(sorted(self._processes_below(component))),
            stop_signal=component.stop_signal,
            heartbeat=str(component.heartbeat) if component.heartbeat else None,
        )
        with self._lock:
            self.processes[component.name] = process
            self._changed(dict(self.processes))

    def _processes_below(self, component: Component) -> set[str]:
        """All that it needs, directly or not: steps in between have ended and stand in no list of processes."""
        below: set[str] = set()
        queue = list(component.needs)
        while queue:
            name = queue.pop()
            if name in self._components and name not in below:
                below.add(name)
                queue.extend(self._components[name].needs)
        return below

    def _wait(self, component: Component, child: subprocess.Popen[bytes], since: float) -> None:
        log = self._log(component)
        until = time.monotonic() + component.patience
        step = isinstance(component.ready, Ended)
        while True:
            code = child.poll()
            if code == 0 and step:
                self._forget(component.name)
                return
            if code is not None:
                self._forget(component.name)
                raise StartError(f"{component.name} ended with exit code {code}; the end of {log}:\n{tail(log)}")
            if not step and component.ready(since):
                with self._lock:
                    self._wanted.add(component.name)
                return
            if self._cancel.is_set():
                raise _CancelledError
            if time.monotonic() > until:
                raise StartError(
                    f"{component.name} was not ready within {component.patience:.0f} s; the end of {log}:\n{tail(log)}"
                )
            time.sleep(_POLL)

    def _forget(self, name: str) -> None:
        with self._lock:
            self._children.pop(name, None)
            self.processes.pop(name, None)
            self._changed(dict(self.processes))
