"""D10 and D11: who asks too much or probes BSNs is stopped, also when Redis forgot or is away."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis.asyncio import Redis

from signaal.settings import Settings


@pytest.fixture
async def redis(settings: Settings) -> Any:
    client = Redis.from_url(settings.redis_url.get_secret_value())
    yield client
    await client.aclose()


@pytest.mark.regel("D11")
async def test_an_account_may_ask_so_often_a_minute(wereld: Any) -> None:
    wie, other = await wereld.professional(), await wereld.professional()
    wereld.jeugdige()
    answers = [(await wereld.geef_af(wie)).status_code for _ in range(12)]
    assert answers == [201] + [409] * 11
    refused = await wereld.geef_af(wie)
    assert (refused.status_code, refused.json()["code"]) == (429, "te-veel-verzoeken")
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert (await wereld.geef_af(other)).status_code == 201


@pytest.mark.regel("D10", "R009")
@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "bsn-ongeldig"), (404, "persoon-onbekend"), (409, "persoon-overleden"), (409, "persoon-te-oud")],
)
async def test_who_probes_bsns_is_stopped_also_for_good_ones(wereld: Any, status: int, code: str) -> None:
    wie = await wereld.professional()
    wereld.geweigerd(status, code)
    assert [(await wereld.geef_af(wie)).status_code for _ in range(3)] == [status] * 3
    wereld.jeugdige()
    refused = await wereld.geef_af(wie)
    assert (refused.status_code, refused.json()["code"]) == (429, "te-veel-onbekende-bsns")
    assert wereld.verwijzing.call_count == 3


@pytest.mark.regel("D10")
@pytest.mark.parametrize(
    ("status", "code"),
    [(409, "geboortedatum-onbekend"), (409, "bsn-niet-uniek"), (503, "brp-niet-beschikbaar")],
)
async def test_only_a_bsn_that_leads_nowhere_counts_as_probing(wereld: Any, status: int, code: str) -> None:
    wie = await wereld.professional()
    wereld.geweigerd(status, code)
    assert [(await wereld.geef_af(wie)).json()["code"] for _ in range(5)] == [code] * 5


@pytest.mark.regel("D10")
async def test_probing_all_at_once_tells_no_more(wereld: Any) -> None:
    wie = await wereld.professional()
    wereld.geweigerd(404, "persoon-onbekend")
    answers = await asyncio.gather(*(wereld.geef_af(wie) for _ in range(10)))
    assert sorted(each.status_code for each in answers) == [404] * 3 + [429] * 7


@pytest.mark.regel("D10")
async def test_probing_is_an_alarm(wereld: Any, capsys: pytest.CaptureFixture[str]) -> None:
    wie = await wereld.professional()
    wereld.geweigerd(404, "persoon-onbekend")
    for _ in range(4):
        await wereld.geef_af(wie)
    assert "bsn_budget_exhausted" in capsys.readouterr().out


async def test_a_signal_on_a_youth_that_one_has_already_costs_no_probing_budget(wereld: Any) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    assert [(await wereld.geef_af(wie)).status_code for _ in range(6)] == [201] + [409] * 5


@pytest.mark.regel("D11")
async def test_a_flushed_redis_knows_again_what_was_asked(wereld: Any, redis: Redis) -> None:
    wie = await wereld.professional()
    wereld.geweigerd(404, "persoon-onbekend")
    for _ in range(3):
        await wereld.geef_af(wie)
    await redis.flushall()
    assert (await wereld.geef_af(wie)).json()["code"] == "te-veel-onbekende-bsns"
    wereld.klok.forward(timedelta(days=1, seconds=1))
    await redis.flushall()
    assert (await wereld.geef_af(wie)).json()["code"] == "persoon-onbekend"


@pytest.mark.regel("D11")
async def test_without_redis_nothing_is_issued_and_nothing_is_kept(
    wereld: Any, start: Callable[[Settings], Any], settings: Settings
) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige()
    lame: httpx.AsyncClient = await start(settings.model_copy(update={"redis_url": _nowhere()}))
    headers = wie.headers | {"Idempotency-Key": str(uuid4())}
    answer = await lame.post("/v1/signalen", json={"bsn": "999996782", "duur": "P1Y"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "tijdelijk-niet-beschikbaar")
    assert int(answer.headers["retry-after"]) > 0
    assert not wereld.verwijzing.called
    assert await wereld.aantal_signalen(ref) == 0
    assert (await lame.get("/v1/signalen", headers=wie.headers)).status_code == 200


def _nowhere() -> Any:
    from pydantic import SecretStr

    return SecretStr("redis://127.0.0.1:1/0")
