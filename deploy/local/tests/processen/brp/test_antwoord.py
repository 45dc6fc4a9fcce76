"""What the BRP simulator delivers: what is asked, as the official OpenAPI has it, and ages by the domain clock."""

import json
from datetime import date
from typing import Any

import httpx
import pytest
from deploy.local.tests.processen.brp.vragen import ALMENKINDERS, personen

from lokaal.simulatoren.brp.leeftijd import leeftijd
from lokaal.simulatoren.brp.officieel import SELECTIE
from lokaal.simulatoren.brp.velden import TOEGESTAAN, keuze, projecteer, zonder_leeg

GROEPEN = sorted({pad.split(".")[0] for pad in TOEGESTAAN if not pad.split(".")[0].endswith("Binnenland")})


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
    bsns = [p["burgerservicenummer"] for p in json.loads(SELECTIE.read_text())["personen"][:20]]
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
