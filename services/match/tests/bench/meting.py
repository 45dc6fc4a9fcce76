"""Seconds per batch on the wall and of processor time, here and in PostgreSQL (less moved by busy neighbours)."""

import os
import statistics
import time
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

OPWARMEN = 4


@dataclass
class Meting:
    """One way of handling batches of `grootte`; the first ones are not counted."""

    grootte: int
    wand: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)

    async def van(self, backend: int, werk: Awaitable[None]) -> None:
        wand, client, server = time.perf_counter(), time.process_time(), cpu([backend])
        await werk
        self.wand.append(time.perf_counter() - wand)
        self.client.append(time.process_time() - client)
        self.server.append(cpu([backend]) - server)

    @property
    def wand_per_batch(self) -> float:
        return statistics.median(self.wand[OPWARMEN:])

    @property
    def cpu_per_batch(self) -> float:
        # A mean of the server's: the kernel counts it in steps of 10 ms.
        return statistics.median(self.client[OPWARMEN:]) + statistics.mean(self.server[OPWARMEN:])

    def regel(self, naam: str) -> str:
        client, server = statistics.median(self.client[OPWARMEN:]), statistics.mean(self.server[OPWARMEN:])
        return (
            f"  {naam:18} {self.wand_per_batch * 1000:7.1f} ms wall, {client * 1000:6.1f} ms client"
            f" + {server * 1000:6.1f} ms server CPU per {self.grootte};"
            f" {self.grootte / self.wand_per_batch:6.0f}/s, by CPU {self.grootte / self.cpu_per_batch:6.0f}/s"
        )


def cpu(pids: Iterable[int]) -> float:
    """Processor seconds that these processes have had."""
    return sum(map(_cpu, pids))


def _cpu(pid: int) -> float:
    velden = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(velden[11]) + int(velden[12])) / os.sysconf("SC_CLK_TCK")
