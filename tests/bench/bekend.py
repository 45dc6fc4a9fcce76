"""Does the time of a POST tell whether a youth is known (D10)? Known and unknown youths, by turns, with a slow BRP.

`python -m tests.bench.bekend [number]`; starts its own system, everything on this machine. Half of the youths have a
signal already, by professionals who do not take part. Then 100 professionals signal all of them, known and unknown in
a random order, so that whatever else this machine does meets both alike.
"""

import random
import statistics

import httpx
from tests.bench.posten import bsns_van, los, schrijf_personen, tokens_van
from tests.bench.stelsel import draaiend, verdeling
from tests.bench.tafel import Uitkomst, geef, getal, meld
from tests.bench.wereld import Wereld

from lokaal import paths
from lokaal.services import SERVICES

ACCOUNTS = 100
BRP_MS = 150
TEMPO = 8
"""POSTs a second: so few that none waits for another."""
DOEL_MS = 1.0


def meet(aantal: int) -> None:
    """Post on `aantal` known and as many unknown youths, and tell both medians."""
    wereld = Wereld(4 * aantal)
    bsns = bsns_van(wereld)
    bestand = paths.run_dir() / "bench-personen.json"
    schrijf_personen(bestand, wereld, bsns)
    # One child of each pair of parents: a sibling of a known youth is not wholly unknown.
    enig = list({jeugdige.ouders: bsns[jeugdige.ref] for jeugdige in wereld.jeugdigen}.values())[: 2 * aantal]
    bekend, onbekend = enig[:aantal], enig[aantal:]
    with draaiend([service.name for service in SERVICES], personen=bestand) as draait:
        meld(f"  admitting {2 * ACCOUNTS} professionals")
        tokens = tokens_van(draait, 2 * ACCOUNTS)
        url = f"{draait.addresses['apis']['signaal']}/v1/signalen"

        def posten(bsns: list[str], wie: list[str], tempo: int) -> dict[str, float]:
            verzoeken = [(bsn, wie[nummer % ACCOUNTS]) for nummer, bsn in enumerate(bsns)]
            gedaan = los("tests.bench.bestoken", {"url": url, "tempo": tempo, "verzoeken": verzoeken})
            geweigerd = [each["status"] for each in gedaan if each["status"] != 201]
            if geweigerd:
                raise RuntimeError(f"{len(geweigerd)} POSTs were not accepted, the first with {geweigerd[0]}")
            return {bsn: 1000 * (each["antwoord"] - each["moment"]) for bsn, each in zip(bsns, gedaan, strict=True)}

        meld(f"  {aantal} youths become known")
        posten(bekend, tokens[ACCOUNTS:], 20)
        httpx.put(
            f"{draait.addresses['simulators']['brp']}/_besturing", json={"vertragingMs": BRP_MS}
        ).raise_for_status()
        meld(f"  2 x {aantal} POSTs, {TEMPO} a second, the BRP at {BRP_MS} ms")
        door_elkaar = bekend + onbekend
        random.Random(7).shuffle(door_elkaar)
        duur = posten(door_elkaar, tokens[:ACCOUNTS], TEMPO)
    van_bekend, van_onbekend = (sorted(duur[bsn] for bsn in groep) for groep in (bekend, onbekend))
    verschil = statistics.median(van_bekend) - statistics.median(van_onbekend)
    geef(
        Uitkomst("POST on a known youth", verdeling(van_bekend)),
        Uitkomst("POST on an unknown youth", verdeling(van_onbekend)),
        Uitkomst(
            "  known - unknown, medians",
            f"{verschil:+.2f} ms",
            doel=f"< {DOEL_MS:.0f} ms",
            gehaald=abs(verschil) < DOEL_MS,
        ),
    )


if __name__ == "__main__":
    meld("no look-up: does the time of a POST tell who is known?")
    meet(getal(1_000))
