"""The BRP simulator against the official OpenAPI and the error cases of the official features."""

import functools
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from lokaal.simulatoren.brp.__main__ import OFFICIELE_SELECTIE
from lokaal.simulatoren.brp.leeftijd import leeftijd
from lokaal.simulatoren.brp.personen import Personenbestand
from lokaal.simulatoren.brp.velden import TOEGESTAAN, keuze, projecteer, zonder_leeg

API_KEY = "sleutel-van-de-test"
PAD = "/haalcentraal/api/brp/personen"
ALMENKINDERS = "999996770"
FIELDS = [
    "burgerservicenummer",
    "naam.voornamen",
    "naam.voorvoegsel",
    "naam.geslachtsnaam",
    "naam.volledigeNaam",
    "geboorte.datum",
    "geslacht",
    "verblijfplaats.verblijfadres",
    "verblijfplaats.functieAdres",
    "gemeenteVanInschrijving",
    "ouders.burgerservicenummer",
    "ouders.ouderAanduiding",
    "overlijden.datum",
]
GROEPEN = sorted({pad.split(".")[0] for pad in TOEGESTAAN if not pad.split(".")[0].endswith("Binnenland")})


def _zonder_patronen(schema: Any) -> Any:
    """The official test persons break the patterns of the official schema (names with digits, '?', '@')."""
    if isinstance(schema, dict):
        return {k: _zonder_patronen(v) for k, v in schema.items() if k != "pattern" or not isinstance(v, str)}
    return [_zonder_patronen(item) for item in schema] if isinstance(schema, list) else schema


OPENAPI = yaml.load(
    (OFFICIELE_SELECTIE.parent / "brp-api-personen-2.7.0-resolved.yaml").read_text("utf-8"), yaml.CSafeLoader
)


COMPONENTS = _zonder_patronen(OPENAPI["components"])


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": COMPONENTS}
    return Draft202012Validator(schema, format_checker=FormatChecker())


def validate(name: str, value: object) -> None:
    _validator(name).validate(value)


