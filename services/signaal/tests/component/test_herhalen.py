"""The same request again, by its Idempotency-Key: the first answer whatever changed since, and nothing for who probes."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from signaal.settings import Settings

BSN, ANDER = "999996782", "999990019"
DUUR = {"bsn": BSN, "duur": "P1W"}


@pytest.fixture
def key() -> str:
    return str(uuid4())


async def _gesloten(wereld: Any, wie: Any, signaal_id: str) -> None:
    assert (await wereld.sluit(wie, signaal_id)).status_code == 201


async def _verlopen(wereld: Any, wie: Any, signaal_id: str) -> None:
    wereld.klok.forward(timedelta(days=30))


async def _verhuisd(wereld: Any, wie: Any, signaal_id: str) -> None:
    body = wereld.toelating("Altra", "0439", f"p{wie.professional_id.hex}")
    answer = await wereld.api.put(f"/v1/professionals/{wie.professional_id}", json=body, headers=wereld.beheerder)
    assert answer.status_code == 200


async def _brp_weg(wereld: Any, wie: Any, signaal_id: str) -> None:
    wereld.geweigerd(503, "brp-niet-beschikbaar")


async def _23(wereld: Any, wie: Any, signaal_id: str) -> None:
    wereld.geweigerd(409, "persoon-te-oud")


async def _budget_op(wereld: Any, wie: Any, signaal_id: str) -> None:
    while (await wereld.geef_af(wie)).json()["code"] != "te-veel-verzoeken":
        pass


async def _gezocht(wereld: Any, wie: Any, signaal_id: str) -> None:
    wereld.geweigerd(404, "persoon-onbekend")
    while (await wereld.geef_af(wie)).json()["code"] != "te-veel-onbekende-bsns":
        pass


@pytest.mark.regel("D3")
@pytest.mark.parametrize("sinds", [_gesloten, _verlopen, _verhuisd, _brp_weg, _23, _budget_op, _gezocht])
async def test_a_repeated_request_gets_its_first_answer_whatever_changed_since(
    wereld: Any, key: str, sinds: Callable[[Any, Any, str], Any]
) -> None:
    wie = await wereld.professional("Altra", "0363")
    ref = wereld.jeugdige(uiterlijk="2026-11-25")
    first = await wereld.geef_af(wie, key=key, body=DUUR)
    await sinds(wereld, wie, first.json()["signaalId"])
    asked = wereld.verwijzing.call_count
    told = await wereld.events(first.json()["signaalId"])
    again = await wereld.geef_af(wie, key=key, body=DUUR)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert wereld.verwijzing.call_count == asked, "nobody asks the BRP, and nobody is stored"
    assert await wereld.aantal_signalen(ref) == 1
    assert await wereld.events(first.json()["signaalId"]) == told


@pytest.mark.regel("D3", "D11")
async def test_without_redis_a_repeated_request_gets_its_first_answer(
    wereld: Any, start: Callable[[Settings], Any], settings: Settings, key: str
) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    first = await wereld.geef_af(wie, key=key)
    wereld.api = await start(settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")}))
    assert (await wereld.geef_af(wie, key=key)).json() == first.json()


@pytest.mark.regel("D3")
async def test_a_request_that_cannot_be_compared_is_not_told_that_nothing_is_stored(wereld: Any, key: str) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    first = await wereld.geef_af(wie, key=key)
    compare = wereld.vergelijking.side_effect
    wereld.vergelijking.mock(side_effect=httpx.ConnectError("away"))
    refused = await wereld.geef_af(wie, key=key)
    assert (refused.status_code, refused.json()["code"]) == (503, "tijdelijk-niet-beschikbaar")
    assert "niets" not in refused.json()["detail"]
    wereld.vergelijking.mock(side_effect=compare)
    assert (await wereld.geef_af(wie, key=key)).json() == first.json()


@pytest.mark.regel("D3", "D10")
@pytest.mark.parametrize(
    "other",
    [
        {"bsn": BSN, "duur": "P6M"},
        {"bsn": BSN, "einddatum": "2027-11-22"},
        {"bsn": ANDER, "duur": "P1Y"},
        {"bsn": ANDER, "duur": "P6M"},
    ],
)
@pytest.mark.parametrize("wie_dat_is", ["known here", "new", "unknown", "too old"])
async def test_a_used_key_tells_nothing_of_another_bsn_and_stores_nobody(
    wereld: Any, key: str, other: dict[str, str], wie_dat_is: str
) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    await wereld.geef_af(wie, key=key)
    if wie_dat_is == "known here":
        wereld.refs[ANDER] = uuid4()
    elif wie_dat_is == "unknown":
        wereld.geweigerd(404, "persoon-onbekend")
    elif wie_dat_is == "too old":
        wereld.geweigerd(409, "persoon-te-oud")
    refused = await wereld.geef_af(wie, key=key, body=other)
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency-key-hergebruikt")
    assert (wereld.verwijzing.call_count, wereld.vergelijking.call_count) == (1, 1), "the same calls, so the same time"
    assert await wereld.audit(wie) == [("signaal-afgeven", "ok"), ("signaal-afgeven", "idempotency-key-hergebruikt")]


@pytest.mark.regel("D10")
async def test_a_used_key_with_other_bsns_is_probing(wereld: Any, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    await wereld.geef_af(wie, key=key)
    probes = [await wereld.geef_af(wie, key=key, body={"bsn": ANDER, "duur": "P1Y"}) for _ in range(5)]
    assert [each.json()["code"] for each in probes] == [
        *["idempotency-key-hergebruikt"] * 3,
        *["te-veel-onbekende-bsns"] * 2,
    ]
    assert "bsn_budget_exhausted" in capsys.readouterr().out
    assert (await wereld.geef_af(wie)).json()["code"] == "te-veel-onbekende-bsns", "the budget of unknown BSNs"


@pytest.mark.regel("D10")
async def test_one_key_with_several_bsns_at_once_asks_the_brp_about_one_and_tells_nothing_of_the_others(
    wereld: Any, key: str
) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    bsns = ["999990019", "999970021", "999971207", "999970033"]
    wereld.refs |= {bsn: uuid4() for bsn in bsns}
    answer = json.loads(wereld.verwijzing.return_value.content)

    async def given(request: httpx.Request) -> httpx.Response:
        ref = wereld.refs[json.loads(request.content)["bsn"]]
        return httpx.Response(200, json=answer | {"persoonRef": str(ref)})

    wereld.verwijzing.mock(side_effect=given)
    bodies = [{"bsn": bsn, "duur": "P1Y"} for bsn in bsns]
    answers = await asyncio.gather(*(wereld.geef_af(wie, key=key, body=each) for each in bodies))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"idempotency-key-hergebruikt"}
    assert wereld.verwijzing.call_count == 1


async def test_ten_requests_at_once_with_one_key_get_one_answer(wereld: Any, key: str) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige()
    answers = await asyncio.gather(*(wereld.geef_af(wie, key=key) for _ in range(10)))
    assert {each.text for each in answers} == {answers[0].text}
    assert answers[0].status_code == 201
    assert await wereld.aantal_signalen(ref) == 1
    assert wereld.verwijzing.call_count == 1


async def test_keys_of_two_accounts_are_strangers(wereld: Any, key: str) -> None:
    wie, ander = await wereld.professional("Altra"), await wereld.professional("Altra")
    elders = await wereld.professional("De Buurtschool", professional_id=wie.professional_id)
    wereld.jeugdige()
    answers = [await wereld.geef_af(each, key=key) for each in (wie, ander, elders)]
    assert [each.status_code for each in answers] == [201] * 3
    assert len({each.json()["signaalId"] for each in answers}) == 3


@pytest.mark.parametrize(("status", "code"), [(404, "persoon-onbekend"), (503, "brp-niet-beschikbaar")])
async def test_the_key_of_a_request_that_failed_is_free_for_another(
    wereld: Any, key: str, status: int, code: str
) -> None:
    wie = await wereld.professional()
    wereld.geweigerd(status, code)
    assert (await wereld.geef_af(wie, key=key)).json()["code"] == code
    assert (await wereld.geef_af(wie, key=key, body={"bsn": BSN, "duur": "P9Y"})).status_code == 400
    wereld.jeugdige()
    assert (await wereld.geef_af(wie, key=key, body={"bsn": BSN, "duur": "P6M"})).status_code == 201


async def test_a_key_is_the_same_in_upper_and_lower_case(wereld: Any, key: str) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    first = await wereld.geef_af(wie, key=key.upper())
    assert (await wereld.geef_af(wie, key=key)).json() == first.json()


@pytest.mark.regel("D3")
@pytest.mark.parametrize(
    "geen_uuid",
    [
        "999970021",
        "k",
        "",
        "a" * 255,
        "00000000-0000-0000-0000-000000000000",
        "00000000-0000-0000-0000-000999970021",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        UUID(int=4).hex,
        "{6f0bf7a5-0a5c-4a0f-9d9a-3f8f2d3b1c11}",
        "urn:uuid:6f0bf7a5-0a5c-4a0f-9d9a-3f8f2d3b1c11",
        "6f0bf7a5-0a5c-4a0f-9d9a-3f8f2d3b1c11, 6f0bf7a5-0a5c-4a0f-9d9a-3f8f2d3b1c12",
        "6f0bf7a5-0a5c-4a0f-9d9a-3f8f2d3b1c1\u0664".encode(),
    ],
)
async def test_a_key_that_is_no_uuid_is_refused_with_what_to_do_and_not_stored(wereld: Any, geen_uuid: Any) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    headers = {**wie.headers, "Idempotency-Key": geen_uuid}
    refused = await wereld.api.post("/v1/signalen", json=DUUR, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency-key-ongeldig")
    assert "UUID" in refused.json()["detail"]
    assert "999970021" not in refused.text
    assert not wereld.verwijzing.called
    kept = "select count(*) from idempotency where caller = $1"
    assert await wereld.looker.fetchval(kept, wie.account_id) == 0
