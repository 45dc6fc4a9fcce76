# ruff: noqa: T201 -- a command
"""See a seed again: `python -m services.match.tests.simulatie 4711`. Many: `--aantal 10000`."""

import argparse
import sys
import time

from services.match.tests.simulatie.reeks import speel_reeks, tabel
from services.match.tests.simulatie.wereld import MislukteSimulatieError, Wereld


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m services.match.tests.simulatie", description=__doc__)
    parser.add_argument("zaad", type=int, help="the seed, or the first of them")
    parser.add_argument("--aankomst", type=int, help="another arrival of the same history")
    parser.add_argument("--aantal", type=int, default=0, help="that many seeds from there on, without their logs")
    parser.add_argument("--log", action="store_true", help="the log without the history")
    gekozen = parser.parse_args()
    if gekozen.aantal:
        begin = time.perf_counter()
        telling, mislukt = speel_reeks(range(gekozen.zaad, gekozen.zaad + gekozen.aantal))
        duur = time.perf_counter() - begin
        print(tabel(telling))
        print(f"{gekozen.aantal} seeds in {duur:.1f} s, {len(mislukt)} failed")
        print("\n".join(mislukt[:5]))
        return bool(mislukt)
    wereld = Wereld(gekozen.zaad, gekozen.aankomst)
    waarom = None
    try:
        wereld.speel()
    except MislukteSimulatieError as error:
        waarom = error
    if not gekozen.log:
        print(f"history of seed {wereld.zaad}, from {wereld.geschiedenis.begin}")
        for feit in wereld.geschiedenis.feiten:
            print(f"  {feit.kort}: {feit.event.model_dump_json(exclude_defaults=True)}")
        print("log")
    toon_log(wereld)
    print(waarom or "all holds")
    return waarom is not None


def toon_log(wereld: Wereld) -> None:
    """Second, task, and what it did."""
    for tijd, wie, wat in wereld.log:
        print(f"{tijd:9.3f}  {wie:22}  {wat}")


if __name__ == "__main__":
    sys.exit(main())
