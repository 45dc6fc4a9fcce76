"""What the BRP simulator can be told: to fail, to break off, to be slow, to lie."""

import json

import httpx
import pytest
from deploy.local.tests.processen.brp.vragen import ALMENKINDERS, PAD, personen, validate, vraag


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


def test_several_lists_on_one_bsn(client: httpx.Client) -> None:
    def lijst(naam: str, reden: str = "") -> dict[str, object]:
        opschorting = {"opschortingBijhouding": {"reden": {"code": reden, "omschrijving": "x"}}} if reden else {}
        return {"naam": {"geslachtsnaam": naam}, **opschorting}

    pad = f"/_besturing/personen/{ALMENKINDERS}"
    client.put(pad, json=[lijst("Fout", "F"), lijst("Weg", "E"), lijst("Nu")]).raise_for_status()
    velden = ["burgerservicenummer", "naam.geslachtsnaam"]
    assert [each["naam"]["geslachtsnaam"] for each in personen(client, ALMENKINDERS, fields=velden)] == ["Weg", "Nu"]
    client.put(pad, json={"naam": {"geslachtsnaam": "Straks"}}).raise_for_status()
    namen = {each["naam"]["geslachtsnaam"] for each in personen(client, ALMENKINDERS, fields=velden)}
    assert namen == {"Weg", "Straks"}, "the one that is kept up is changed"
    client.put(pad, json=[lijst("Een"), lijst("Twee")]).raise_for_status()
    assert len(personen(client, ALMENKINDERS, fields=velden)) == 2
    client.put(pad, json=[]).raise_for_status()
    assert personen(client, ALMENKINDERS) == []


def test_told_when_to_come_back(client: httpx.Client) -> None:
    for fout in ("429", "503"):
        client.put("/_besturing", json={"fout": fout, "retryAfter": 7}).raise_for_status()
        assert client.post(PAD, json=vraag(ALMENKINDERS)).headers["retry-after"] == "7"


def test_told_to_answer_no_json(client: httpx.Client) -> None:
    client.put("/_besturing", json={"fout": "kapot", "aantal": 1}).raise_for_status()
    response = client.post(PAD, json=vraag(ALMENKINDERS))
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json; charset=utf-8")
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert len(personen(client, ALMENKINDERS)) == 1


def test_told_to_answer_with_wrong_types(client: httpx.Client) -> None:
    client.put("/_besturing", json={"fout": "verkeerd-type", "aantal": 1}).raise_for_status()
    (persoon,) = client.post(PAD, json=vraag(ALMENKINDERS)).json()["personen"]
    assert persoon["burgerservicenummer"] == 9
    assert persoon["geboorte"]["datum"]["datum"] == len("2009-08-04")


def test_told_to_answer_with_somebody_else(client: httpx.Client) -> None:
    client.put("/_besturing", json={"fout": "ander", "aantal": 1}).raise_for_status()
    (persoon,) = personen(client, ALMENKINDERS)
    assert persoon["burgerservicenummer"] != ALMENKINDERS


def test_told_to_answer_with_what_was(client: httpx.Client) -> None:
    velden = ["gemeenteVanInschrijving"]
    eerst = personen(client, ALMENKINDERS, fields=velden)
    verhuizing = {"soort": "verhuizing", "bsn": ALMENKINDERS, "gemeente": "Haarlem"}
    client.post("/_besturing/mutaties", json=verhuizing).raise_for_status()
    client.put("/_besturing", json={"fout": "oud", "aantal": 2}).raise_for_status()
    assert personen(client, ALMENKINDERS, fields=velden) == eerst
    assert len(personen(client, "999995832")) == 1, "who has not changed is as he is"
    assert personen(client, ALMENKINDERS, fields=velden)[0]["gemeenteVanInschrijving"]["code"] == "0392"


def test_told_to_drip(client: httpx.Client) -> None:
    client.put("/_besturing", json={"fout": "druppelen", "vertragingMs": 2, "aantal": 1}).raise_for_status()
    with client.stream("POST", PAD, json=vraag(ALMENKINDERS)) as response:
        druppels = list(response.iter_raw())
    assert max(map(len, druppels)) < len(b"".join(druppels)) / 2
    assert json.loads(b"".join(druppels)) == client.post(PAD, json=vraag(ALMENKINDERS)).json()
