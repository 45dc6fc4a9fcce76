"""Mutation testing: `make mutatie`.

Plants one mistake at a time (`planten`) in the domain and in the repositories of every service of services.toml, and runs
the tests that should notice: those without servers for the domain, those on a real PostgreSQL for the repositories. The
module is changed where Python loads it, in a process of its own that has the servers already; no file is touched. Of each
layer the same sample every time, unless another seed is asked for. A survivor is a rule that nothing proves, unless
overlevers.yaml says why nothing can.
"""

import argparse
import asyncio
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from importlib.machinery import SourceFileLoader
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import asyncpg
import pytest
from hypothesis import Phase, settings
from tests.mutatie.planten import Mutatie, Plant, planten

from contracts import strict_yaml
from lokaal import testing
from lokaal.servers.postgres import ROLES, create_database
from lokaal.services import SERVICES, Service

_OVERLEVERS: Final = Path(__file__).with_name("overlevers.yaml")
_FORK: Final = multiprocessing.get_context("fork")
_UNIT: Final = ("unit",)
# The first ones ask a repository by itself, and the database in memory beside it.
_ON_POSTGRES: Final = ("*/test_geheugen_*.py", "component", "integration")
# In seconds, beside twice what the tests take without a change: some changes make a test wait for what does not come.
_LONGER: Final = 60


class Laag(NamedTuple):
    """A part of a service that is changed, and where its tests are that should notice, what says so soonest first."""

    service: Service
    code: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.service.name} {self.code}"

    @property
    def files(self) -> Sequence[Path]:
        """Its modules. `tables` only says again what the migrations made."""
        folder = self.service.folder / "src" / self.service.module / self.code
        return [file for file in sorted(folder.glob("*.py")) if file.stem not in {"__init__", "tables"}]

    @property
    def places(self) -> Sequence[Path]:
        """Those of the places of its tests that there are."""
        return [place for each in self.tests for place in sorted((self.service.folder / "tests").glob(each))]

    @property
    def on_servers(self) -> bool:
        """Whether its tests have a database."""
        return self.tests != _UNIT


def lagen() -> Iterator[Laag]:
    """The layers of every service."""
    for service in SERVICES:
        yield Laag(service, "domain", _UNIT)
        yield Laag(service, "adapters/db", _ON_POSTGRES)


def verklaard() -> Mapping[Mutatie, str]:
    """Why each survivor that we know of is no mistake."""
    gelezen = strict_yaml.load(_OVERLEVERS.read_text()) or []
    return {Mutatie(each["bestand"], each["regel"], each["wordt"]): each["waarom"] for each in gelezen}


def steekproef(alle: Sequence[Plant], aantal: int, zaad: int, bekend: Mapping[Mutatie, str]) -> Sequence[Plant]:
    """`aantal` of them: whichever else there are, and all that are explained, which is to stay true."""

    def rang(plant: Plant) -> tuple[bool, bytes]:
        return plant.mutatie not in bekend, sha256(f"{zaad} {plant.mutatie}".encode()).digest()

    gekozen = sorted(alle, key=rang)[: max(aantal, sum(each.mutatie in bekend for each in alle))]
    return [each for each in alle if each in gekozen]


def overleeft(laag: Laag, plant: Plant | None, seconds: float | None) -> bool:
    """Whether the layer's tests pass with this change, those of each place within the time."""
    return all(_passes(laag, place, plant, seconds) for place in laag.places)


def _passes(laag: Laag, place: Path, plant: Plant | None, seconds: float | None) -> bool:
    if laag.on_servers:
        _clean_database(laag.service.module)
    process = _FORK.Process(target=_run, args=(laag, place, plant))
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode == 0


def _run(laag: Laag, place: Path, plant: Plant | None) -> None:
    """In a process of its own."""
    testing.stop = lambda: None  # the servers are for the next one too
    modules = {each.module for each in SERVICES}
    for name in [name for name in sys.modules if name.partition(".")[0] in modules]:
        del sys.modules[name]  # what migrating has loaded
    if plant:
        _plant(plant)
    # The same examples each time, and not the smallest of what was found.
    settings.register_profile("mutatie", derandomize=True, database=None, phases=[Phase.explicit, Phase.generate])
    settings.load_profile("mutatie")
    with TemporaryFile("w+") as said:
        for stream in (1, 2) if plant else ():
            os.dup2(said.fileno(), stream)
        # hypothesis and some of ours are loaded already.
        options = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
        options += [] if laag.on_servers else ["--no-servers"]
        sys.exit(pytest.main([*options, str(place)]))


def _plant(plant: Plant) -> None:
    gewoon = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> object:
        if Path(self.path) != plant.file:
            return gewoon(self, fullname)
        return compile(plant.tree, self.path, "exec")

    SourceFileLoader.get_code = get_code


def _clean_database(module: str) -> None:
    """As it was migrated: what a change has spoilt is no matter of the next one."""
    addresses = testing.servers().addresses["postgres"]
    testing.database(module)
    superuser, clean = addresses["superuser"], f"{module}_clean"

    async def copy() -> None:
        connection = await asyncpg.connect(superuser)
        try:
            if not await connection.fetchval("select 1 from pg_database where datname = $1", clean):
                await connection.execute(f"create database {clean} template {module}")
            await connection.execute(f"drop database {module} with (force)")
            await connection.execute(f"create database {module} template {clean}")
        finally:
            await connection.close()

    asyncio.run(copy())
    # Who may connect is not copied.
    create_database(superuser, module, {role: urlsplit(addresses[module][role]).password or "" for role in ROLES})


def _beproef(laag: Laag, aantal: int, zaad: int, bekend: Mapping[Mutatie, str]) -> bool:
    """Print what became of the layer's changes; whether all was as it should be."""
    begin = time.monotonic()
    alle = [plant for file in laag.files for plant in planten(file)]
    if not overleeft(laag, None, None):
        sys.exit(f"{laag}: its tests fail without a change")
    seconds = 2 * (time.monotonic() - begin) + _LONGER
    gekozen = steekproef(alle, aantal, zaad, bekend)
    over = set()
    for plant in gekozen:
        if overleeft(laag, plant, seconds):
            over.add(plant.mutatie)
            _say(f"{'explained' if plant.mutatie in bekend else 'SURVIVED'}: {plant.mutatie}")
    gedood = {plant.mutatie for plant in gekozen} & bekend.keys() - over
    for mutatie in gedood:
        _say(f"NOTICED, take it out of {_OVERLEVERS.name}: {mutatie}")
    onverklaard = over - bekend.keys()
    _say(
        f"{laag}: {len(gekozen)} planted of {len(alle)}, {len(over - onverklaard)} explained, "
        f"{len(onverklaard)} survived; {time.monotonic() - begin:.0f} s"
    )
    return not onverklaard and not gedood


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """1 when one survives that is not explained, or one that is explained does not survive."""
    parser = argparse.ArgumentParser(prog="make mutatie")
    parser.add_argument("--alleen", default="", help="a service, or a layer of it: 'match domain'")
    parser.add_argument("--aantal", type=int, default=40, help="changes per layer")
    parser.add_argument("--zaad", type=int, default=1, help="which ones")
    asked = parser.parse_args()
    bekend = verklaard()
    try:
        goed = [
            _beproef(laag, asked.aantal, asked.zaad, bekend)
            for laag in lagen()
            if str(laag).startswith(asked.alleen) and laag.files and laag.places
        ]
    finally:
        testing.stop()
    return int(not goed or not all(goed))


if __name__ == "__main__":
    sys.exit(main())
