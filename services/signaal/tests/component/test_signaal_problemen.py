"""Bad input: each its own problem, in Dutch, with a stable code; nothing is kept and nothing of it repeated."""

from typing import Any
from uuid import uuid4

import pytest

from signaal.entrypoints.http.problems import PROBLEMS

BSN = "999996782"
WITHOUT_BRP = {
    "eleven-test": ({"bsn": "123456789", "duur": "P1Y"}, "bsn-ongeldig"),
    "zeros": ({"bsn": "000000000", "duur": "P1Y"}, "bsn-ongeldig"),
    "eight digits": ({"bsn": "99999678", "duur": "P1Y"}, "bsn-ongeldig"),
    "with dots": ({"bsn": "9999.96.782", "duur": "P1Y"}, "bsn-ongeldig"),
    "other digits": ({"bsn": "\u0669\u0669\u0669\u0669\u0669\u0666\u0667\u0668\u0662", "duur": "P1Y"}, "bsn-ongeldig"),
    "a number": ({"bsn": 999996782, "duur": "P1Y"}, "ongeldige-invoer"),
    "no bsn": ({"duur": "P1Y"}, "ongeldige-invoer"),
    "a reason": ({"bsn": BSN, "duur": "P1Y", "reden": "zorgen"}, "alleen-bsn-en-duur"),
    "a name": ({"bsn": BSN, "duur": "P1Y", "naam": "Piet"}, "alleen-bsn-en-duur"),
    "neither": ({"bsn": BSN}, "einddatum-of-duur"),
    "both": ({"bsn": BSN, "duur": "P1Y", "einddatum": "2027-01-01"}, "einddatum-of-duur"),
    "no duration": ({"bsn": BSN, "duur": "een jaar"}, "duur-ongeldig"),
    "nothing": ({"bsn": BSN, "duur": "P0D"}, "duur-ongeldig"),
    "no date": ({"bsn": BSN, "einddatum": "22-11-2027"}, "ongeldige-invoer"),
    "seconds": ({"bsn": BSN, "einddatum": 1826841600}, "ongeldige-invoer"),
    "yesterday": ({"bsn": BSN, "einddatum": "2026-11-21"}, "einddatum-in-verleden"),
    "today": ({"bsn": BSN, "einddatum": "2026-11-22"}, "einddatum-in-verleden"),
    "a day too far": ({"bsn": BSN, "einddatum": "2028-11-23"}, "einddatum-te-ver"),
    "too long": ({"bsn": BSN, "duur": "P25M"}, "einddatum-te-ver"),
    "an array": ([BSN], "ongeldige-invoer"),
}


@pytest.mark.regel("R004", "R005", "R030", "R060")
@pytest.mark.parametrize("case", WITHOUT_BRP)
async def test_what_is_wrong_whoever_the_youth_is_is_refused_without_the_brp(wereld: Any, case: str) -> None:
    body, code = WITHOUT_BRP[case]
    wie = await wereld.professional()
    answer = await wereld.geef_af(wie, body=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert BSN not in answer.text
    assert not wereld.verwijzing.called


async def test_the_latest_date_allowed_is_named(wereld: Any) -> None:
    answer = await wereld.geef_af(await wereld.professional(), body={"bsn": BSN, "duur": "P3Y"})
    assert answer.json()["laatsteDatum"] == "2028-11-22"
    assert "2028-11-22" in answer.json()["detail"]


@pytest.mark.regel("R022", "R023", "R024", "D10")
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bsn-ongeldig"),
        (404, "persoon-onbekend"),
        (409, "persoon-overleden"),
        (409, "persoon-te-oud"),
        (409, "geboortedatum-onbekend"),
        (409, "bsn-niet-uniek"),
    ],
)
async def test_who_cannot_be_signalled_is_said_in_our_words_and_recorded(wereld: Any, status: int, code: str) -> None:
    wie = await wereld.professional()
    wereld.geweigerd(status, code)
    answer = await wereld.geef_af(wie)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["title"] == PROBLEMS[code].title
    assert await wereld.audit(wie) == [("signaal-afgeven", code)]


