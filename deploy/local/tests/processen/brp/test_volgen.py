"""The BRP Update API: whom to follow and who changed, as its OpenAPI and its features have it."""

import functools
import re
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
import yaml
from deploy.local.tests.processen.brp.vragen import ALMENKINDERS, PAD, vraag
from jsonschema import Draft202012Validator, FormatChecker

from lokaal.simulatoren.brp.officieel import SELECTIE
from lokaal.simulatoren.brp.volgen import Volgindicaties

UPDATE = "/haalcentraal/api/brpupdate"
INDICATIES = f"{UPDATE}/volgindicaties"
EEN = f"{INDICATIES}/{ALMENKINDERS}"
ANDER = "999996782"
ONBEKEND = "123456782"
PERSOON = "/_besturing/personen"

OPENAPI = yaml.load((SELECTIE.parent / "brp-update-api-resolved.yaml").read_text("utf-8"), yaml.CSafeLoader)


@functools.cache
def validator(name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": OPENAPI["components"]}
    return Draft202012Validator(schema, format_checker=FormatChecker())


def gelezen(response: httpx.Response, schema: str, status: int = 200) -> dict[str, Any]:
    """The answer, which is one that the OpenAPI has for this status."""
    assert response.status_code == status, response.text
    if status < 400:
        assert response.headers["api-version"] == "1.0.0"
    else:
        assert response.headers["content-type"] == "application/problem+json"
        assert not re.search(r"[0-9]{9}", response.text), "a problem is written down, so it names nobody"
    validator(schema).validate(response.json())
    result: dict[str, Any] = response.json()
    return result


def gewijzigd(client: httpx.Client, **vraag: str) -> list[str]:
    response = client.get(f"{UPDATE}/wijzigingen", params=vraag)
    assert response.headers["content-type"] == "application/hal+json"
    antwoord = gelezen(response, "GewijzigdePersonenHalCollectie")
    assert antwoord["_links"]["self"]["href"].startswith(f"{UPDATE}/wijzigingen")
    found: list[str] = antwoord["burgerservicenummers"]
    return found


def verander(client: httpx.Client, bsn: str) -> None:
    client.put(f"{PERSOON}/{bsn}", json={"naam": {"geslachtsnaam": "Nieuw"}}).raise_for_status()


def test_placed_changed_and_ended(client: httpx.Client) -> None:
    vandaag = date.today()
    morgen = (vandaag + timedelta(days=2)).isoformat()
    gelezen(client.get(EEN), "Foutbericht", 404)
    geplaatst = gelezen(client.put(EEN, json={"einddatum": morgen}), "VolgindicatieRaadplegen", 201)
    assert geplaatst == {
        "burgerservicenummer": ALMENKINDERS,
        "begindatum": geplaatst["begindatum"],
        "einddatum": morgen,
    }
    zonder_einde = gelezen(client.put(EEN, json={}), "VolgindicatieRaadplegen")
    assert zonder_einde == {"burgerservicenummer": ALMENKINDERS, "begindatum": geplaatst["begindatum"]}
    assert gelezen(client.get(EEN), "VolgindicatieRaadplegen") == zonder_einde
    assert gelezen(client.get(INDICATIES), "VolgindicatieCollectie") == {"volgindicaties": [zonder_einde]}
    beeindigd = gelezen(client.put(EEN, json={"einddatum": geplaatst["begindatum"]}), "VolgindicatieRaadplegen")
    assert gelezen(client.get(INDICATIES), "VolgindicatieCollectie") == {"volgindicaties": []}
    assert gelezen(client.get(EEN), "VolgindicatieRaadplegen") == beeindigd
    gelezen(client.put(EEN, json={}), "VolgindicatieRaadplegen", 201)


def test_tells_who_of_the_followed_changed(client: httpx.Client) -> None:
    client.put(EEN, json={}).raise_for_status()
    assert gewijzigd(client) == []
    for bsn in (ALMENKINDERS, ANDER, ALMENKINDERS):
        verander(client, bsn)
    assert gewijzigd(client) == [ALMENKINDERS]
    assert gewijzigd(client, vanaf=(date.today() - timedelta(days=2)).isoformat()) == [ALMENKINDERS]
    assert gewijzigd(client, vanaf=(date.today() + timedelta(days=2)).isoformat()) == []
    client.delete(f"{PERSOON}/{ALMENKINDERS}").raise_for_status()
    assert gewijzigd(client) == [ALMENKINDERS], "who is gone is a change, too"
    assert client.put(EEN, json={"einddatum": "2020-01-01"}).status_code == 200, "and can be left alone"
    assert gewijzigd(client) == []


class Dag:
    """The features of the Update API play on days."""

    def __init__(self) -> None:
        self.vandaag = date(2021, 1, 17)
        self.volgt = Volgindicaties(lambda: self.vandaag)

    def op(self, dag: int, maand: int = 3) -> Volgindicaties:
        self.vandaag = date(2021, maand, dag)
        return self.volgt


def test_a_change_before_the_indication_is_not_told() -> None:
    dag = Dag()
    dag.op(4).gewijzigd("1")
    dag.op(5).zet("1", None)
    assert dag.op(15).wijzigingen(None) == []
    assert dag.op(15).wijzigingen(date(2021, 3, 1)) == []


def test_a_change_before_the_indication_was_taken_up_again_is_not_told() -> None:
    dag = Dag()
    dag.op(17, 1).zet("1", date(2021, 3, 1))
    dag.op(21, 2).gewijzigd("1")
    assert dag.op(5).zet("1", None)[1] is True
    assert dag.op(15).wijzigingen(None) == []


def test_an_indication_that_was_prolonged_in_time_loses_no_change() -> None:
    dag = Dag()
    dag.op(17, 1).zet("1", date(2021, 3, 5))
    dag.op(21, 2).gewijzigd("1")
    assert dag.op(4).zet("1", None)[1] is False
    assert dag.op(15).wijzigingen(None) == ["1"]


def test_nothing_is_told_from_the_day_of_the_end() -> None:
    dag = Dag()
    dag.op(5).zet("1", date(2021, 3, 15))
    dag.op(12).gewijzigd("1")
    assert dag.op(14).wijzigingen(None) == ["1"]
    assert dag.op(15).wijzigingen(None) == []
    assert len(dag.op(15)) == 0


def test_from_the_day_of_the_last_change() -> None:
    dag = Dag()
    dag.op(17, 1).zet("1", None)
    dag.op(4).gewijzigd("1")
    assert dag.op(15).wijzigingen(date(2021, 3, 4)) == ["1"]
    assert dag.op(15).wijzigingen(date(2021, 3, 5)) == []


@pytest.mark.parametrize(
    ("methode", "pad", "inhoud", "fout"),
    [
        ("GET", f"{INDICATIES}/12345678", None, ("burgerservicenummer", "pattern")),
        ("PUT", f"{INDICATIES}/12345678a", {}, ("burgerservicenummer", "pattern")),
        ("PUT", EEN, {"einddatum": "20261122"}, ("einddatum", "date")),
        ("PUT", EEN, {"einddatum": 1}, ("einddatum", "date")),
        ("PUT", EEN, {"begindatum": "2026-11-22"}, ("begindatum", "unknownParam")),
        ("GET", f"{UPDATE}/wijzigingen?vanaf=gisteren", None, ("vanaf", "date")),
        ("GET", f"{UPDATE}/wijzigingen?tot=2026-11-22", None, ("tot", "unknownParam")),
    ],
)
def test_wrong_parameters(client: httpx.Client, methode: str, pad: str, inhoud: Any, fout: tuple[str, str]) -> None:
    geweigerd = gelezen(client.request(methode, pad, json=inhoud), "BadRequestFoutbericht", 400)
    assert [(param["name"], param["code"]) for param in geweigerd["invalidParams"]] == [fout]


def test_refusals_of_the_update_api(brp: Any, client: httpx.Client) -> None:
    gelezen(client.put(f"{INDICATIES}/{ONBEKEND}", json={}), "Foutbericht", 404)
    gelezen(client.put(EEN, content="{", headers={"Content-Type": "application/json"}), "BadRequestFoutbericht", 400)
    gelezen(client.put(EEN, content="{}", headers={"Content-Type": "text/xml"}), "Foutbericht", 415)
    for pad in (INDICATIES, EEN, f"{UPDATE}/wijzigingen"):
        assert gelezen(httpx.get(brp.url + pad), "Foutbericht", 401)["code"] == "authentication"
        gelezen(client.get(pad, headers={"Accept": "text/csv"}), "Foutbericht", 406)
        assert client.get(pad, headers={"Accept": "application/hal+json"}).status_code != 406


def test_fails_as_told_of_one_endpoint(client: httpx.Client) -> None:
    client.put("/_besturing", json={"fout": "503", "aantal": 1, "eindpunt": "wijzigingen"}).raise_for_status()
    assert client.post(PAD, json=vraag(ALMENKINDERS)).status_code == 200
    assert gelezen(client.get(f"{UPDATE}/wijzigingen"), "Foutbericht", 503)["code"] == "notAvailable"
    assert gewijzigd(client) == []
    client.put("/_besturing", json={"fout": "500"}).raise_for_status()
    client.put("/_besturing", json={"fout": "429", "eindpunt": "volgindicaties"}).raise_for_status()
    statussen = [client.put(EEN, json={}).status_code, client.get(f"{UPDATE}/wijzigingen").status_code]
    assert [*statussen, client.post(PAD, json=vraag(ALMENKINDERS)).status_code] == [429, 500, 500]
    client.put("/_besturing", json={"eindpunt": "volgindicaties"}).raise_for_status()
    assert client.put(EEN, json={}).status_code == 500, "an empty order ends what was said of one"
    toestand = client.get("/_besturing").json()
    assert toestand["eindpunten"]["wijzigingen"] == {"totaal": 3, "perStatus": {"503": 1, "200": 1, "500": 1}}
    assert toestand["gevolgd"] == 0


def test_breaks_off_here_too_and_writes_nobody_down(brp: Any, client: httpx.Client) -> None:
    client.put(EEN, json={}).raise_for_status()
    verander(client, ALMENKINDERS)
    assert gewijzigd(client) == [ALMENKINDERS]
    client.put("/_besturing", json={"fout": "breken", "eindpunt": "volgindicaties"}).raise_for_status()
    with pytest.raises(httpx.TransportError):
        client.get(EEN)
    assert not re.search(r"[0-9]{9}", brp.log.read_text())
