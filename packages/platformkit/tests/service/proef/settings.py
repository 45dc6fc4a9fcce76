"""What a test tells a process: where its events are, how long it works, and how what it does by itself ends."""

import asyncio
from pathlib import Path
from typing import Literal

from platformkit.settings import ProcessSettings


class Settings(ProcessSettings):
    """`werkt` seconds are spent on each request and batch; `begonnen` is a file that is made when one comes in."""

    topic: str = "proef"
    groep: str = "proef"
    werkt: float = 0
    begonnen: Path | None = None
    taken: Literal["geen", "telt", "sterft", "eindigt"] = "geen"

    async def works(self) -> None:
        if self.begonnen:
            self.begonnen.touch()
        await asyncio.sleep(self.werkt)
