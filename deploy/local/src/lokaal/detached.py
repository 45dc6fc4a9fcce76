"""Processes that outlive the one that started them, and are known by more than their pid."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

_POLL = 0.02


@dataclass(frozen=True)
class Process:
    """A started process, as it stands in stack.json; enough to stop it without the process that started it."""

    name: str
    pid: int
    started: int
    """Start time in clock ticks since boot: a pid that was given out again has another one."""
    log: str
    needs: tuple[str, ...] = ()
    """Names of processes that have to outlive this one."""
    stop_signal: int = signal.SIGTERM
    heartbeat: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The entry of this process in stack.json."""
        entry: dict[str, Any] = {"pid": self.pid, "started": self.started, "log": self.log}
        entry |= {"needs": list(self.needs), "stopSignal": self.stop_signal}
        return entry | ({"heartbeat": self.heartbeat} if self.heartbeat else {})

    @classmethod
    def from_json(cls, name: str, entry: Mapping[str, Any]) -> "Process":
        """Read an entry of stack.json.

        Raises:
            KeyError: a field is absent.
        """
        return cls(
            name=name,
            pid=entry["pid"],
            started=entry["started"],
            log=entry["log"],
            needs=tuple(entry["needs"]),
            stop_signal=entry["stopSignal"],
            heartbeat=entry.get("heartbeat"),
        )

    def alive(self) -> bool:
        """Whether exactly this process still runs (a zombie does not)."""
        return start_ticks(self.pid) == self.started

    def signal(self, number: int, *, group: bool = False) -> None:
        """Send a signal, to this process or to the session that it leads; nothing happens when it is gone."""
        if not self.alive():
            return
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if group else os.kill)(self.pid, number)


def start_ticks(pid: int) -> int | None:
    """Start time of a live process in clock ticks since boot (proc(5), field 22); None when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in brackets may itself hold brackets and spaces: count from the last one.
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in {"Z", "X"} else int(rest[18])


def start_detached(command: Sequence[str], env: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, so that neither a closed terminal nor Ctrl-C reaches it.

    Raises:
        OSError: the command cannot be executed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        return subprocess.Popen(
            list(command), env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )


def work_on(work: Callable[[Callable[[], None]], int], log: Path) -> int:
    """Do `work` in a process of its own that goes on when this one ends, and wait until it calls what it is given.

    Until then it writes to the terminal of this process, and Ctrl-C there ends it (SIGTERM); afterwards to `log`.

    Returns:
        0 when it called; else its exit code.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _work_to_the_end(work, log, writer)
    os.close(writer)
    try:
        return 0 if os.read(reader, 1) else os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except KeyboardInterrupt:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
        return 1
    finally:
        os.close(reader)


def _work_to_the_end(work: Callable[[Callable[[], None]], int], log: Path, writer: int) -> NoReturn:
    def ready() -> None:
        sys.stdout.flush()
        with log.open("ab") as out, open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
        os.write(writer, b"1")
        os.close(writer)

    code = 1
    try:
        os.setsid()
        code = work(ready)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def tail(log: Path, lines: int = 30) -> str:
    """The last lines of a log, or a sentence that says that it is empty."""
    text = log.read_text(errors="replace").rstrip() if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:]) or "(the log is empty)"


def stop_all(
    processes: Iterable[Process], patience: float = 20.0, stopped: Callable[[Process], None] = lambda process: None
) -> None:
    """Stop processes in reverse order of need: each gets its stop signal when nothing alive needs it any more.

    Args:
        processes: what may run; those that have ended already are fine.
        patience: seconds that a process gets to end by itself before SIGKILL.
        stopped: called for each process that has ended.
    """
    left = {process.name: process for process in processes}
    asked: dict[str, float] = {}
    while left:
        for process in [process for process in left.values() if not process.alive()]:
            del left[process.name]
            stopped(process)
        needed = {name for process in left.values() for name in process.needs}
        for process in left.values():
            if process.name not in asked and process.name not in needed:
                process.signal(process.stop_signal)
                asked[process.name] = time.monotonic()
            elif process.name in asked and time.monotonic() - asked[process.name] > patience:
                process.signal(signal.SIGKILL, group=True)
        time.sleep(_POLL)
