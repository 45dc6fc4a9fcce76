"""Every wrong input gets its own problem, in Dutch, that says what to do; and nothing is kept."""

from uuid import uuid4

import pytest
from driver import Driver

from lokaal.token import token
from platformkit.testing import eventually

KNOWN = "999996782"
CASES = {
    "fails the eleven-test": ({"bsn": "123456789", "duur": "P1Y"}, 400, "bsn-ongeldig"),
    "eight digits": ({"bsn": "99999678", "duur": "P1Y"}, 400, "bsn-ongeldig"),
    "unknown in the BRP": ({"bsn": "999999096", "duur": "P1Y"}, 404, "persoon-onbekend"),
    "deceased": ({"bsn": "999970239", "duur": "P1Y"}, 409, "persoon-overleden"),
    "23 or older": ({"bsn": "000009957", "duur": "P1Y"}, 409, "persoon-te-oud"),
    "end date in the past": ({"bsn": KNOWN, "einddatum": "2020-01-01"}, 400, "einddatum-in-verleden"),
    "end date too far": ({"bsn": KNOWN, "einddatum": "2999-01-01"}, 400, "einddatum-te-ver"),
    "duration too long": ({"bsn": KNOWN, "duur": "P3Y"}, 400, "einddatum-te-ver"),
    "no duration at all": ({"bsn": KNOWN}, 400, "einddatum-of-duur"),
    "both": ({"bsn": KNOWN, "duur": "P1Y", "einddatum": "2027-01-01"}, 400, "einddatum-of-duur"),
    "not a duration": ({"bsn": KNOWN, "duur": "een jaar"}, 400, "duur-ongeldig"),
    "a reason (R004)": ({"bsn": KNOWN, "duur": "P1Y", "reden": "zorgen"}, 400, "alleen-bsn-en-duur"),
    "a name (R030)": ({"bsn": KNOWN, "duur": "P1Y", "naam": "Piet"}, 400, "alleen-bsn-en-duur"),
}


@pytest.mark.system
@pytest.mark.regel("R004", "R005", "R024", "R030", "R060")
@pytest.mark.parametrize("case", CASES)
def test_wrong_signal_is_refused_with_what_to_do(driver: Driver, case: str) -> None:
    body, status, code = CASES[case]
    answer = driver.http.post(
        driver.url("signaal", "/v1/signalen"),
        json=body,
        headers={**driver.bearer(f"Bad Input {case}"), "Idempotency-Key": str(uuid4())},
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["api-version"]
    assert len(answer.json()["detail"]) > 20
    assert body["bsn"] not in answer.text
    mine = driver.http.get(driver.url("signaal", "/v1/signalen"), headers=driver.bearer(f"Bad Input {case}"))
    assert mine.json()["items"] == []


@pytest.mark.system
def test_without_a_valid_token_nothing_is_told(driver: Driver) -> None:
    url = driver.url("signaal", "/v1/signalen")
    stack_json = driver.stack.run_dir / "stack.json"
    wrong_role = token(stack_json, "Bella Beleid", "beleidsmedewerker", None)
    for headers, status, code in (
        ({}, 401, "niet-ingelogd"),
        ({"Authorization": "Bearer nonsense"}, 401, "niet-ingelogd"),
        ({"Authorization": f"Bearer {wrong_role}"}, 403, "geen-toegang"),
    ):
        answer = driver.http.get(url, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.system
def test_requests_that_are_no_requests(driver: Driver) -> None:
    url = driver.url("signaal", "/v1/signalen")
    headers = {**driver.bearer("Broken Json"), "Idempotency-Key": str(uuid4())}
    json_headers = {**headers, "Content-Type": "application/json"}
    for content, sent, status, code in (
        (b'{"bsn": ', json_headers, 400, "ongeldige-json"),
        (b"x" * 70_000, json_headers, 413, "te-groot"),
        (b"<bsn/>", {**headers, "Content-Type": "text/xml"}, 415, "verkeerd-mediatype"),
        (
            b'{"bsn":"999996782","duur":"P1Y"}',
            {**driver.bearer("Broken Json"), "Content-Type": "application/json"},
            400,
            "idempotency-key-ontbreekt",
        ),
    ):
        answer = driver.http.post(url, content=content, headers=sent)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


@pytest.mark.system
@pytest.mark.regel("D18")
def test_a_second_own_signal_is_refused_and_the_same_key_gives_the_same_answer(driver: Driver) -> None:
    key = str(uuid4())
    first = driver.signal("Lotte Zes", KNOWN, key=key)
    again = driver.signal("Lotte Zes", KNOWN, key=key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    second = driver.signal("Lotte Zes", KNOWN)
    assert (second.status_code, second.json()["code"]) == (409, "signaal-bestaat-al")
    other = driver.signal("Lotte Zes", KNOWN, key=key, duur="P6M")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-hergebruikt")


@pytest.mark.system
@pytest.mark.regel("R025")
def test_a_signal_past_the_23rd_birthday_is_shortened_and_said(driver: Driver) -> None:
    # Almenkinders, born 2004 or later: the eldest test youth below 23 reaches it within two years.
    answer = driver.signal("Mees Zeven", "999997464", duur="P2Y")
    assert answer.status_code == 201, answer.text
    assert answer.json()["ingekort"] is True
    assert "23" in answer.json()["toelichting"]


@pytest.mark.system
@pytest.mark.regel("D18", "O7")
@pytest.mark.parametrize("fault", [{"fout": "503"}, {"fout": "500"}, {"vertragingMs": 8000}])
def test_with_the_brp_away_nothing_is_kept(driver: Driver, fault: dict[str, object]) -> None:
    name, key = f"Nora {fault}", str(uuid4())
    driver.brp(**fault)
    try:
        refused = driver.signal(name, KNOWN, key=key)
    finally:
        driver.brp()
    assert refused.status_code == 503, refused.text
    assert refused.headers["retry-after"]
    assert refused.json()["code"] == "brp-niet-beschikbaar"
    mine = driver.http.get(driver.url("signaal", "/v1/signalen"), headers=driver.bearer(name))
    assert mine.json()["items"] == []
    assert eventually(lambda: driver.signal(name, KNOWN, key=key), "again").status_code == 201


@pytest.mark.system
@pytest.mark.regel("D3", "D10")
def test_with_the_brp_away_a_used_key_gives_its_answer_again_and_tells_nothing_of_others(driver: Driver) -> None:
    name, key = "Nora Opnieuw", str(uuid4())
    first = driver.signal(name, KNOWN, key=key)
    driver.brp(fout="503")
    try:
        again = driver.signal(name, KNOWN, key=key.upper())
        others = [driver.signal(name, bsn, key=key) for bsn in ("999970021", "999999096", "000009957")]
    finally:
        driver.brp()
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert [(each.status_code, each.json()["code"]) for each in others] == [(409, "idempotency-key-hergebruikt")] * 3
    assert others[0].json() == others[1].json() == others[2].json()
