"""From an accepted signal to its stored match, in milliseconds: from commit to commit, by PostgreSQL's own record.

`python -m tests.bench.keten [seconds] [http RATE]`, with `http` only (a) at that rate; starts its own system, everything
on this machine. (a) 200 POSTs a second on the whole system in its split form, the mails included; it also tells the
processor time per POST by process, and so how many processors that rate takes; (b) 200 and 1,000 events a second that
enter at the outbox of signaal, with only the processes on the way: the same way from the same commit, on a machine that
is not kept busy by what comes before and after it. Spans are made and sent nowhere. Open loop: when the machine cannot
keep up, the rate that was reached tells it. The first five seconds are left out.
"""

import asyncio
import os
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from tests.bench.posten import bsns_van, los, schrijf_personen, tokens_van
from tests.bench.processortijd import Processortijd
from tests.bench.stelsel import KETEN, commits, draaiend, percentiel, stel_voor, tel, tot, verdeling, vertragingen
from tests.bench.tafel import Uitkomst, geef, getal, meld
from tests.bench.wereld import Wereld, aantal_matches

from lokaal import paths
from lokaal.services import SERVICES
from lokaal.stack import Stack
from lokaal.testing import superuser

OPWARMEN = 5
PROFESSIONALS = 240
"""Enough that nobody passes his budget of 30 requests a minute."""
_SIGNALEN = """
select id, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 as op from signaal
"""


def door_http(tempo: int, seconden: int) -> None:
    """(a): POSTs by professionals, on persons that the BRP simulator serves."""
    aantal = tempo * (seconden + OPWARMEN)
    wereld = Wereld(aantal)
    bsns = bsns_van(wereld)
    bestand = paths.run_dir() / "bench-personen.json"
    schrijf_personen(bestand, wereld, bsns)
    # Everything but the trace viewer.
    with draaiend([service.name for service in SERVICES], personen=bestand) as draait:
        meld(f"  admitting {PROFESSIONALS} professionals")
        tokens = tokens_van(draait, PROFESSIONALS)
        jeugdigen = wereld.trek(aantal)
        # Who signals the same youth again is another professional, or it would be refused.
        eerder: dict[UUID, set[int]] = defaultdict(set)
        verzoeken = []
        for nummer, jeugdige in enumerate(jeugdigen):
            wie = next(
                each % PROFESSIONALS for each in count(nummer) if each % PROFESSIONALS not in eerder[jeugdige.ref]
            )
            eerder[jeugdige.ref].add(wie)
            verzoeken.append((bsns[jeugdige.ref], tokens[wie]))
        meld(f"  {tempo} POSTs a second for {seconden + OPWARMEN} s")
        url = f"{draait.addresses['apis']['signaal']}/v1/signalen"
        processortijd = Processortijd(draait)
        gedaan = los("tests.bench.bestoken", {"url": url, "tempo": tempo, "verzoeken": verzoeken})
        meld(f"  answers: {dict(Counter(each['status'] for each in gedaan))}")
        goed = [each for each in gedaan if each["status"] == 201]
        asyncio.run(_stil(draait, len(goed)))
        verdeeld, per_post = processortijd.per_stuk(aantal)
        meld(verdeeld)
        signalen = {rij["id"]: rij["op"] for rij in asyncio.run(commits(draait, "signaal", _SIGNALEN))}
        vanaf = gedaan[0]["moment"] + OPWARMEN
        keten = asyncio.run(vertragingen(draait, signalen, vanaf))
    duur = max(each["antwoord"] for each in goed) - gedaan[0]["moment"]
    wachten = sorted(1000 * (each["antwoord"] - each["moment"]) for each in goed if each["moment"] >= vanaf)
    p99 = percentiel(keten, 0.99)
    geef(
        Uitkomst(
            "accepted -> match stored, through HTTP",
            verdeling(keten),
            f"{tempo}/s offered",
            f"{len(goed) / duur:.0f}/s reached",
            "p99 <= 40 ms",
            p99 <= 40,
        ),
        Uitkomst("  the POST itself", verdeling(wachten)),
        Uitkomst(
            "  processors that it takes", f"{per_post * tempo / 1000:.1f} for {tempo}/s", f"{os.cpu_count()} here"
        ),
    )


def door_outbox(tempo: int, seconden: int, hoogstens: float) -> None:
    """(b): events that enter at the outbox of signaal; `hoogstens` is the goal in milliseconds."""
    aantal, zaad = tempo * (seconden + OPWARMEN), 5
    wereld = Wereld(aantal, zaad)
    nu = datetime.now(UTC)
    with draaiend(KETEN) as draait:
        adressen = draait.addresses["postgres"]
        asyncio.run(stel_voor(draait, wereld, nu))
        opdracht = {"superuser": superuser(adressen, "signaal"), "zaad": zaad, "aantal": aantal, "tempo": tempo}
        meld(f"  {tempo:,} events a second for {seconden + OPWARMEN} s")
        gecommit = los("tests.bench.inbreng", {"dsn": adressen["signaal"]["worker"], **opdracht})
        signalen = {UUID(signaal_id): moment for signaal_id, moment in gecommit.items()}
        momenten = sorted(signalen.values())
        asyncio.run(_stil(draait, aantal))
        keten = asyncio.run(vertragingen(draait, signalen, momenten[0] + OPWARMEN))
        verwacht = aantal_matches(Wereld(aantal, zaad).trek(aantal))
        gemaakt = asyncio.run(tel(draait, "match", "match"))
    meld(f"  {gemaakt:,} matches, {verwacht:,} expected")
    bereikt = len(momenten) / (momenten[-1] - momenten[0])
    p99 = percentiel(keten, 0.99)
    geef(
        Uitkomst(
            "outbox -> match stored",
            verdeling(keten),
            f"{tempo:,}/s offered",
            f"{bereikt:.0f}/s reached",
            f"p99 <= {hoogstens:.0f} ms",
            p99 <= hoogstens and gemaakt == verwacht,
        )
    )


async def _stil(draait: Stack, signalen: int) -> None:
    """Wait until match knows all signals and the number of matches stands still."""
    vorige = -1

    async def rustig() -> bool:
        nonlocal vorige
        eerder, vorige = vorige, await tel(draait, "match", "match")
        return vorige == eerder and await tel(draait, "match", "signaal") >= signalen

    await tot(rustig, "the last matches", 300, elke=1)


if __name__ == "__main__":
    lengte = getal(30)
    meld("chain: accepted -> match stored, whole system")
    door_http(int(sys.argv[sys.argv.index("http") + 1]) if "http" in sys.argv else 200, lengte)
    if "http" in sys.argv:
        sys.exit()
    meld("chain: outbox -> match stored, only the processes on the way")
    door_outbox(200, lengte, 40)
    door_outbox(1_000, lengte, 60)
