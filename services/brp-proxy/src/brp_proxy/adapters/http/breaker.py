"""A circuit breaker: who does not answer is left alone for a while, and nobody waits for him.

Per process: each finds out for itself, which costs a few calls and needs no agreement.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry import metrics

from platformkit.logging import get_logger

_FAILURES = 5
_SECONDS = 10.0

log = get_logger()
_open = metrics.get_meter("brp_proxy").create_gauge("brp.onderbroken", unit="{api}")


class BreakerOpenError(Exception):
    """Nobody is asked now; `seconds` until it makes sense to ask again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(str(seconds))
        self.seconds = seconds


class Breaker:
    """Opens after so many failures in a row, lets one call through after a while, and closes when that succeeds."""

    def __init__(self, api: str, *, now: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._now = now
        self._failures = 0
        self._until: float | None = None
        self._probing = False
        _open.set(0, {"api": api})

    @contextmanager
    def guard(self, failing: type[Exception]) -> Iterator[None]:
        """Make a call in the block. `failing` is what tells that the other side is away; what else happens tells nothing.

        Raises:
            BreakerOpenError: it is not made.
        """
        probe = self._until is not None
        if self._until is not None:
            left = self._until - self._now()
            if left > 0 or self._probing:
                raise BreakerOpenError(max(math.ceil(left), 1))
        self._probing = probe
        try:
            yield
        except failing:
            self._fail(probe=probe)
            raise
        else:
            self._succeed()
        finally:
            if probe:
                self._probing = False

    def _fail(self, *, probe: bool) -> None:
        self._failures += 1
        if probe or self._failures >= _FAILURES:
            if self._until is None:
                log.warning("brp_onderbroken", api=self._api)
            self._until = self._now() + _SECONDS
            _open.set(1, {"api": self._api})

    def _succeed(self) -> None:
        self._failures = 0
        if self._until is not None:
            self._until = None
            _open.set(0, {"api": self._api})