@pytest.mark.regel("R024")
async def test_on_the_23rd_birthday_brp_proxy_is_not_taken_at_its_word(wereld: Any) -> None:
    ref = wereld.jeugdige(uiterlijk="2026-11-22")
    answer = await wereld.geef_af(await wereld.professional())
    assert (answer.status_code, answer.json()["code"]) == (409, "persoon-te-oud")
    assert await wereld.aantal_signalen(ref) == 0


@pytest.mark.regel("R035", "R036")
async def test_without_an_account_at_this_organisation_nothing_is_issued(wereld: Any) -> None:
    wie = await wereld.professional("Altra")
    subject = f"p{wie.professional_id.hex}"
    scope = "signalen:afgeven signalen:lezen signalen:afsluiten"
    for claims in ({}, {"organisatie": str(wie.professional_id)}):
        headers = {"Authorization": f"Bearer {wereld.token(subject, rol='professional', scope=scope, **claims)}"}
        for answer in (
            await wereld.api.post(
                "/v1/signalen", json={"bsn": BSN, "duur": "P1Y"}, headers=headers | {"Idempotency-Key": str(uuid4())}
            ),
            await wereld.api.get("/v1/signalen", headers=headers),
            await wereld.api.get(f"/v1/signalen/{wie.account_id}", headers=headers),
            await wereld.api.post(
                f"/v1/signalen/{wie.account_id}/afsluitingen", json={"reden": "niet-meer-betrokken"}, headers=headers
            ),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "account-onbekend")
    assert not wereld.verwijzing.called


@pytest.mark.regel("D16")
async def test_every_route_wants_a_token_with_its_own_scope(wereld: Any) -> None:
    nobody = {"Authorization": f"Bearer {wereld.token('x', rol='beleidsmedewerker', scope='matches:lezen')}"}
    expired = {"Authorization": f"Bearer {wereld.token('x', exp=1_000_000_000)}"}
    ident = "00000000-0000-4000-8000-000000000001"
    routes = [
        ("POST", "/v1/signalen"),
        ("GET", "/v1/signalen"),
        ("GET", f"/v1/signalen/{ident}"),
        ("POST", f"/v1/signalen/{ident}/afsluitingen"),
        ("PUT", f"/v1/professionals/{ident}"),
        ("GET", "/v1/organisaties"),
        ("GET", f"/v1/personen/{ident}/signalen/bestaan"),
        ("POST", "/v1/contactgegevens"),
        ("GET", "/v1/accounts/eigen"),
        ("POST", "/v1/meldadressen"),
        ("POST", "/v1/verhuizingen/ontvangers"),
    ]
    operations = sum(len(path) for path in (await wereld.api.get("/v1/openapi.json")).json()["paths"].values())
    assert len(routes) == operations
    for method, path in routes:
        for headers, status, code in (
            ({}, 401, "niet-ingelogd"),
            (expired, 401, "sessie-verlopen"),
            (nobody, 403, "geen-toegang"),
        ):
            answer = await wereld.api.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (status, code), (method, path)


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b'{"bsn": ', "application/json", 400, "ongeldige-json"),
        (b'{"bsn": "9\\u0000"}', "application/json", 400, "ongeldige-json"),
        (b"x" * 70_000, "application/json", 413, "te-groot"),
        (b"<bsn/>", "text/xml", 415, "verkeerd-mediatype"),
    ],
)
async def test_a_body_that_cannot_be_read(wereld: Any, content: bytes, kind: str, status: int, code: str) -> None:
    wie = await wereld.professional()
    headers = wie.headers | {"Content-Type": kind, "Idempotency-Key": str(uuid4())}
    answer = await wereld.api.post("/v1/signalen", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_without_an_idempotency_key_nothing_is_issued(wereld: Any) -> None:
    wie = await wereld.professional()
    answer = await wereld.api.post("/v1/signalen", json={"bsn": BSN, "duur": "P1Y"}, headers=wie.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-ontbreekt")
    assert not wereld.verwijzing.called
