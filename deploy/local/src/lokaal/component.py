"""The form in which the system is stated: a component, what it needs and when it is ready."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lokaal.ready import Ready

Kind = Literal["server", "simulator", "service"]


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Component:
    """One thing that runs, as data.

    `prepare` runs before the first start only (a restart keeps the data), `after` each time it is ready.
    """

    name: str
    kind: Kind
    ready: Ready
    command: Sequence[str] | Callable[[], Sequence[str]]
    """Arguments, or a function for a command that is known only once `prepare` has run."""
    part: str = ""
    """The part of the system that it belongs to (`signaal` for `signaal-api`); a test may ask for parts."""
    env: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    prepare: Callable[[], None] = _nothing
    after: Callable[[], None] = _nothing
    stop_signal: signal.Signals = signal.SIGTERM
    heartbeat: Path | None = None
    patience: float = 60.0
    """Seconds that it may take to get ready."""

    def argv(self) -> list[str]:
        """The command to run."""
        return list(self.command() if callable(self.command) else self.command)
