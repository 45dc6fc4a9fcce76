"""What happens by itself: signals expire."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from platformkit.executor import Executor
from platformkit.health import Heartbeat
from platformkit.service.process import opened
from platformkit.testing import eventually_async
from signaal.adapters.db.signalen import PostgresSignaalRepository
from signaal.application.handlers.signalen_laten_verlopen import SignalenLatenVerlopen
from signaal.bootstrap import SERVICE
from signaal.settings import Settings

WEEK = {"bsn": "999996782", "duur": "P1W"}


@pytest.fixture
def laat_verlopen(worker: Executor) -> SignalenLatenVerlopen:
    return SignalenLatenVerlopen(executor=worker, signalen=PostgresSignaalRepository())


@pytest.mark.regel("R060", "R065", "R074")
async def test_a_signal_ends_at_its_einddatum_and_that_is_told_once(
    wereld: Any, laat_verlopen: SignalenLatenVerlopen
) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    signaal_id = (await wereld.geef_af(wie, body=WEEK)).json()["signaalId"]
    wereld.klok.forward(timedelta(days=6))
    await laat_verlopen()
    assert len(await wereld.events(signaal_id)) == 2
    wereld.klok.forward(timedelta(days=3))
    await asyncio.gather(*(laat_verlopen() for _ in range(5)))
    kind, version, told = (await wereld.events(signaal_id))[-1]
    assert (kind, version, told["status"], told["reden"]) == ("gedeactiveerd", 2, "inactief", "verlopen")
    assert len(await wereld.events(signaal_id)) == 3
    read = (await wereld.api.get(f"/v1/signalen/{signaal_id}", headers=wie.headers)).json()
    assert (read["status"], read["inactiefSinds"]) == ("inactief", "2026-11-29")


async def test_what_expired_first_is_swept_first_and_no_more_than_asked(wereld: Any, worker: Executor) -> None:
    wie = await wereld.professional()
    for weken in (3, 1, 2):
        wereld.jeugdige()
        await wereld.geef_af(wie, body={"bsn": "999996782", "duur": f"P{weken}W"})
    wereld.klok.forward(timedelta(days=15))
    verlopen = await worker.execute(PostgresSignaalRepository().vergrendel_verlopen, None, 1_000)
    einden = [each.einddatum for each in verlopen]
    assert einden == sorted(einden)
    assert [each.einddatum.isoformat() for each in verlopen if each.account == wie.account_id] == [
        "2026-11-29",
        "2026-12-06",
    ]
    assert len(await worker.execute(PostgresSignaalRepository().vergrendel_verlopen, None, 1)) == 1


async def test_sweeping_an_old_signal_leaves_the_involvement_of_the_new_one(
    wereld: Any, laat_verlopen: SignalenLatenVerlopen
) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige()
    await wereld.geef_af(wie, body=WEEK)
    wereld.klok.forward(timedelta(days=8))
    wereld.jeugdige(ref)
    assert (await wereld.geef_af(wie)).status_code == 201
    await laat_verlopen()
    tot = await wereld.looker.fetchval(
        "select tot from betrokkenheid where account = $1 and persoon_ref = $2", wie.account_id, ref
    )
    assert tot.isoformat() == "2027-11-30"


async def test_a_signal_that_is_being_closed_is_passed_by(wereld: Any, laat_verlopen: SignalenLatenVerlopen) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    signaal_id = (await wereld.geef_af(wie, body=WEEK)).json()["signaalId"]
    wereld.klok.forward(timedelta(days=8))
    async with wereld.looker.transaction():
        await wereld.looker.execute("select from signaal where id = $1 for update", signaal_id)
        await asyncio.wait_for(laat_verlopen(), 5)
        assert len(await wereld.events(signaal_id)) == 2
    await laat_verlopen()
    assert len(await wereld.events(signaal_id)) == 3


async def test_the_job_ends_what_expired_beats_and_stops_when_told(
    wereld: Any, worker: Executor, addresses: Mapping[str, str]
) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    signaal_id = (await wereld.geef_af(wie, body=WEEK)).json()["signaalId"]
    wereld.klok.forward(timedelta(days=7))

    async def ended() -> bool:
        return len(await wereld.events(signaal_id)) == 3

    stop, heartbeat = asyncio.Event(), Heartbeat(None)
    settings = Settings(database_url_worker=addresses["worker"])
    async with opened(settings, service=SERVICE.name, role="worker", part="test-jobs") as process:
        job, _ = SERVICE.jobs(replace(process, executor=worker))
        running = asyncio.create_task(job(stop, heartbeat))
        await eventually_async(ended, "the end of the signal")
        stop.set()
        await asyncio.wait_for(running, 5)
    assert heartbeat.ready
