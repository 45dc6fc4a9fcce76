"""The delivery component: claims what is due and has it delivered, several at a time."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from opentelemetry import metrics

from notificatie.application.bezorgen import Bezorger, Samen
from platformkit.health import Heartbeat
from platformkit.logging import get_logger
from platformkit.retry import passes

_IDLE = 0.1
_PAUSE_FIRST = 1.0
_PAUSE_MOST = 30.0
_GRACE = 20.0

log = get_logger()


class Delivery:
    """Has at most twice as many mails in hand as there are connections, and takes new ones when half of them are done:
    those ask their addresses together while the others are sent.

    While the mail server or signaal is away it pauses instead of trying every mail in turn, longer each time; the
    mails that were not tried go at once when it is back (F19).
    """

    def __init__(self, bezorger: Bezorger, connections: int) -> None:
        self._bezorger = bezorger
        self._room = 2 * connections
        self._running: dict[asyncio.Task[None], Samen] = {}
        self._pause = 0.0
        self._paused_until = 0.0

    async def run(self, stop: asyncio.Event, heartbeat: Heartbeat) -> None:
        """Work until `stop`; what is being sent then is finished, as far as that takes no longer than the grace time."""
        heartbeat.expect("delivery")
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                heartbeat.beat("delivery")
                claimed = await self._claim()
                for samen in claimed:
                    task = asyncio.create_task(self._deliver(samen))
                    self._running[task] = samen
                    task.add_done_callback(self._running.pop)
                if self._busy:
                    await asyncio.wait([*self._running, stopping], timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                elif not claimed:
                    await asyncio.wait([stopping], timeout=_IDLE)
        finally:
            stopping.cancel()
            if self._running:
                await asyncio.wait(list(self._running), timeout=_GRACE)

    @property
    def _in_hand(self) -> list[UUID]:
        return [each.id for samen in self._running.values() for each in samen]

    @property
    def _busy(self) -> bool:
        return len(self._in_hand) > self._room // 2

    async def _claim(self) -> Sequence[Samen]:
        if self._busy or asyncio.get_running_loop().time() < self._paused_until:
            return []
        try:
            in_hand = self._in_hand
            return await self._bezorger.claim(self._room - len(in_hand), in_hand)
        except Exception as error:
            if not passes(error):
                raise
            log.warning("job_waits", job="delivery", error=type(error).__qualname__)
            # Asking costs one statement, so a database that is back is seen at once, however long it was away.
            self._paused_until = asyncio.get_running_loop().time() + _PAUSE_FIRST
            return []

    async def _deliver(self, samen: Samen) -> None:
        try:
            if await self._bezorger.bezorg(samen):
                self._pause = 0.0
            else:
                self._wait_longer()
        except Exception as error:
            # They stay claimed: when the lease runs out they are tried again, by whoever is there then.
            log.error("bezorging_afgebroken", notificatie=str(samen[0].id), error=type(error).__qualname__)

    def _wait_longer(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._paused_until:
            return
        self._pause = min(self._pause * 2 or _PAUSE_FIRST, _PAUSE_MOST)
        self._paused_until = now + self._pause
        log.warning("bezorging_gepauzeerd", seconds=self._pause)


class Backlog:
    """Shows how much is waiting, and how long the oldest has been."""

    def __init__(self, bezorger: Bezorger) -> None:
        self._bezorger = bezorger
        meter = metrics.get_meter("notificatie")
        self._open = meter.create_gauge("notificatie.open", unit="{notificatie}")
        self._age = meter.create_gauge("notificatie.oudste", unit="s")

    async def measure(self) -> int:
        """One measurement. Always 0: a measurement is no reason to measure again at once."""
        count, age = await self._bezorger.achterstand()
        self._open.set(count)
        self._age.set(age)
        return 0
