"""Who issues and withdraws again and again is counted per natural person and day, and told (D10)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from platformkit.executor import Executor
from signaal.adapters.db import signalen
from signaal.adapters.db.signalen import PostgresSignaalRepository
from signaal.application.handlers import korte_signalen_tellen
from signaal.application.handlers.korte_signalen_tellen import KorteSignalenTellen
from signaal.application.handlers.signalen_laten_verlopen import SignalenLatenVerlopen

DAG = {"bsn": "999996782", "duur": "P1D"}
pytestmark = pytest.mark.regel("D10")


@pytest.fixture
def tellen(worker: Executor) -> KorteSignalenTellen:
    return KorteSignalenTellen(executor=worker, signalen=PostgresSignaalRepository(), aantal=3)


@pytest.fixture
async def geteld(tellen: KorteSignalenTellen, capsys: pytest.CaptureFixture[str]) -> Callable[[Any], Any]:
    """How often it is told of somebody: other tests close signals, too."""

    async def tel(wie: Any) -> int:
        assert await tellen() == 0
        return capsys.readouterr().out.count(str(wie.professional_id))

    return tel


async def kort(wereld: Any, wie: Any, na: timedelta = timedelta()) -> None:
    wereld.jeugdige()
    signaal_id = (await wereld.geef_af(wie)).json()["signaalId"]
    wereld.klok.forward(na)
    assert (await wereld.sluit(wie, signaal_id)).status_code == 201


async def test_of_one_person_at_two_organisations_each_counts_and_it_is_told_once(wereld: Any, geteld: Any) -> None:
    wie, ander = await wereld.professional("Altra"), await wereld.professional("Altra")
    elders = await wereld.professional("De Buurtschool", professional_id=wie.professional_id)
    for each in (wie, elders, ander, ander):
        await kort(wereld, each)
    assert await geteld(wie) == 0
    await kort(wereld, elders)
    assert await geteld(wie) == 1
    assert await geteld(wie) == 0
    assert await geteld(ander) == 0
    await kort(wereld, wie)
    assert await geteld(wie) == 1, "it goes on"


async def test_the_shortest_signal_that_ends_by_itself_counts_as_well(
    wereld: Any, worker: Executor, geteld: Any
) -> None:
    wie = await wereld.professional()
    for _ in range(3):
        wereld.jeugdige()
        assert (await wereld.geef_af(wie, body=DAG)).status_code == 201
    wereld.klok.forward(timedelta(days=1))
    verlopen = SignalenLatenVerlopen(executor=worker, signalen=PostgresSignaalRepository())
    while await verlopen():
        pass
    assert await geteld(wie) == 1


@pytest.mark.parametrize(("na", "telt"), [(timedelta(days=1), True), (timedelta(days=2), False)])
async def test_what_lasted_longer_than_a_day_is_no_look(wereld: Any, geteld: Any, na: timedelta, telt: bool) -> None:
    wie = await wereld.professional()
    ids = []
    for _ in range(3):
        wereld.jeugdige()
        ids.append((await wereld.geef_af(wie)).json()["signaalId"])
    wereld.klok.forward(na)
    for each in ids:
        await wereld.sluit(wie, each)
    assert await geteld(wie) == telt


async def test_a_day_is_seen_until_the_next_is_over_and_days_do_not_add_up(
    wereld: Any, tellen: KorteSignalenTellen, geteld: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gemeten = Mock()
    monkeypatch.setattr(korte_signalen_tellen, "_personen", gemeten)
    wie = await wereld.professional()
    for _ in range(2):
        await kort(wereld, wie)
    wereld.klok.forward(timedelta(days=1))
    for _ in range(2):
        await kort(wereld, wie)
    assert await geteld(wie) == 0
    await kort(wereld, wie)
    wereld.klok.forward(timedelta(days=1))
    assert await geteld(wie) == 1
    (gezien,) = gemeten.set.call_args.args
    wereld.klok.forward(timedelta(days=1))
    await tellen()
    assert gemeten.set.call_args.args < (gezien,)


async def test_the_count_uses_its_index(wereld: Any) -> None:
    wie = await wereld.professional()
    await kort(wereld, wie)
    async with wereld.looker.transaction():
        await wereld.looker.execute("set local enable_seqscan = off")
        statement = signalen._KORTE.text.replace("$1::DATE", "date '2026-11-22'").replace("$2::INTEGER", "3")
        plan = await wereld.looker.fetch(f"explain {statement}")
    assert "signaal_kort" in repr(plan), plan
