"""Whatever the order of leases, signals, their events and the questions: who has a signal stays, who has none goes (D1)."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from contracts.signaal import SignaalVerwijderd
from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.envelope import Message

from ..conftest import open_databases

_LEEG = Statement(text("truncate verwijzing, signaal, vernietigd, outbox, inbox cascade"))
_GEEN_SLEUTELS = Statement(text("truncate sleutel, vernietigd"))
_BEKEND = Statement(text("select persoon_ref from persoon"))
# Weighed: a signal is issued, ended and told of more often than time passes.
_WAT = ["vastleggen"] * 2 + ["afgeven", "beeindigen"] * 3 + ["bezorgen"] * 5 + ["herhalen", "wachten", "nalopen"]
STAP = st.tuples(st.sampled_from(_WAT), st.integers(0, 7))


class Signaal:
    """The service: it issues on a ref that is younger than five minutes only, and tells late and in no order."""

    def __init__(self, omgeving: Any) -> None:
        self.omgeving = omgeving
        self.lease: tuple[UUID, Any] | None = None
        self.levend: list[Message] = []
        self.onderweg: list[Message] = []
        self.bezorgd: list[Message] = []

    async def doe(self, wat: str, getal: int) -> None:
        await getattr(self, wat)(getal)
        self._zeg()

    async def vastleggen(self, _: int) -> None:
        given = await self.omgeving.leg_vast()
        self.lease = given.persoon_ref, given.vastgelegd_op

    async def afgeven(self, _: int) -> None:
        if self.lease and self.omgeving.clock.now() - self.lease[1] <= timedelta(minutes=5):
            nieuw = self.omgeving.signaal(self.lease[0])
            self.levend.append(nieuw)
            self.onderweg.append(nieuw)

    async def beeindigen(self, getal: int) -> None:
        if self.levend:
            einde = self.levend.pop(getal % len(self.levend))
            self.onderweg.append(
                self.omgeving.vernietigd(einde, 2)
                if getal % 2
                else self.omgeving.signaal(einde.key, soort=SignaalVerwijderd, versie=2, id=einde.subject)
            )

    async def bezorgen(self, getal: int) -> None:
        if self.onderweg:
            event = self.onderweg.pop(getal % len(self.onderweg))
            self.bezorgd.append(event)
            await self.omgeving.verwerk(event)

    async def herhalen(self, getal: int) -> None:
        """Told again under another id, as by `republish`."""
        if self.bezorgd:
            event = self.bezorgd[getal % len(self.bezorgd)]
            await self.omgeving.verwerk(event._replace(event_id=str(uuid4())))

    async def wachten(self, getal: int) -> None:
        self.omgeving.clock.forward(timedelta(minutes=(1, 6, 16)[getal % 3]))

    async def nalopen(self, _: int) -> None:
        await self.omgeving.loop_leases_na(timedelta(0))

    def _zeg(self) -> None:
        self.omgeving.signaal_zegt = {each.key: True for each in self.levend}


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.mark.regel("D1")
def test_who_has_a_signal_stays_and_who_has_none_goes(
    addresses: Mapping[str, str],
    sleuteladressen: Mapping[str, str],
    maak: Callable[[Mapping[str, Database]], Any],
    runner: asyncio.Runner,
) -> None:
    databases = open_databases(addresses, sleuteladressen, pool=2)
    omgeving = maak(databases)

    async def bekend() -> set[UUID]:
        return {row.persoon_ref for row in await databases["superuser"].rows(_BEKEND)}

    async def speel(stappen: list[tuple[str, int]]) -> None:
        await databases["superuser"].rows(_LEEG)
        await databases["sleutels-superuser"].rows(_GEEN_SLEUTELS)
        signaal = Signaal(omgeving)
        signaal._zeg()
        for stap in stappen:
            await signaal.doe(*stap)
            assert {each.key for each in signaal.levend} <= await bekend(), "destroyed with a living signal"
        while signaal.onderweg:
            await signaal.doe("bezorgen", 0)
        for stap in (("wachten", 2), ("nalopen", 0)):
            await signaal.doe(*stap)
        assert {each.key for each in signaal.levend} == await bekend()

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    @given(st.lists(STAP, min_size=10, max_size=30))
    def elke_volgorde(stappen: list[tuple[str, int]]) -> None:
        runner.run(speel(stappen))

    elke_volgorde()
    for each in databases.values():
        runner.run(each.close())
