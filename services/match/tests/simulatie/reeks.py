"""Many seeds, over the processors that there are."""

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from services.match.tests.simulatie.wereld import MislukteSimulatieError, Wereld

_STUK = 50


def speel_reeks(zaden: Sequence[int]) -> tuple[Counter[str], list[str]]:
    """In how many seeds each thing happened, and what failed."""
    geteld: Counter[str] = Counter()
    mislukt: list[str] = []
    stukken = [zaden[i : i + _STUK] for i in range(0, len(zaden), _STUK)]
    # Spawned: a fork of a test run would take its threads' locks along.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for telling, fouten in pool.map(_speel, stukken):
            geteld += telling
            mislukt += fouten
    return geteld, mislukt


def _speel(zaden: Sequence[int]) -> tuple[Counter[str], list[str]]:
    geteld: Counter[str] = Counter()
    mislukt = []
    for zaad in zaden:
        wereld = Wereld(zaad)
        try:
            wereld.speel()
        except MislukteSimulatieError as error:
            mislukt.append(str(error))
        geteld.update(wat for wat, aantal in wereld.telling.items() if aantal)
        geteld["turns"] += len(wereld.log)
    return geteld, mislukt


def tabel(telling: Counter[str]) -> str:
    """How many seeds had what."""
    return "\n".join(f"{aantal:9}  {wat}" for wat, aantal in sorted(telling.items()))
