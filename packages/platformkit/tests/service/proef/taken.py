"""What it does by itself: nothing, or what must not go unnoticed."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from platformkit.health import Heartbeat
from platformkit.service import Job, every


async def _dies() -> int:
    raise RuntimeError("geheim 999993653")


async def _ends(_stop: asyncio.Event, _heartbeat: Heartbeat) -> None:
    return


TAKEN: Final[Mapping[str, Sequence[Job]]] = {
    "geen": (),
    "sterft": (every("sterft", timedelta(seconds=1), _dies),),
    "eindigt": (_ends,),
}
