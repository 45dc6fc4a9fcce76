"""The form in which the system is stated: a component, what it needs and when it is ready."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lokaal.ready import Ended, Ready

Kind = Literal["server", "simulator", "service"]


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Component:
    """One thing that runs, as data. Without a command it is a step that consists of `prepare`."""

    name: str
    kind: Kind
    command: Sequence[str] | Callable[[], Sequence[str]] | None = None
    """Arguments, or a function for a command that is known only once `prepare` has run."""
    ready: Ready = field(default_factory=Ended)
    part: str = ""
    """The part of the system that it belongs to (`signaal` for `signaal-api`); a test may ask for parts."""
    env: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    prepare: Callable[[], None] = _nothing
    """Runs before the first start only: a restart keeps the data."""
    stop_signal: signal.Signals = signal.SIGTERM
    heartbeat: Path | None = None
    patience: float = 180.0
    """Seconds that it may take to get ready."""
