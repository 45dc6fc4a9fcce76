"""After an outage of the broker: seconds until the backlog is gone and every match is stored.

`python -m tests.bench.achterstand [events] [--lang]`; starts its own system, with only the processes between the outbox of
signaal and the stored match. With `--lang` the broker is away for ten minutes while 200 events a second enter at the
outbox; without, as many events (120,000) enter as fast as they can, which takes the waiting out and leaves the work.
"""

import asyncio
import time
from datetime import UTC, datetime

from tests.bench.inbreng import gelijkmatig, in_een_keer, rij
from tests.bench.stelsel import KETEN, draaiend, stel_voor, tel, tot
from tests.bench.tafel import Uitkomst, geef, getal, lang, meld
from tests.bench.wereld import Wereld, aantal_matches

from lokaal.stack import Stack

TEMPO, SECONDEN, ZAAD = 200, 600, 6


def main(aantal: int) -> None:
    nu = datetime.now(UTC)
    with draaiend(KETEN) as draait:
        asyncio.run(stel_voor(draait, Wereld(aantal, ZAAD), nu))
        draait.terminate("kafka")
        weg = time.monotonic()
        asyncio.run(_breng_in(draait, aantal, nu))
        meld(
            f"  {asyncio.run(tel(draait, 'signaal', 'outbox')):,} events wait; the broker was away for "
            f"{time.monotonic() - weg:.0f} s and starts again"
        )
        draait.restart("kafka")
        verteld, gekend, klaar = asyncio.run(_loop_in(draait, aantal))
    meld(
        f"  outbox empty after {verteld:.1f} s, all signals known after {gekend:.1f} s, all matches after {klaar:.1f} s"
    )
    geef(
        Uitkomst(
            f"backlog of {aantal:,} events after an outage",
            f"{klaar:.1f} s",
            f"outbox empty {verteld:.1f} s",
            f"{aantal / klaar:,.0f}/s",
            "<= 30 s",
            klaar <= 30,
        )
    )


async def _breng_in(draait: Stack, aantal: int, nu: datetime) -> None:
    dsn = draait.addresses["postgres"]["signaal"]["worker"]
    signalen = Wereld(aantal, ZAAD).signalen(aantal, nu)
    if lang():
        meld(f"  the broker is away; {TEMPO} events a second for {aantal / TEMPO:.0f} s")
        await gelijkmatig(dsn, [rij(each, nu) for each in signalen], TEMPO)
    else:
        meld(f"  the broker is away; {aantal:,} events at once, as many as {SECONDEN} s at {TEMPO}/s give")
        await in_een_keer(dsn, signalen, nu)


async def _loop_in(draait: Stack, aantal: int) -> tuple[float, float, float]:
    """Seconds until the outbox is empty, match knows every signal, and every match is there."""
    begin = time.monotonic()
    verwacht = aantal_matches(Wereld(aantal, ZAAD).trek(aantal))

    async def leeg() -> bool:
        return not await tel(draait, "signaal", "outbox")

    async def gekend() -> bool:
        return await tel(draait, "match", "signaal") >= aantal

    async def gemaakt() -> bool:
        return await tel(draait, "match", "match") >= verwacht

    na = []
    for klaar, wat in ((leeg, "an empty outbox"), (gekend, "all signals in match"), (gemaakt, "all matches")):
        await tot(klaar, wat, 300, elke=0.25)
        na.append(time.monotonic() - begin)
    return na[0], na[1], na[2]


if __name__ == "__main__":
    meld("backlog: the broker goes away and comes back")
    main(getal(TEMPO * SECONDEN))
