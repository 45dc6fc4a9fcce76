"""What the BRP simulator refuses: the error cases of the official features."""

import json
from typing import Any

import httpx
import pytest
from deploy.local.tests.processen.brp.vragen import ALMENKINDERS, PAD, validate, vraag


def assert_bad_request(response: httpx.Response, *params: tuple[str, str, str]) -> None:
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "https://datatracker.ietf.org/doc/html/rfc7231#section-6.5.1",
        "title": "Een of meerdere parameters zijn niet correct.",
        "status": 400,
        "detail": f"De foutieve parameter(s) zijn: {', '.join(name for name, _, _ in params)}.",
        "instance": PAD,
        "code": "paramsValidation",
        "invalidParams": [{"name": name, "code": code, "reason": reason} for name, code, reason in params],
    }


BSN_PATROON = "Waarde voldoet niet aan patroon ^[0-9]{9}$."


FIELD_PATROON = r"Waarde voldoet niet aan patroon ^[a-zA-Z0-9\._]{1,200}$."


BSN, VELDEN = "burgerservicenummer", "fields"


@pytest.mark.parametrize(
    ("wijziging", "params"),
    [
        ({BSN: None}, [(BSN, "required", "Parameter is verplicht.")]),
        ({BSN: []}, [(BSN, "minItems", "Array bevat minder dan 1 items.")]),
        ({BSN: "999994086,999994086"}, [(BSN, "array", "Parameter is geen array.")]),
        ({BSN: ["12345678"]}, [(f"{BSN}[0]", "pattern", BSN_PATROON)]),
        ({BSN: ["123456789\n"]}, [(f"{BSN}[0]", "pattern", BSN_PATROON)]),
        ({BSN: [123456782]}, [(f"{BSN}[0]", "pattern", BSN_PATROON)]),
        (
            {BSN: ["1234567890", "123456789", "1234567890"]},
            [(f"{BSN}[0]", "pattern", BSN_PATROON), (f"{BSN}[2]", "pattern", BSN_PATROON)],
        ),
        ({BSN: ["999996770"] * 21}, [(BSN, "maxItems", "Array bevat meer dan 20 items.")]),
        ({VELDEN: None}, [(VELDEN, "required", "Parameter is verplicht.")]),
        ({VELDEN: []}, [(VELDEN, "minItems", "Array bevat minder dan 1 items.")]),
        ({VELDEN: "naam,geslacht"}, [(VELDEN, "array", "Parameter is geen array.")]),
        ({VELDEN: ["naam"] * 131}, [(VELDEN, "maxItems", "Array bevat meer dan 130 items.")]),
        ({VELDEN: ["a*nummer"]}, [("fields[0]", "pattern", FIELD_PATROON)]),
        ({VELDEN: [""]}, [("fields[0]", "pattern", FIELD_PATROON)]),
        ({VELDEN: ["anummer"]}, [("fields[0]", "fields", "Parameter bevat een niet bestaande veldnaam.")]),
        (
            {VELDEN: ["naam", "opschortingBijhouding.reden.omschrijving"]},
            [("fields[1]", "fields", "Parameter bevat een niet toegestane veldnaam.")],
        ),
        (
            {VELDEN: ["naam.inOnderzoek.voornamen"]},
            [("fields[0]", "fields", "Parameter bevat een niet toegestane veldnaam.")],
        ),
        (
            {"gemeenteVanInschrijving": "123"},
            [("gemeenteVanInschrijving", "pattern", "Waarde voldoet niet aan patroon ^[0-9]{4}$.")],
        ),
        ({"bestaatNiet": "x"}, [("bestaatNiet", "unknownParam", "Parameter is niet verwacht.")]),
        ({"type": None}, [("type", "required", "Parameter is verplicht.")]),
        ({"type": "OnbekendZoekType"}, [("type", "value", "Waarde is geen geldig zoek type.")]),
        (
            {BSN: ["1"], VELDEN: ["anummer"], "bestaatNiet": "x"},
            [
                (f"{BSN}[0]", "pattern", BSN_PATROON),
                ("fields[0]", "fields", "Parameter bevat een niet bestaande veldnaam."),
                ("bestaatNiet", "unknownParam", "Parameter is niet verwacht."),
            ],
        ),
    ],
)
def test_wrong_parameters(
    client: httpx.Client, wijziging: dict[str, object], params: list[tuple[str, str, str]]
) -> None:
    body = {k: v for k, v in (vraag(ALMENKINDERS) | wijziging).items() if v is not None}
    assert_bad_request(client.post(PAD, json=body), *params)


def test_empty_body_and_broken_json(client: httpx.Client) -> None:
    assert_bad_request(client.post(PAD), ("type", "required", "Parameter is verplicht."))
    for broken in ("{", "[]", '"x"'):
        response = client.post(PAD, content=broken, headers={"Content-Type": "application/json"})
        assert (response.status_code, response.json()["code"]) == (400, "paramsValidation")


def test_other_kinds_of_question_are_not_for_this_caller(client: httpx.Client) -> None:
    body = {"type": "ZoekMetPostcodeEnHuisnummer", "postcode": "1011PN", "huisnummer": 1, "fields": ["naam"]}
    response = client.post(PAD, json=body)
    assert (response.status_code, response.json()["code"]) == (403, "autorisation")
    validate("Foutbericht", response.json())


@pytest.mark.parametrize("key", [None, "", "verkeerd"])
def test_without_the_right_key(brp: Any, key: str | None) -> None:
    headers = {} if key is None else {"X-API-KEY": key}
    response = httpx.post(brp.url + PAD, json=vraag(ALMENKINDERS), headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "authentication")
    assert response.json()["title"] == "Niet correct geauthenticeerd."
    validate("Foutbericht", response.json())


@pytest.mark.parametrize(
    "media_type", ["application/xml", "text/csv", "application/json; charset=cp1252", "*/*", "*/*;charset=utf-8"]
)
def test_content_type_refused(client: httpx.Client, media_type: str) -> None:
    response = client.post(PAD, content=json.dumps(vraag(ALMENKINDERS)), headers={"Content-Type": media_type})
    assert response.status_code == 415
    assert response.json() == {
        "type": "https://datatracker.ietf.org/doc/html/rfc7231#section-6.5.13",
        "title": "Media Type wordt niet ondersteund.",
        "status": 415,
        "detail": "Ondersteunde content type: application/json; charset=utf-8.",
        "instance": PAD,
        "code": "unsupportedMediaType",
    }


@pytest.mark.parametrize("media_type", ["", "application/json", "application/json;charset=Utf-8"])
def test_content_type_taken(client: httpx.Client, media_type: str) -> None:
    response = client.post(PAD, content=json.dumps(vraag(ALMENKINDERS)), headers={"Content-Type": media_type})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/xml", 406),
        ("application/json; charset=cp1252", 406),
        ("", 200),
        ("*/*;charset=UTF-8", 200),
        ("application/json; charset=UTF-8", 200),
    ],
)
def test_accept(client: httpx.Client, accept: str, status: int) -> None:
    response = client.post(PAD, json=vraag(ALMENKINDERS), headers={"Accept": accept})
    assert response.status_code == status
    if status == 406:
        assert response.json()["code"] == "notAcceptable"
        assert response.json()["title"] == "Gevraagde content type wordt niet ondersteund."
