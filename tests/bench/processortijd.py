"""Processor time by component of the stack, from /proc: wall-clock figures say little on a machine that others use, too."""

import os
import resource
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from lokaal.stack import Stack

_TIKKEN = os.sysconf("SC_CLK_TCK")
_RUST = 5.0
_LAST = "the load itself"


class Processortijd:
    """Looks first at what the stack uses when nothing is asked; what is counted after that is more than this."""

    def __init__(self, draait: Stack) -> None:
        self._draait = draait
        rust = self._verbruikt()
        time.sleep(_RUST)
        self._begin, self._moment = self._verbruikt(), time.monotonic()
        self._rust = {naam: (tijd - rust[naam]) / _RUST for naam, tijd in self._begin.items()}

    def per_stuk(self, aantal: int) -> tuple[str, float]:
        """Milliseconds for each of `aantal` pieces of work by component, the largest first, beside those at rest; and of
        all together.
        """
        duur = time.monotonic() - self._moment
        elk = {
            naam: 1000 * (tijd - self._begin[naam] - self._rust[naam] * duur) / aantal
            for naam, tijd in self._verbruikt().items()
        }
        rust = {naam: 1000 * tijd for naam, tijd in self._rust.items()}
        elk["all"], rust["all"] = sum(elk.values()), sum(rust.values())
        regels = [
            f"  {ms:7.2f}  {rust[naam]:7.1f}  {naam}" for naam, ms in sorted(elk.items(), key=lambda each: -each[1])
        ]
        return "\n".join(["  ms of processor time per piece, and per second of rest", *regels]), elk["all"]

    def _verbruikt(self) -> Mapping[str, float]:
        """Seconds so far, with all that a component started: PostgreSQL serves each connection by a process."""
        van = {each["pid"]: naam for naam, each in self._draait.addresses["processes"].items()}
        ouders, tijden = {}, {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                # The name in brackets may itself hold brackets and spaces: count from the last one.
                velden = stat.read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            pid = int(stat.parent.name)
            ouders[pid] = int(velden[1])
            # Its own in user and system mode, and that of its children that have ended.
            tijden[pid] = sum(int(each) for each in velden[11:15]) / _TIKKEN
        totaal: dict[str, float] = defaultdict(float)
        for pid, tijd in tijden.items():
            boven = pid
            while boven not in van and boven in ouders:
                boven = ouders[boven]
            if boven in van:
                totaal[van[boven]] += tijd
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        totaal[_LAST] = ended.ru_utime + ended.ru_stime
        return totaal
