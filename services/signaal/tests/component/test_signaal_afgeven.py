"""POST /v1/signalen: what is stored, told and answered."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from platformkit.http.namens import NamensReader

KEY = str(uuid4())


@pytest.mark.regel("R030", "R033", "R036", "D10")
async def test_a_signal_is_issued_and_the_answer_tells_nothing_of_the_youth(wereld: Any) -> None:
    wie = await wereld.professional("Altra", "0439")
    wereld.jeugdige(woongemeente="0479")
    answer = await wereld.geef_af(wie)
    assert answer.status_code == 201
    body = answer.json()
    assert answer.headers["location"] == f"/v1/signalen/{body['signaalId']}"
    assert body == {
        "signaalId": body["signaalId"],
        "status": "actief",
        "begindatum": "2026-11-22",
        "einddatum": "2027-11-22",
        "afgegevenOp": "2026-11-22T11:00:00Z",
        "organisatie": "Altra",
        "locatie": "Purmerend",
        "convenant": "regio-amsterdam",
        "ingekort": False,
        "toelichting": None,
    }


@pytest.mark.regel("D10")
async def test_a_youth_whom_others_signalled_gets_the_same_answer_by_the_same_calls(wereld: Any) -> None:
    first, second = await wereld.professional(), await wereld.professional()
    ref = wereld.jeugdige()
    unknown = (await wereld.geef_af(first)).json()
    wereld.jeugdige(ref)
    known = (await wereld.geef_af(second)).json()
    assert {**unknown, "signaalId": ""} == {**known, "signaalId": ""}
    assert wereld.verwijzing.call_count == 2


@pytest.mark.regel("R003", "R005", "R255", "R264", "R265")
async def test_it_is_told_with_its_whole_state_and_counted_by_class(wereld: Any) -> None:
    wie = await wereld.professional("Altra", "0439")
    ref = wereld.jeugdige(woongemeente="0457")
    signaal_id = (await wereld.geef_af(wie)).json()["signaalId"]
    (afgegeven, geteld) = await wereld.events(signaal_id)
    assert afgegeven[:2] == ("afgegeven", 1)
    told = afgegeven[2]
    assert (told["persoonRef"], told["account"], told["professional"]) == (
        str(ref),
        str(wie.account_id),
        str(wie.professional_id),
    )
    assert (told["gemeente"], told["convenant"], told["organisatiesoort"]) == ("0363", "regio-amsterdam", "jeugdhulp")
    assert (told["bron"], told["landelijk"], told["status"], told["reden"]) == ("portaal", True, "actief", None)
    assert geteld == (
        "geteld",
        1,
        {
            "signaalId": signaal_id,
            "leeftijdsgroep": "4-12",
            "geslacht": "V",
            "woonklasse": "gemeente",
            "woongemeente": "0363",
            "organisatie": str(wie.organisatie),
            "week": "2026-W47",
        },
    )
    kept = await wereld.looker.fetchrow("select * from signaal_telling where signaal = $1", UUID(signaal_id))
    assert (kept["woonklasse"], kept["woongemeente"], kept["week"]) == ("gemeente", "0363", "2026-W47")


@pytest.mark.regel("D18")
@pytest.mark.parametrize(
    ("anders", "klasse"),
    [
        ({"woongemeente": None, "geheim": True}, "geheim-of-onbekend"),
        ({"woongemeente": None}, "geheim-of-onbekend"),
        ({"woongemeente": "0599"}, "buiten-regio"),
    ],
)
async def test_a_secret_unknown_or_far_address_is_accepted(wereld: Any, anders: dict[str, Any], klasse: str) -> None:
    wie = await wereld.professional("Altra", "0439")
    wereld.jeugdige(**anders)
    signaal_id = (await wereld.geef_af(wie)).json()["signaalId"]
    afgegeven, geteld = await wereld.events(signaal_id)
    assert (geteld[2]["woonklasse"], geteld[2]["woongemeente"]) == (klasse, None)
    assert afgegeven[2]["gemeente"] == "0439"


@pytest.mark.regel("R231")
async def test_a_signal_of_the_kinderopvang_does_not_go_to_the_national_index(wereld: Any) -> None:
    wie = await wereld.professional("Norlandia Kinderopvang")
    wereld.jeugdige()
    signaal_id = (await wereld.geef_af(wie)).json()["signaalId"]
    assert (await wereld.events(signaal_id))[0][2]["landelijk"] is False


async def test_a_source_system_is_named_as_such(wereld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wie = await wereld.professional(rol="bronsysteem")
    wereld.jeugdige()
    assert (await wereld.geef_af(wie)).status_code == 403, "not yet, says the table"
    monkeypatch.setattr("platformkit.http.auth.mag", lambda *_: True)
    signaal_id = (await wereld.geef_af(wie)).json()["signaalId"]
    assert (await wereld.events(signaal_id))[0][2]["bron"] == "bronsysteem"


@pytest.mark.regel("R025")
async def test_past_the_23rd_birthday_it_is_shortened_and_said_in_dutch(wereld: Any) -> None:
    wie = await wereld.professional()
    wereld.jeugdige(uiterlijk="2027-03-01")
    body = (await wereld.geef_af(wie)).json()
    assert (body["einddatum"], body["ingekort"]) == ("2027-03-01", True)
    assert "01-03-2027" in body["toelichting"]
    assert "23" in body["toelichting"]


@pytest.mark.regel("R061")
async def test_an_einddatum_may_be_given_instead(wereld: Any) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    answer = await wereld.geef_af(wie, body={"bsn": "999996782", "einddatum": "2026-11-23"})
    assert answer.json()["einddatum"] == "2026-11-23"


async def test_brp_proxy_is_told_the_purpose_and_on_whose_behalf(wereld: Any) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    await wereld.geef_af(wie)
    request = wereld.verwijzing.calls.last.request
    reader = NamensReader("brp-proxy", wereld.sleutels / "sleutels.json")
    told = reader.read(request.headers["namens"], "signaal", "POST /v1/persoonsverwijzingen")
    assert (told.subject, told.role, told.organisation) == (wie.subject, "professional", wie.organisatie)
    assert wie.token not in str(request.headers), "it stays here"
    assert request.headers["authorization"] == "Bearer own"
    assert request.content == b'{"bsn":"999996782","doel":"signaal"}'


@pytest.mark.regel("D18")
async def test_a_second_own_signal_is_refused_and_leaves_a_trace(wereld: Any) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige()
    await wereld.geef_af(wie)
    second = await wereld.geef_af(wie)
    assert (second.status_code, second.json()["code"]) == (409, "signaal-bestaat-al")
    assert await wereld.aantal_signalen(ref) == 1
    assert await wereld.audit(wie) == [("signaal-afgeven", "ok"), ("signaal-afgeven", "signaal-bestaat-al")]


@pytest.mark.regel("D18", "R047", "R048")
async def test_the_same_person_may_signal_from_another_organisation_and_so_may_a_colleague(wereld: Any) -> None:
    wie = await wereld.professional("Altra")
    elders = await wereld.professional("De Buurtschool", professional_id=wie.professional_id)
    collega = await wereld.professional("Altra")
    ref = wereld.jeugdige()
    assert [(await wereld.geef_af(each)).status_code for each in (wie, elders, collega)] == [201, 201, 201]
    assert await wereld.aantal_signalen(ref) == 3


@pytest.mark.regel("R069")
async def test_an_expired_signal_that_nobody_swept_blocks_nothing(wereld: Any) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige()
    await wereld.geef_af(wie, body={"bsn": "999996782", "duur": "P1W"})
    wereld.klok.forward(timedelta(days=7))
    wereld.jeugdige(ref)
    assert (await wereld.geef_af(wie)).status_code == 201


@pytest.mark.regel("R069")
async def test_after_closing_a_new_signal_may_be_issued(wereld: Any) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    first = (await wereld.geef_af(wie)).json()["signaalId"]
    await wereld.sluit(wie, first)
    assert (await wereld.geef_af(wie)).status_code == 201


@pytest.mark.regel("D18")
async def test_ten_requests_at_once_make_one_signal(wereld: Any) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige()
    answers = await asyncio.gather(*(wereld.geef_af(wie) for _ in range(10)))
    assert sorted(each.status_code for each in answers) == [201] + [409] * 9
    assert await wereld.aantal_signalen(ref) == 1


@pytest.mark.regel("D1")
async def test_a_reference_older_than_five_minutes_is_refused_and_nothing_is_kept(wereld: Any) -> None:
    wie = await wereld.professional()
    ref = wereld.jeugdige()
    wereld.klok.forward(timedelta(minutes=5, seconds=1))
    late = await wereld.geef_af(wie, key=KEY)
    assert (late.status_code, late.headers["retry-after"]) == (503, "5")
    assert await wereld.aantal_signalen(ref) == 0
    wereld.jeugdige(ref)
    assert (await wereld.geef_af(wie, key=KEY)).status_code == 201


@pytest.mark.regel("D18", "O7")
@pytest.mark.parametrize(
    ("antwoord", "status", "code"),
    [
        (httpx.Response(503, json={"code": "brp-niet-beschikbaar"}, headers={"Retry-After": "7"}), 503, "brp-niet-beschikbaar"),
        (httpx.Response(503, json={"code": "tijdelijk-niet-beschikbaar"}), 503, "tijdelijk-niet-beschikbaar"),
        (httpx.Response(500, json={"code": "interne-fout"}), 503, "tijdelijk-niet-beschikbaar"),
        (httpx.Response(429, json={"code": "te-veel-verzoeken"}), 503, "tijdelijk-niet-beschikbaar"),
        (httpx.Response(502, text="<html>"), 503, "tijdelijk-niet-beschikbaar"),
        (httpx.Response(403, json={"code": "geen-toegang"}), 503, "tijdelijk-niet-beschikbaar"),
        (httpx.Response(404, json={"code": "niet-gevonden"}), 503, "tijdelijk-niet-beschikbaar"),
        (httpx.Response(200, json={"persoonRef": "x"}), 503, "tijdelijk-niet-beschikbaar"),
        (httpx.Response(401, json={"code": "niet-ingelogd"}), 503, "tijdelijk-niet-beschikbaar"),
        (httpx.Response(401, json={"code": "sessie-verlopen"}), 503, "tijdelijk-niet-beschikbaar"),
        (httpx.ConnectError("away"), 503, "tijdelijk-niet-beschikbaar"),
        (httpx.ReadTimeout("silent"), 503, "tijdelijk-niet-beschikbaar"),
    ],
)  # fmt: skip
async def test_what_went_wrong_is_told_as_what_it_is_and_the_key_stays_free(
    wereld: Any, antwoord: httpx.Response | Exception, status: int, code: str
) -> None:
    """The BRP away is one thing; brp-proxy away, or what is between it and us (D17), another."""
    wie = await wereld.professional()
    wereld.verwijzing.mock(side_effect=[antwoord] * 2)
    answer = await wereld.geef_af(wie, key=KEY)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "retry-after" in answer.headers
    assert "Registratie" not in answer.text or code == "brp-niet-beschikbaar"
    wereld.verwijzing.side_effect = None
    wereld.jeugdige()
    assert (await wereld.geef_af(wie, key=KEY)).status_code == 201


async def test_a_slow_brp_proxy_is_given_up(wereld: Any) -> None:
    wie = await wereld.professional()

    async def slow(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        return httpx.Response(200)

    wereld.verwijzing.mock(side_effect=slow)
    answer = await wereld.geef_af(wie)
    assert (answer.status_code, answer.json()["code"]) == (503, "tijdelijk-niet-beschikbaar")


async def test_no_bsn_is_kept_anywhere(wereld: Any) -> None:
    wie = await wereld.professional()
    wereld.jeugdige()
    await wereld.geef_af(wie, key=KEY)
    tables = await wereld.looker.fetch("select tablename from pg_tables where schemaname = 'public'")
    for table in tables:
        rows = await wereld.looker.fetch(f"select * from {table['tablename']}")
        assert "999996782" not in repr([tuple(row) for row in rows])
