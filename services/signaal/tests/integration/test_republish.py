"""Telling all signals again: the same states under the same versions, and their counts (D2)."""

from datetime import timedelta
from typing import Any

import pytest

from lokaal.stack import Stack
from platformkit.executor import Executor
from signaal.adapters.db.signalen import PostgresSignaalRepository
from signaal.application.handlers.republish import Republish


@pytest.mark.regel("D4")
async def test_what_is_told_again_is_the_last_that_was_told(wereld: Any, servers: Stack) -> None:
    wie = await wereld.professional()
    ids = []
    for _ in range(2):
        wereld.jeugdige()
        ids.append((await wereld.geef_af(wie)).json()["signaalId"])
    await wereld.sluit(wie, ids[1])
    before = [await wereld.events(each) for each in ids]
    ran = servers.command("signaal", "republish")
    assert ran.returncode == 0, ran.stderr
    open_again, closed_again = [
        (await wereld.events(each))[len(told) :] for each, told in zip(ids, before, strict=True)
    ]
    assert open_again == before[0], "SignaalAfgegeven and SignaalGeteld"
    assert [kind for kind, _, _ in closed_again] == ["gedeactiveerd", "geteld"]
    assert closed_again[0] == before[1][-1]


async def test_an_extended_signal_is_told_as_extended_and_a_removed_one_as_removed(
    wereld: Any, worker: Executor
) -> None:
    wie = await wereld.professional()
    signalen = []
    for status, version in (("actief", 2), ("verwijderd", 2)):
        wereld.jeugdige()
        signalen.append((await wereld.geef_af(wie)).json()["signaalId"])
        # What no command does yet.
        await wereld.looker.execute(
            "update signaal set version = $2, status = $3, inactief_sinds = case $3 when 'actief' then null"
            " else einddatum end, reden = case $3 when 'actief' then null else 'ten-onrechte' end where id = $1",
            signalen[-1],
            version,
            status,
        )
    republish = Republish(PostgresSignaalRepository())
    await worker.execute(republish, None, None, 100_000)
    kinds = [(await wereld.events(each))[-2][:2] for each in signalen]
    assert kinds == [("verlengd", 2), ("verwijderd", 2)]


async def test_an_expired_signal_that_nobody_swept_is_told_as_stored(wereld: Any, worker: Executor) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    signaal_id = (await wereld.geef_af(wie, body={"bsn": "999996782", "duur": "P1W"})).json()["signaalId"]
    wereld.klok.forward(timedelta(days=8))
    republish = Republish(PostgresSignaalRepository())
    await worker.execute(republish, None, None, 100_000)
    told = await wereld.events(signaal_id)
    assert told[0] == told[2], "a version has one content, whatever the date"
