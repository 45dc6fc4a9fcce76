"""Mutation testing of the match domain: `make mutatie`.

mutmut changes one thing in match.domain at a time, in a copy, and runs the unit tests. A change that they do not notice
is a rule that nothing proves, unless overlevers.yaml says why nothing can.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from contracts import strict_yaml

TESTS = Path(__file__).resolve().parent
SOURCE = TESTS.parent / "src"
_MUTMUT = Path(sys.executable).with_name("mutmut")
# In the copy instead of the conftest for servers. Hypothesis need not look for the smallest example of what it found,
# and tries the same ones each time: a survivor today is one tomorrow.
_CONFTEST = """
from hypothesis import Phase, settings
settings.register_profile("mutatie", derandomize=True, database=None, phases=[Phase.explicit, Phase.generate])
settings.load_profile("mutatie")
"""
# match.domain.paren.x__paar__mutmut_4, or with the class between two bars: ...xǁMatchǁherzien__mutmut_7
_NAME = re.compile(r"(?P<module>.+)\.x(?:_|\u01c1(?P<klasse>\w+?)\u01c1)(?P<functie>\w+)__mutmut_\d+")


class Mutatie(NamedTuple):
    """One change, told without mutmut's number, which shifts whenever the function changes."""

    functie: str
    was: str
    wordt: str

    def __str__(self) -> str:
        regels = [*(f"    - {r}" for r in self.was.splitlines()), *(f"    + {r}" for r in self.wordt.splitlines())]
        return "\n".join([self.functie, *regels])


def verklaard() -> dict[Mutatie, str]:
    """Why each survivor that we know of changes nothing."""
    gelezen = strict_yaml.load((TESTS / "overlevers.yaml").read_text()) or []
    return {Mutatie(each["functie"], each["was"], each["wordt"]): each["waarom"] for each in gelezen}


def uit_diff(naam: str, diff: str) -> Mutatie:
    """A mutation by mutmut's name for it and the diff that it shows."""
    gevonden = _NAME.fullmatch(naam)
    assert gevonden, naam
    module, klasse, functie = gevonden.group("module", "klasse", "functie")
    regels = [r for r in diff.splitlines() if r[:1] in "+-" and r[:3] not in {"+++", "---"} and r]
    was, wordt = ("\n".join(r[1:].strip() for r in regels if r[0] == teken) for teken in "-+")
    return Mutatie(".".join(filter(None, [module, klasse, functie])), was, wordt)


def _mutmut(kopie: Path, *arguments: str) -> str:
    done = subprocess.run(
        [_MUTMUT, *arguments],
        cwd=kopie,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{done.stdout.replace(chr(13), chr(10))[-4000:]}\nmutmut {arguments[0]} failed")
    return done.stdout


def _lay_out(kopie: Path) -> None:
    weg = shutil.ignore_patterns("__pycache__", ".hypothesis")
    shutil.copytree(SOURCE, kopie / "src", ignore=weg)
    shutil.copytree(TESTS, kopie / "services" / "match" / "tests", ignore=weg)
    (kopie / "services" / "match" / "tests" / "conftest.py").write_text(_CONFTEST)
    shutil.copy(TESTS / "mutatie.toml", kopie / "pyproject.toml")


def _overlevers(kopie: Path) -> Iterator[tuple[Mutatie, str]]:
    """What was not killed, and how it came through: survived, no tests, timeout."""
    for regel in _mutmut(kopie, "results").splitlines():
        naam, _, hoe = regel.strip().partition(": ")
        if hoe:
            yield uit_diff(naam, _mutmut(kopie, "show", naam)), hoe


def _verslag(telling: dict[str, int], overlevers: dict[Mutatie, str], bekend: dict[Mutatie, str]) -> Iterator[str]:
    onverklaard = [mutatie for mutatie in overlevers if mutatie not in bekend]
    for mutatie, waarom in bekend.items():
        if mutatie in overlevers:
            yield f"explained: {mutatie}\n    {waarom}\n"
        else:
            yield f"GONE, take it out of overlevers.yaml: {mutatie}\n"
    yield from (f"NOT EXPLAINED ({overlevers[mutatie]}): {mutatie}\n" for mutatie in onverklaard)
    yield f"match.domain: {telling['total']} mutants, {telling['killed']} killed, "
    yield f"{len(overlevers) - len(onverklaard)} explained, {len(onverklaard)} not"


def main() -> int:
    """Print survivors and score; 1 when one is not explained, or an explained one no longer survives."""
    begin = time.monotonic()
    with TemporaryDirectory(prefix="mutatie-") as tijdelijk:
        kopie = Path(tijdelijk)
        _lay_out(kopie)
        _mutmut(kopie, "run", "--max-children", str(len(os.sched_getaffinity(0))))
        _mutmut(kopie, "export-cicd-stats")
        telling = json.loads((kopie / "mutants" / "mutmut-cicd-stats.json").read_text())
        overlevers = dict(_overlevers(kopie))
    bekend = verklaard()
    sys.stdout.writelines(_verslag(telling, overlevers, bekend))
    sys.stdout.write(f"; {time.monotonic() - begin:.0f} s\n")
    return int(overlevers.keys() != bekend.keys() or not telling["killed"])


if __name__ == "__main__":
    sys.exit(main())
