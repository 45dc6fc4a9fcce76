"""A process proves that it lives: every component beats, and a file tells the time of the slowest (also without HTTP).

`platformkit.main.beats` reads it.
"""

import asyncio
import json
import time
from pathlib import Path

from platformkit.logging import get_logger

_PAUSE = 1.0

log = get_logger()


class Heartbeat:
    """Collects the beats of a process' components. A component that has not beaten for `limit` seconds is stuck."""

    def __init__(self, file: Path | None, *, limit: float = 30.0) -> None:
        self._file = file
        self._limit = limit
        self._beats: dict[str, float] = {}
        self._ready: set[str] = set()

    def expect(self, component: str) -> None:
        """This component must beat and become ready."""
        self._beats[component] = time.monotonic()

    def beat(self, component: str) -> None:
        """The component made a turn of its loop; the first beat makes it ready."""
        self._beats[component] = time.monotonic()
        self._ready.add(component)

    @property
    def alive(self) -> bool:
        """No component is stuck."""
        return all(time.monotonic() - beat < self._limit for beat in self._beats.values())

    @property
    def ready(self) -> bool:
        """Every component has beaten at least once, and none is stuck."""
        return self.alive and self._ready >= set(self._beats)

    async def run(self, stop: asyncio.Event) -> None:
        """Write the file every second while the process is ready, until `stop`."""
        while not stop.is_set():
            # Before the first component began there is nothing that could be ready.
            if self._file is not None and self._beats and self.ready:
                self._write(self._file)
            try:
                await asyncio.wait_for(stop.wait(), _PAUSE)
            except TimeoutError:
                continue

    def _write(self, file: Path) -> None:
        """A disk that is full ends nothing: who does not read a fresh time decides what that means."""
        partial = file.with_suffix(".tmp")
        try:
            partial.write_text(json.dumps({"time": time.time(), "components": sorted(self._beats)}))
            partial.replace(file)
        except OSError as error:
            log.error("heartbeat_not_written", error=type(error).__qualname__)
