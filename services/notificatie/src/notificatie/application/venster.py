"""At most one mail at a time is with the server but not yet marked here, so that a crash repeats at most one (F4)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Venster:
    """A lock whose holder loses it after `geduld` seconds: a slow server must not hold up the other mails (F19).

    A crash while a server takes longer than that may repeat as many mails as there are connections.
    """

    def __init__(self, geduld: float = 1.0) -> None:
        self._lock = asyncio.Lock()
        self._geduld = geduld

    @asynccontextmanager
    async def beurt(self) -> AsyncIterator["Beurt"]:
        """A turn, not yet taken; what was taken is given back at the end."""
        beurt = Beurt(self._lock, self._geduld)
        try:
            yield beurt
        finally:
            beurt.geef_terug()


class Beurt:
    """One mail's turn."""

    def __init__(self, lock: asyncio.Lock, geduld: float) -> None:
        self._lock = lock
        self._geduld = geduld
        self._timer: asyncio.TimerHandle | None = None

    async def neem(self) -> None:
        """Wait for the turn and take it."""
        await self._lock.acquire()
        self._timer = asyncio.get_running_loop().call_later(self._geduld, self.geef_terug)

    def geef_terug(self) -> None:
        """Let the next one go, once."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._lock.release()
