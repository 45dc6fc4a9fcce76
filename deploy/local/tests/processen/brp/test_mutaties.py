"""What can be made to happen to persons, and how the BRP simulator shows them and their kin afterwards."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from deploy.local.tests.processen.brp.vragen import PAD, personen, vraag

KIND, MOEDER, VADER = "999995832", "999993112", "999994542"
STIEF, ANDER = "999995844", "999995856"
NIEUW = "999990020"
UPDATE = "/haalcentraal/api/brpupdate"
OUDERS = ["burgerservicenummer", "ouders"]
GEBOREN = "2009-05-29"
TOEN = "2020-03-01"


def muteer(client: httpx.Client, soort: str, bsn: str = KIND, **meer: object) -> list[str]:
    response = client.post("/_besturing/mutaties", json={"soort": soort, "bsn": bsn, **meer})
    assert response.status_code == 200, response.text
    gewijzigd: list[str] = response.json()["gewijzigd"]
    return gewijzigd


def persoon(client: httpx.Client, bsn: str = KIND, *velden: str) -> dict[str, Any]:
    (gevonden,) = personen(client, bsn, fields=list(velden) or ["burgerservicenummer", "gemeenteVanInschrijving"])
    return gevonden


def ouders(client: httpx.Client, bsn: str = KIND) -> dict[str, tuple[str | None, str]]:
    """By place: the BSN and since when; the delivered order is that of the places."""
    gevonden = persoon(client, bsn, *OUDERS).get("ouders", [])
    return {
        ouder["ouderAanduiding"]: (
            ouder.get("burgerservicenummer"),
            ouder["datumIngangFamilierechtelijkeBetrekking"]["datum"],
        )
        for ouder in gevonden
    }


def kinderen(client: httpx.Client, bsn: str) -> list[str]:
    gevonden = persoon(client, bsn, "kinderen.burgerservicenummer").get("kinderen", [])
    return [kind["burgerservicenummer"] for kind in gevonden]


def test_a_birth(client: httpx.Client) -> None:
    assert muteer(client, "geboorte", NIEUW, ouders=[MOEDER, VADER]) == sorted([NIEUW, MOEDER, VADER])
    kind = persoon(client, NIEUW, "naam", "geboorte", "verblijfplaats", "gemeenteVanInschrijving", "leeftijd")
    assert kind["leeftijd"] == 0
    assert kind["naam"]["geslachtsnaam"] == persoon(client, MOEDER, "naam")["naam"]["geslachtsnaam"]
    assert kind["verblijfplaats"] == persoon(client, MOEDER, "verblijfplaats")["verblijfplaats"]
    vandaag = kind["geboorte"]["datum"]["datum"]
    assert ouders(client, NIEUW) == {"1": (MOEDER, vandaag), "2": (VADER, vandaag)}
    assert NIEUW in kinderen(client, MOEDER)
    assert NIEUW in kinderen(client, VADER)


@pytest.mark.parametrize(
    ("hebben", "wat"),
    [
        ([], []),
        ([MOEDER], [MOEDER]),
        ([{"geslachtsnaam": "Elders"}], [None]),
        ([MOEDER, {"geslachtsnaam": "Elders"}], [MOEDER, None]),
    ],
)
def test_a_birth_with_fewer_parents(client: httpx.Client, hebben: list[object], wat: list[str | None]) -> None:
    muteer(client, "geboorte", NIEUW, ouders=hebben, datum=TOEN)
    assert [bsn for bsn, sinds in ouders(client, NIEUW).values() if sinds == TOEN] == wat


def test_a_move(client: httpx.Client) -> None:
    assert muteer(client, "verhuizing", gemeente="Rotterdam", datum=TOEN) == [KIND]
    nu = persoon(client, KIND, "verblijfplaats", "gemeenteVanInschrijving", "datumInschrijvingInGemeente")
    assert nu["gemeenteVanInschrijving"] == {"code": "0599", "omschrijving": "Rotterdam"}
    assert nu["datumInschrijvingInGemeente"]["datum"] == nu["verblijfplaats"]["datumVan"]["datum"] == TOEN
    muteer(client, "verhuizing", gemeente="0599", adres={"straat": "Coolsingel", "huisnummer": 40})
    nu = persoon(client, KIND, "verblijfplaats", "datumInschrijvingInGemeente")
    assert nu["verblijfplaats"]["verblijfadres"]["officieleStraatnaam"] == "Coolsingel"
    assert nu["datumInschrijvingInGemeente"]["datum"] == TOEN, "within the gemeente"


def test_abroad_and_back(client: httpx.Client) -> None:
    muteer(client, "emigratie", land="België")
    weg = persoon(client, KIND, "verblijfplaats", "gemeenteVanInschrijving")
    assert weg["gemeenteVanInschrijving"]["code"] == "1999"
    assert weg["verblijfplaats"]["type"] == "VerblijfplaatsBuitenland"
    assert weg["opschortingBijhouding"]["reden"] == {"code": "E", "omschrijving": "emigratie"}
    muteer(client, "verhuizing", gemeente="Haarlem")
    terug = persoon(client, KIND, "verblijfplaats", "gemeenteVanInschrijving")
    assert terug["gemeenteVanInschrijving"]["code"] == "0392"
    assert "opschortingBijhouding" not in terug


def test_a_death_and_the_doubt_about_one(client: httpx.Client) -> None:
    muteer(client, "overlijden", alleenInOnderzoek=True)
    twijfel = persoon(client, KIND, "overlijden.datum")
    assert set(twijfel) == {"overlijden"}
    assert set(twijfel["overlijden"]) == {"inOnderzoek"}
    muteer(client, "overlijden", datum=TOEN)
    dood = persoon(client, KIND, "overlijden.datum", "leeftijd")
    assert dood["overlijden"] == {"datum": {"type": "Datum", "datum": TOEN, "langFormaat": "1 maart 2020"}}
    assert dood["opschortingBijhouding"]["reden"]["code"] == "O"
    assert "leeftijd" not in dood


def test_denied_and_recognised(client: httpx.Client) -> None:
    assert muteer(client, "ontkenning", ouder=VADER) == sorted([KIND, VADER])
    assert ouders(client) == {"1": (MOEDER, GEBOREN)}
    assert KIND not in kinderen(client, VADER)
    assert muteer(client, "erkenning", ouder=ANDER, datum=TOEN) == sorted([KIND, ANDER])
    assert ouders(client) == {"1": (MOEDER, GEBOREN), "2": (ANDER, TOEN)}
    assert KIND in kinderen(client, ANDER)


def test_recognised_before_birth_is_so_from_birth(client: httpx.Client) -> None:
    muteer(client, "ontkenning", ouder="2")
    muteer(client, "erkenning", ouder={"geslachtsnaam": "Elders"}, datum="2009-03-01")
    assert ouders(client)["2"] == (None, GEBOREN)


def test_a_parent_corrected_has_the_place_and_the_day_of_the_wrong_one(client: httpx.Client) -> None:
    assert muteer(client, "correctie", ouder=VADER, nieuweOuder=ANDER) == sorted([KIND, VADER, ANDER])
    assert ouders(client) == {"1": (MOEDER, GEBOREN), "2": (ANDER, GEBOREN)}


def test_adopted_by_two(client: httpx.Client) -> None:
    gewijzigd = muteer(client, "adoptie", ouders=[STIEF, ANDER], datum=TOEN)
    assert gewijzigd == sorted([KIND, MOEDER, VADER, STIEF, ANDER])
    assert ouders(client) == {"1": (STIEF, TOEN), "2": (ANDER, TOEN)}
    assert KIND not in kinderen(client, MOEDER) + kinderen(client, VADER)


def test_adopted_by_a_step_parent(client: httpx.Client) -> None:
    muteer(client, "adoptie", ouders=[STIEF, VADER], datum=TOEN)
    assert ouders(client) == {"1": (STIEF, TOEN), "2": (VADER, GEBOREN)}


def test_secrecy_comes_and_goes(client: httpx.Client) -> None:
    muteer(client, "geheimhouding", aan=True)
    assert persoon(client)["geheimhoudingPersoonsgegevens"] is True
    muteer(client, "geheimhouding", aan=False)
    assert "geheimhoudingPersoonsgegevens" not in persoon(client)


def test_another_bsn(client: httpx.Client) -> None:
    gewijzigd = muteer(client, "bsn-wijziging", VADER, nieuweBsn=NIEUW)
    assert {VADER, NIEUW, KIND} <= set(gewijzigd)
    assert personen(client, VADER) == []
    assert ouders(client)["2"] == (NIEUW, GEBOREN)
    assert KIND in kinderen(client, NIEUW)


def test_another_bsn_that_a_removed_list_has(client: httpx.Client) -> None:
    muteer(client, "opschorting", STIEF, reden="W")
    muteer(client, "bsn-wijziging", nieuweBsn=STIEF)
    assert ouders(client, STIEF) == {"1": (MOEDER, GEBOREN), "2": (VADER, GEBOREN)}


@pytest.mark.parametrize("reden", ["F", "W", "R", "M"])
def test_suspended_and_taken_up_again(client: httpx.Client, reden: str) -> None:
    eerst = persoon(client)
    muteer(client, "opschorting", reden=reden)
    gevonden = personen(client, KIND)
    assert [each["opschortingBijhouding"]["reden"]["code"] for each in gevonden] == [reden] * (reden in {"R", "M"})
    muteer(client, "opschorting", reden=None)
    assert persoon(client) == eerst


def test_an_address_that_is_doubted(client: httpx.Client) -> None:
    velden = ["verblijfplaats.verblijfadres.huisnummer", "verblijfplaats.functieAdres"]
    eerst = persoon(client, KIND, *velden)
    muteer(client, "adresonderzoek", uitkomst="loopt", datum=TOEN)
    loopt = persoon(client, KIND, *velden)["verblijfplaats"]
    ingang = {"type": "Datum", "datum": TOEN, "langFormaat": "1 maart 2020"}
    assert loopt["inOnderzoek"] == {"type": True, "functieAdres": True, "datumIngangOnderzoek": ingang}
    assert loopt["verblijfadres"]["inOnderzoek"] == {"huisnummer": True, "datumIngangOnderzoek": ingang}
    assert "indicatieVastgesteldVerblijftNietOpAdres" not in loopt
    muteer(client, "adresonderzoek", uitkomst="verblijft-niet-op-adres")
    weg = persoon(client, KIND, *velden)["verblijfplaats"]
    assert weg["indicatieVastgesteldVerblijftNietOpAdres"] is True
    muteer(client, "adresonderzoek", uitkomst="klopt")
    assert persoon(client, KIND, *velden) == eerst


def test_is_told_to_who_follows(client: httpx.Client) -> None:
    for bsn in (KIND, VADER, STIEF):
        client.put(f"{UPDATE}/volgindicaties/{bsn}", json={}).raise_for_status()
    muteer(client, "ontkenning", ouder=VADER)
    assert client.get(f"{UPDATE}/wijzigingen").json()["burgerservicenummers"] == [KIND, VADER]


MORGEN = (date.today() + timedelta(days=2)).isoformat()


@pytest.mark.parametrize(
    "opdracht",
    [
        {"soort": "geboorte", "bsn": MOEDER},
        {"soort": "geboorte", "bsn": NIEUW, "ouders": [NIEUW]},
        {"soort": "geboorte", "bsn": NIEUW, "ouders": [MOEDER, MOEDER]},
        {"soort": "geboorte", "bsn": NIEUW, "ouders": ["123456782"]},
        {"soort": "geheimhouding", "bsn": NIEUW, "aan": True},
        {"soort": "verhuizing", "bsn": KIND, "gemeente": "Nergenshuizen"},
        {"soort": "verhuizing", "bsn": KIND, "gemeente": "Haarlem", "datum": MORGEN},
        {"soort": "verhuizing", "bsn": "999970239", "gemeente": "Haarlem"},
        {"soort": "emigratie", "bsn": KIND, "land": "Nergensland"},
        {"soort": "overlijden", "bsn": "999970239"},
        {"soort": "erkenning", "bsn": KIND, "ouder": ANDER},
        {"soort": "ontkenning", "bsn": KIND, "ouder": ANDER},
        {"soort": "correctie", "bsn": KIND, "ouder": VADER, "nieuweOuder": MOEDER},
        {"soort": "adoptie", "bsn": KIND, "ouders": [VADER, MOEDER]},
        {"soort": "bsn-wijziging", "bsn": KIND, "nieuweBsn": MOEDER},
        {"soort": "bsn-wijziging", "bsn": KIND, "nieuweBsn": KIND},
        {"soort": "adresonderzoek", "bsn": "999990585", "uitkomst": "loopt"},
    ],
)
def test_what_cannot_happen(client: httpx.Client, opdracht: dict[str, object]) -> None:
    bsns = [KIND, MOEDER, VADER, ANDER]
    eerst = client.post(PAD, json=vraag(*bsns, fields=["burgerservicenummer", "ouders", "kinderen", "naam"])).json()
    response = client.post("/_besturing/mutaties", json=opdracht)
    assert (response.status_code, response.json()["code"]) == (409, "mutatieKanNiet")
    assert not any(bsn in response.text for bsn in (*bsns, NIEUW))
    nu = client.post(PAD, json=vraag(*bsns, fields=["burgerservicenummer", "ouders", "kinderen", "naam"])).json()
    assert nu == eerst


@pytest.mark.parametrize(
    "opdracht",
    [
        {},
        {"soort": "huwelijk", "bsn": KIND},
        {"soort": "geheimhouding", "bsn": "99999677", "aan": True},
        {"soort": "geheimhouding", "bsn": KIND},
        {"soort": "geheimhouding", "bsn": KIND, "aan": True, "iets": 1},
        {"soort": "opschorting", "bsn": KIND, "reden": "O"},
        {"soort": "erkenning", "bsn": KIND, "ouder": {}},
        {"soort": "adoptie", "bsn": KIND, "ouders": [ANDER]},
        {"soort": "verhuizing", "bsn": KIND, "gemeente": "Haarlem", "datum": "gisteren"},
        {"soort": "verhuizing", "bsn": KIND, "gemeente": "Haarlem", "adres": {"huisnummer": 0}},
    ],
)
def test_what_is_not_understood(client: httpx.Client, opdracht: dict[str, object]) -> None:
    response = client.post("/_besturing/mutaties", json=opdracht)
    assert (response.status_code, response.json()["code"]) == (400, "opdrachtOnjuist")
    assert KIND not in response.text
