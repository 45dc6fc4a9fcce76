"""All benchmarks one after the other, and one table at the end: `make bench`. Tells figures, passes no judgement.

`python -m tests.bench [--lang]`: with `--lang` faults last as long as they are told of (five and ten minutes).
"""

import re
import subprocess
import sys
import time

from tests.bench.tafel import Uitkomst, lees, meld, tabel

BENCHMARKS: dict[str, tuple[str, ...]] = {
    "tests.bench.relay": tuple(sys.argv[1:]),
    "tests.bench.keten": (),
    "tests.bench.bekend": (),
    "tests.bench.achterstand": tuple(sys.argv[1:]),
    # Last: the disk is busy for a while with what it leaves.
    "services.match.tests.bench": (),
}
"""What each is started with."""
_DOEL = re.compile(r"(?P<naam>.*?): (?P<waarde>.*) \(goal (?P<doel>.*)\)")


def draai(module: str, opties: tuple[str, ...]) -> list[Uitkomst]:
    """The figures of one benchmark, in a process of its own; what else it says is passed on."""
    begin = time.monotonic()
    meld(f"\n== {module}")
    uitkomsten = []
    with subprocess.Popen([sys.executable, "-u", "-m", module, *opties], stdout=subprocess.PIPE, text=True) as proces:
        for regel in proces.stdout or ():
            uitkomst = lees(regel)
            if uitkomst is None:
                meld(regel.rstrip())
                # The benchmark of a service speaks no table: a line with its goal is a figure.
                if gevonden := _DOEL.search(regel):
                    uitkomsten.append(Uitkomst(gevonden["naam"].strip(), gevonden["waarde"], doel=gevonden["doel"]))
            else:
                uitkomsten.append(uitkomst)
    if proces.returncode:
        uitkomsten.append(Uitkomst(module, f"ended with exit code {proces.returncode}", gehaald=False))
    meld(f"== {time.monotonic() - begin:.0f} s")
    return uitkomsten


def main() -> int:
    """1 when a benchmark could not be run; a goal that was not met is told, and nothing more."""
    alle = [uitkomst for module, opties in BENCHMARKS.items() for uitkomst in draai(module, opties)]
    meld("\n" + tabel(alle))
    return int(any("exit code" in each.waarde for each in alle))


if __name__ == "__main__":
    sys.exit(main())