@pytest.fixture(scope="module")
def brp(start: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    run_dir = tmp_path_factory.mktemp("brp")
    klok = run_dir / "klok"
    klok.write_text("0")
    return start("lokaal.simulatoren.brp", run_dir, BRP_API_KEY=API_KEY, KLOK_BESTAND=str(klok))


@pytest.fixture
def client(brp: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=brp.url, headers={"X-API-KEY": API_KEY}, timeout=10) as http:
        http.delete("/_besturing")
        yield http
        http.delete("/_besturing")


def vraag(*bsns: str, fields: list[str] | None = None, **meer: object) -> dict[str, object]:
    return {
        "type": "RaadpleegMetBurgerservicenummer",
        "burgerservicenummer": list(bsns),
        "fields": fields or FIELDS,
        **meer,
    }


def personen(client: httpx.Client, *bsns: str, **meer: Any) -> list[dict[str, Any]]:
    response = client.post(PAD, json=vraag(*bsns, **meer))
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["x-simulator"] == "brp"
    validate("RaadpleegMetBurgerservicenummerResponse", response.json())
    for persoon in response.json()["personen"]:
        validate("Persoon", persoon)
    result: list[dict[str, Any]] = response.json()["personen"]
    return result


# What is delivered


def test_delivers_exactly_what_is_asked(client: httpx.Client) -> None:
    (persoon,) = personen(client, ALMENKINDERS)
    assert set(persoon) == {
        "burgerservicenummer",
        "naam",
        "geboorte",
        "geslacht",
        "verblijfplaats",
        "gemeenteVanInschrijving",
        "ouders",
    }
    assert persoon["gemeenteVanInschrijving"]["code"] == "0363"
    assert set(persoon["geboorte"]) == {"datum"}
    assert set(persoon["verblijfplaats"]) == {"type", "verblijfadres", "functieAdres"}
    assert {ouder["burgerservicenummer"] for ouder in persoon["ouders"]} == {"999997567", "999997440"}
    assert all(set(ouder) == {"burgerservicenummer", "ouderAanduiding"} for ouder in persoon["ouders"])


@pytest.mark.parametrize(
    ("bsn", "wat"),
    [
        ("999971207", "secret and under 23"),
        ("999995273", "a parent without BSN"),
        ("999970239", "died young"),
        ("999990585", "emigrated"),
        ("999970586", "incomplete birth date"),
        (ALMENKINDERS, "an ordinary youth"),
    ],
)
def test_interesting_persons_whole(client: httpx.Client, bsn: str, wat: str) -> None:
    (persoon,) = personen(client, bsn, fields=GROEPEN)
    match wat:
        case "secret and under 23":
            assert persoon["geheimhoudingPersoonsgegevens"] is True
        case "a parent without BSN":
            assert any("burgerservicenummer" not in ouder for ouder in persoon["ouders"])
            assert persoon["leeftijd"] >= 16
        case "died young":
            assert persoon["opschortingBijhouding"]["reden"]["code"] == "O"
            assert "datum" in persoon["overlijden"]
            assert "leeftijd" not in persoon
        case "emigrated":
            assert persoon["verblijfplaats"]["type"] == "VerblijfplaatsBuitenland"
        case "incomplete birth date":
            assert persoon["geboorte"]["datum"]["type"] != "Datum"
        case _:
            assert "geheimhoudingPersoonsgegevens" not in persoon


def test_automatic_fields_come_unasked(client: httpx.Client) -> None:
    (geheim,) = personen(client, "999971207", fields=["burgerservicenummer"])
    assert geheim == {"burgerservicenummer": "999971207", "geheimhoudingPersoonsgegevens": True}
    (overleden,) = personen(client, "999970239", fields=["burgerservicenummer"])
    assert set(overleden) == {"burgerservicenummer", "opschortingBijhouding"}


def test_unknown_bsn_is_an_empty_list(client: httpx.Client) -> None:
    assert personen(client, "123456782") == []


def test_a_parent_without_the_asked_data_is_an_empty_object(client: httpx.Client) -> None:
    (persoon,) = personen(client, "999995273", fields=["ouders.burgerservicenummer"])
    assert {} in persoon["ouders"]


def test_gemeente_limits_the_answer(client: httpx.Client) -> None:
    assert len(personen(client, ALMENKINDERS, gemeenteVanInschrijving="0363")) == 1
    assert personen(client, ALMENKINDERS, gemeenteVanInschrijving="0518") == []


def test_twenty_at_once_in_the_asked_order(client: httpx.Client) -> None:
    bsns = [p["burgerservicenummer"] for p in json.loads(OFFICIELE_SELECTIE.read_text())["personen"][:20]]
    assert [p["burgerservicenummer"] for p in personen(client, *bsns)] == bsns


@pytest.mark.parametrize("field", ["geboorte.datum.jaar", "geboorte.datum.type", "geboorte.datum"])
def test_a_part_of_a_date_brings_the_whole(client: httpx.Client, field: str) -> None:
    (persoon,) = personen(client, ALMENKINDERS, fields=[field])
    assert set(persoon["geboorte"]["datum"]) == {"type", "datum", "langFormaat"}


def test_a_group_wins_over_its_parts() -> None:
    assert keuze(["naam.voornamen", "naam", "naam.geslachtsnaam"]) == {"naam": None}


def test_every_allowed_path_can_be_asked(client: httpx.Client) -> None:
    paden = list(TOEGESTAAN)
    for begin in range(0, len(paden), 130):
        personen(client, ALMENKINDERS, fields=paden[begin : begin + 130])


def test_the_alias_leaves_out_who_lives_abroad(client: httpx.Client) -> None:
    assert personen(client, "999990585", fields=["verblijfplaatsBinnenland"])[0].keys() == {"opschortingBijhouding"}
    hier = personen(client, ALMENKINDERS, fields=["verblijfplaatsBinnenland.functieAdres"])[0]
    assert set(hier["verblijfplaats"]) == {"type", "functieAdres"}


def test_doubt_is_told_about_asked_fields_only() -> None:
    persoon = {
        "naam": {
            "voornamen": "A",
            "geslachtsnaam": "B",
            "inOnderzoek": {"voornamen": True, "datumIngangOnderzoek": {}},
        },
        "inOnderzoek": {"geslacht": True, "datumIngangOnderzoekPersoon": {}},
    }
    assert projecteer(persoon, keuze(["naam.geslachtsnaam"])) == {"naam": {"geslachtsnaam": "B"}}
    assert projecteer(persoon, keuze(["naam.voornamen"]))["naam"]["inOnderzoek"]["voornamen"] is True
    assert "inOnderzoek" in projecteer(persoon | {"geslacht": {"code": "M"}}, keuze(["geslacht"]))


def test_null_and_false_are_left_out() -> None:
    assert zonder_leeg({"a": None, "b": False, "c": {"d": None}, "ouders": [{"naam": None}]}) == {"ouders": [{}]}


@pytest.mark.parametrize(
    ("geboren", "vandaag", "jaren"),
    [
        ("1996-02-29", date(2016, 2, 28), 19),
        ("1996-02-29", date(2016, 2, 29), 20),
        ("1996-02-29", date(2017, 2, 28), 20),
        ("1996-02-29", date(2017, 3, 1), 21),
    ],
)
def test_age_of_who_was_born_on_29_february(geboren: str, vandaag: date, jaren: int) -> None:
    assert leeftijd({"geboorte": {"datum": {"type": "Datum", "datum": geboren}}}, vandaag) == jaren


@pytest.mark.parametrize(("maand", "jaren"), [(10, 10), (11, None), (12, 9)])
def test_age_without_a_day(maand: int, jaren: int | None) -> None:
    datum = {"type": "JaarMaandDatum", "jaar": 2016, "maand": maand}
    assert leeftijd({"geboorte": {"datum": datum}}, date(2026, 11, 22)) == jaren


def test_age_follows_the_domain_clock(brp: Any, client: httpx.Client) -> None:
    before = personen(client, ALMENKINDERS, fields=["leeftijd"])[0]["leeftijd"]
    (brp.run_dir / "klok").write_text(str(366 * 86_400))
    try:
        assert personen(client, ALMENKINDERS, fields=["leeftijd"])[0]["leeftijd"] == before + 1
    finally:
        (brp.run_dir / "klok").write_text("0")


# What is refused


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


# What it can be told


@pytest.mark.parametrize(
    ("fout", "code"),
    [
        ("503", "notAvailable"),
        ("500", "serverError"),
        ("429", "tooManyRequests"),
        ("403", "autorisation"),
        ("401", "authentication"),
    ],
)
def test_told_to_fail_a_number_of_times(client: httpx.Client, fout: str, code: str) -> None:
    client.put("/_besturing", json={"fout": fout, "aantal": 2}).raise_for_status()
    antwoorden = [client.post(PAD, json=vraag(ALMENKINDERS)) for _ in range(3)]
    assert [a.status_code for a in antwoorden] == [int(fout), int(fout), 200]
    assert antwoorden[0].json()["code"] == code
    validate("Foutbericht", antwoorden[0].json())
    toestand = client.get("/_besturing").json()
    assert toestand["fout"] is None
    assert toestand["aanroepen"] == {
        "totaal": 3,
        "perStatus": {fout: 2, "200": 1},
        "personenGevraagd": 1,
        "personenGeleverd": 1,
    }


def test_told_to_break_off(client: httpx.Client) -> None:
    client.put("/_besturing", json={"fout": "breken", "aantal": 1}).raise_for_status()
    with pytest.raises(httpx.TransportError):
        client.post(PAD, json=vraag(ALMENKINDERS))
    assert len(personen(client, ALMENKINDERS)) == 1


def test_told_to_be_slow(client: httpx.Client) -> None:
    client.put("/_besturing", json={"vertragingMs": 400}).raise_for_status()
    with pytest.raises(httpx.ReadTimeout):
        client.post(PAD, json=vraag(ALMENKINDERS), timeout=0.1)
    assert client.post(PAD, json=vraag(ALMENKINDERS)).elapsed.total_seconds() >= 0.4


def test_told_to_lie(client: httpx.Client) -> None:
    nieuw = {"burgerservicenummer": "999990020", "geslacht": {"code": "V", "omschrijving": "vrouw"}, "leeg": None}
    assert client.put("/_besturing/personen/999990020", json=nieuw).status_code == 204
    assert personen(client, "999990020", fields=["burgerservicenummer", "geslacht", "naam"]) == [
        {"burgerservicenummer": "999990020", "geslacht": {"code": "V", "omschrijving": "vrouw"}}
    ]
    overlijden = {
        "overlijden": {"datum": {"type": "Datum", "datum": "2026-11-01", "langFormaat": "1 november 2026"}},
        "opschortingBijhouding": {"reden": {"code": "O", "omschrijving": "overlijden"}},
        "ouders": [{"burgerservicenummer": "999999126"}],
        "verblijfplaats": {"functieAdres": None},
    }
    assert client.put(f"/_besturing/personen/{ALMENKINDERS}", json=overlijden).status_code == 204
    (persoon,) = personen(client, ALMENKINDERS)
    assert persoon["overlijden"]["datum"]["datum"] == "2026-11-01"
    assert persoon["ouders"] == [{"burgerservicenummer": "999999126"}]
    assert set(persoon["verblijfplaats"]) == {"type", "verblijfadres"}
    assert client.delete(f"/_besturing/personen/{ALMENKINDERS}").status_code == 204
    assert personen(client, ALMENKINDERS) == []
    assert client.delete("/_besturing").status_code == 204
    assert "overlijden" not in personen(client, ALMENKINDERS)[0]
    assert personen(client, "999990020") == []


@pytest.mark.parametrize("reden", ["F", "W"])
def test_removed_lists_look_unknown(client: httpx.Client, reden: str) -> None:
    client.put(f"/_besturing/personen/{ALMENKINDERS}", json={"opschortingBijhouding": {"reden": {"code": reden}}})
    assert personen(client, ALMENKINDERS) == []


@pytest.mark.parametrize("opdracht", [{"fout": "418"}, {"aantal": 0}, {"iets": 1}, {"vertragingMs": -1}, []])
def test_control_call_not_understood(client: httpx.Client, opdracht: object) -> None:
    response = client.put("/_besturing", json=opdracht)
    assert (response.status_code, response.json()["code"]) == (400, "opdrachtOnjuist")
    assert client.get("/_besturing").json()["fout"] is None


def test_control_call_takes_json_only(client: httpx.Client) -> None:
    response = client.put("/_besturing", content='{"fout":"503"}', headers={"Content-Type": "text/plain"})
    assert response.status_code == 415
    assert client.put("/_besturing/personen/999996770", json=["x"]).status_code == 400
    assert client.put("/_besturing/personen/999990020", json={"naam": {}}).status_code == 404


# The process


def test_says_that_it_is_a_simulator(client: httpx.Client) -> None:
    assert client.get("/").json()["simulator"] is True
    assert client.get("/").json()["personen"] == 395


def test_writes_no_personal_data(brp: Any, client: httpx.Client) -> None:
    personen(client, ALMENKINDERS)
    client.put(f"/_besturing/personen/{ALMENKINDERS}", json={"naam": {"geslachtsnaam": "Kanarie"}})
    client.put("/_besturing", json={"fout": "breken", "aantal": 1})
    with pytest.raises(httpx.TransportError):
        client.post(PAD, json=vraag(ALMENKINDERS))
    log = brp.log.read_text()
    assert "proces_gestart" in log
    assert not re.search(r"[0-9]{9}", log)
    assert "Kanarie" not in log


def test_takes_the_whole_official_set_and_any_file(start: Any, tmp_path: Path) -> None:
    voorbeelden = json.loads(OFFICIELE_SELECTIE.read_text())["personen"]
    velen = [{**voorbeelden[i % 395], "burgerservicenummer": f"{100_000_000 + i}"} for i in range(1_176)]
    bestand = tmp_path / "personen.json"
    bestand.write_text(json.dumps({"personen": velen}))
    proces = start("lokaal.simulatoren.brp", tmp_path, BRP_API_KEY=API_KEY, PERSONEN=str(bestand))
    assert httpx.get(proces.url).json()["personen"] == 1_176
    with httpx.Client(base_url=proces.url, headers={"X-API-KEY": API_KEY}) as client:
        assert len(personen(client, "100001175")) == 1
    assert proces.stop() == 0
    assert "proces_gestopt" in proces.log.read_text()


def test_a_removed_list_does_not_hide_the_good_one(tmp_path: Path) -> None:
    weg = {"burgerservicenummer": "999990020", "opschortingBijhouding": {"reden": {"code": "W"}}}
    goed = {"burgerservicenummer": "999990020", "naam": {"geslachtsnaam": "Rafi"}}
    for volgorde in ([weg, goed], [goed, weg]):
        (tmp_path / "p.json").write_text(json.dumps({"personen": volgorde}))
        assert Personenbestand.lees(tmp_path / "p.json").zoek("999990020") == goed


@pytest.mark.parametrize("inhoud", ["", "{}", "[]", '{"personen": ["x"]}'])
def test_a_wrong_file_ends_it_with_one_line(run_to_end: Any, tmp_path: Path, inhoud: str) -> None:
    bestand = tmp_path / "p.json"
    bestand.write_text(inhoud)
    done = run_to_end("lokaal.simulatoren.brp", BRP_API_KEY="x", PERSONEN=str(bestand))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("PERSONEN: ")
