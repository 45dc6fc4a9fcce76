"""Starts again what ended or hangs, as the platform does in production, and remembers what happened."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lokaal.component import Component, Kind
from lokaal.supervisor import Supervisor
from platformkit.main import beats

_POLL = 0.2
_WRONG_SETTINGS, _WRONG_SETTINGS_TEXT = 2, "exit code 2: wrong settings or use; its log tells which"
_AGAIN_AND_AGAIN = 3


@dataclass(frozen=True)
class Thresholds:
    """When what ended starts again, and when what runs hangs. Seconds.

    The probe is the one that the runbook tells an operator to configure. The waits are shorter than a cluster's ten
    seconds to five minutes: here somebody looks on.
    """

    first: float = 1.0
    """Before the first start of what ended; doubled with each end in a row."""
    most: float = 60.0
    steady: float = 60.0
    """Who runs for so long begins again with the shortest wait."""
    probe_every: float = 10.0
    probe_failures: int = 3
    """So many in a row, and it is ended and started again."""
    grace: float = 20.0
    """To end by itself before SIGKILL."""

    def wait(self, in_a_row: int) -> float:
        """How long to wait after so many ends in a row."""
        return min(self.first * 2.0 ** min(in_a_row - 1, 16), self.most)


@dataclass(frozen=True)
class Ends:
    """How often a component ended without being asked to, and how last."""

    count: int
    in_a_row: int
    at: datetime
    reason: str
    again: datetime | None
    """When it is started next; None when that has been done."""
    stays_down: bool = False
    """Nothing but a call starts it: another start would find the same settings."""

    @property
    def keeps_failing(self) -> bool:
        """It ends soon after each start: waiting will not mend it."""
        return self.stays_down or self.in_a_row >= _AGAIN_AND_AGAIN

    def to_json(self) -> dict[str, Any]:
        """The entry in stack.json."""
        again = self.again and self.again.isoformat(timespec="seconds")
        told = {"count": self.count, "inARow": self.in_a_row, "reason": self.reason, "again": again}
        return told | {"at": self.at.isoformat(timespec="seconds"), "staysDown": self.stays_down}

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Ends":
        """Read an entry of stack.json.

        Raises:
            KeyError: a field is absent.
        """
        again = entry["again"] and datetime.fromisoformat(entry["again"])
        at = datetime.fromisoformat(entry["at"])
        return cls(entry["count"], entry["inARow"], at, entry["reason"], again, entry["staysDown"])


def reason_of(code: int | None, kind: Kind = "service") -> str:
    """What an exit code tells a person; those of a server are its own."""
    if code is None:
        return "it could not be started"
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    if code == _WRONG_SETTINGS and kind != "server":
        return _WRONG_SETTINGS_TEXT
    return f"exit code {code}" if code else "ended by itself"


@dataclass
class _Watched:
    """What the keeper knows of one component; times are those of `time.monotonic`."""

    pid: int
    started: float
    since: float
    """Wall clock time of the start."""
    ready: bool = False
    misses: int = 0
    looked: float = 0.0
    due: float | None = None
    asked: float | None = None
    why: str | None = None
    """Why it was asked to end."""
    ends: Ends | None = None


@dataclass
class Keeper:
    """Keeps what a supervisor started.

    Args:
        supervisor: has started everything; what it is told to stop stays down until it is told to start it.
        say: takes a line for the log.
    """

    supervisor: Supervisor
    say: Callable[[str], None]
    thresholds: Thresholds = Thresholds()
    _watched: dict[str, _Watched] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        """Look after everything until `stop`."""
        while not stop.wait(_POLL):
            for name in self.supervisor.wanted:
                self._look(name, time.monotonic())

    @property
    def ends(self) -> dict[str, Ends]:
        """By component, of those that ended."""
        return {name: each.ends for name, each in list(self._watched.items()) if each.ends is not None}

    def _look(self, name: str, now: float) -> None:
        watched, pid = self._watched.get(name), self.supervisor.processes[name].pid
        if watched is None or watched.pid != pid:
            # Somebody else started it, and waited until it was ready.
            ends = watched.ends and replace(watched.ends, stays_down=False) if watched else None
            self._watched[name] = watched = _Watched(pid, now, since=0.0, ready=True, ends=ends)
        if watched.due is not None:
            if now >= watched.due:
                self._start(name, watched, now)
        elif not self.supervisor.alive(name):
            self._ended(name, watched, now)
        elif watched.asked is not None:
            if now - watched.asked > self.thresholds.grace:
                self.supervisor.processes[name].signal(signal.SIGKILL, group=True)
        elif now - watched.looked >= self.thresholds.probe_every:
            watched.looked = now
            self._probe(self.supervisor.component(name), watched, now)

    def _start(self, name: str, watched: _Watched, now: float) -> None:
        ends = watched.ends and replace(watched.ends, again=None)
        since = time.time()
        try:
            self.supervisor.launch(name)
        except OSError as error:
            watched.started = now
            self._ended(name, watched, now, f"{reason_of(None)}: {error.strerror}")
            return
        pid = self.supervisor.processes[name].pid
        self._watched[name] = _Watched(pid, now, since, looked=now, ends=ends)
        self.say(f"{name} is started again")
        self.supervisor.tell()

    def _ended(self, name: str, watched: _Watched, now: float, why: str | None = None) -> None:
        before = watched.ends
        steady = now - watched.started >= self.thresholds.steady
        in_a_row = 1 if before is None or steady else before.in_a_row + 1
        code, kind = self.supervisor.exit_code(name), self.supervisor.component(name).kind
        reason = why or watched.why or reason_of(code, kind)
        moment = datetime.now(UTC)
        count = before.count + 1 if before else 1
        if reason == _WRONG_SETTINGS_TEXT:
            watched.ends = Ends(count, in_a_row, moment, reason, again=None, stays_down=True)
            self.supervisor.leave(name)
            then = "stays down until somebody starts it"
        else:
            wait = self.thresholds.wait(in_a_row)
            watched.ends = Ends(count, in_a_row, moment, reason, again=moment + timedelta(seconds=wait))
            watched.due = now + wait
            then = f"starts again in {wait:g} s"
        self.say(f"{name}: {reason}; ended {count} times, {in_a_row} in a row, {then}")
        self.supervisor.tell()

    def _probe(self, component: Component, watched: _Watched, now: float) -> None:
        if beats(component.heartbeat) if component.heartbeat else component.ready(watched.since):
            watched.ready, watched.misses = True, 0
            return
        watched.misses += 1
        limits = self.thresholds
        if watched.ready and watched.misses >= limits.probe_failures:
            watched.why = f"hung: not alive at {limits.probe_failures} looks in a row"
        elif not watched.ready and now - watched.started > component.patience:
            watched.why = f"not ready within {component.patience:.0f} s"
        else:
            return
        self.say(f"{component.name}: {watched.why}; it is asked to end")
        watched.asked = now
        self.supervisor.processes[component.name].signal(component.stop_signal)
