"""The reference data to start with."""

from typing import Any

import pytest

from contracts.signaal import Organisatiesoort
from signaal.adapters.db import startdata

REGIO = {
    "Aalsmeer": "0358",
    "Amstelveen": "0362",
    "Amsterdam": "0363",
    "Diemen": "0384",
    "Edam-Volendam": "0385",
    "Landsmeer": "0415",
    "Oostzaan": "0431",
    "Ouder-Amstel": "0437",
    "Purmerend": "0439",
    "Uithoorn": "0451",
    "Waterland": "0852",
    "Wormerland": "0880",
    "Zaanstad": "0479",
}


@pytest.fixture
def gebieden() -> dict[str, Any]:
    return startdata._read("gebieden.yaml")


@pytest.fixture
def organisaties() -> dict[str, dict[str, Any]]:
    return {each["naam"]: each for each in startdata._read("organisaties.yaml")}


@pytest.mark.regel("R232", "R233")
def test_thirteen_gemeenten_work_under_one_convenant(gebieden: dict[str, Any]) -> None:
    namen = {each["code"]: each["naam"] for each in gebieden["gemeenten"]}
    regio = next(each for each in gebieden["convenanten"] if each["code"] == "regio-amsterdam")
    assert {namen[code]: code for code in regio["gemeenten"]} == REGIO


@pytest.mark.regel("R145")
def test_haarlem_takes_part_in_the_inzageknop_beside_the_thirteen(gebieden: dict[str, Any]) -> None:
    mee = {code for each in gebieden["convenanten"] if each["inzageknop"] for code in each["gemeenten"]}
    assert mee == {*REGIO.values(), "0392"}


def test_ended_gemeenten_lead_to_their_successors(gebieden: dict[str, Any]) -> None:
    assert {each["code"]: each["opgevolgdDoor"] for each in gebieden["gemeenten"] if "opgevolgdDoor" in each} == {
        "0370": "0439",
        "0457": "0363",
    }


@pytest.mark.regel("R111")
@pytest.mark.parametrize(
    ("naam", "soort"),
    [
        ("Jeugdbescherming Regio Amsterdam", "gecertificeerde-instelling"),
        ("William Schrikker Stichting Jeugdbescherming en Jeugdreclassering", "gecertificeerde-instelling"),
        ("Leger des Heils Jeugdbescherming en reclassering", "gecertificeerde-instelling"),
        ("Buurtteam Amsterdam", "wijkteam"),
        ("GGD Amsterdam", "ggd"),
    ],
)
def test_who_may_take_the_matchregie_is_known_by_kind(
    organisaties: dict[str, dict[str, Any]], naam: str, soort: str
) -> None:
    assert organisaties[naam]["soort"] == soort


@pytest.mark.regel("R230", "R231")
def test_every_organisation_has_a_known_kind_and_a_location(organisaties: dict[str, dict[str, Any]]) -> None:
    for each in organisaties.values():
        made = startdata._Organisatie.model_validate(each)
        assert made.soort is not Organisatiesoort.OVERIG
        assert made.locaties
    assert [naam for naam, each in organisaties.items() if each.get("landelijk") is False] == ["Norlandia Kinderopvang"]


def test_names_and_aliases_lead_to_one_organisation(organisaties: dict[str, dict[str, Any]]) -> None:
    namen = [naam for naam, each in organisaties.items() for naam in (naam, *each.get("aliassen", ()))]
    assert len(namen) == len({naam.casefold() for naam in namen})
