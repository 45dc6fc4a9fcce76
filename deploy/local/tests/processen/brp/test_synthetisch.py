"""Made-up families: the same ones each time, as the OpenAPI has them, of all kinds, and of nobody."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import httpx
import pytest
from deploy.local.tests.processen.brp.vragen import ALMENKINDERS, API_KEY, personen, validate

from lokaal.gemeenten import CODES
from lokaal.simulatoren.brp.leeftijd import leeftijd
from lokaal.simulatoren.brp.personen import OnbruikbaarError, Persoon
from lokaal.simulatoren.brp.synthetisch import MEESTE, Synthetisch

VANDAAG = date(2026, 11, 22)
AANTAL = 6_000


@pytest.fixture(scope="module")
def allen() -> Mapping[str, Persoon]:
    gemaakt = Synthetisch(AANTAL, VANDAAG, 1, {})
    return {bsn: lijst for bsn, (lijst,) in gemaakt.items()}


@pytest.fixture(scope="module")
def jeugd(allen: Mapping[str, Persoon]) -> list[Persoon]:
    return [lijst for lijst in allen.values() if "kinderen" not in lijst]


def ouders(lijst: Persoon) -> list[str | None]:
    return [ouder.get("burgerservicenummer") for ouder in lijst.get("ouders", ())]


def test_as_many_as_asked_and_the_same_ones_for_the_same_seed(allen: Mapping[str, Persoon]) -> None:
    assert AANTAL <= len(allen) < AANTAL + 10
    weer = Synthetisch(AANTAL, VANDAAG, 1, {})
    assert {bsn: lijst for bsn, (lijst,) in weer.items()} == allen
    (anders,) = Synthetisch(5, VANDAAG, 2, {})["001000007"]
    assert anders != allen["001000007"]


def test_each_bsn_passes_and_nobody_can_have_it(allen: Mapping[str, Persoon]) -> None:
    for bsn in allen:
        assert sum(int(c) * w for c, w in zip(bsn, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)) % 11 == 0
        assert bsn.startswith("00"), "a BSN has eight or nine digits"
        assert not bsn.startswith("0000"), "of RvIG's own test persons"


def test_each_is_as_the_openapi_has_it(allen: Mapping[str, Persoon]) -> None:
    for lijst in list(allen.values())[:500]:
        validate("Persoon", lijst)


def test_of_all_ages_and_gemeenten(jeugd: list[Persoon]) -> None:
    assert {leeftijd(lijst, VANDAAG) for lijst in jeugd} == {*range(23), None}
    assert {lijst["gemeenteVanInschrijving"]["code"] for lijst in jeugd} == set(CODES.values())


def test_of_all_kinds(jeugd: list[Persoon]) -> None:
    soorten = Counter(
        "".join(
            ouder["geslacht"]["code"] if "burgerservicenummer" in ouder else "-" for ouder in lijst.get("ouders", ())
        )
        for lijst in jeugd
    )
    assert soorten.keys() == {"VM", "V", "VV", "MM", "V-", ""}
    assert soorten["VM"] > len(jeugd) / 2
    geheim = sum("geheimhoudingPersoonsgegevens" in lijst for lijst in jeugd)
    onvolledig = Counter(lijst["geboorte"]["datum"]["type"] for lijst in jeugd)
    assert 0 < geheim < len(jeugd) / 20
    assert 0 < len(jeugd) - onvolledig["Datum"] < len(jeugd) / 20
    assert {"JaarMaandDatum", "JaarDatum"} < onvolledig.keys()


def test_siblings_half_siblings_and_twins(jeugd: list[Persoon]) -> None:
    van: dict[str, list[Persoon]] = {}
    for lijst in jeugd:
        for ouder in filter(None, ouders(lijst)):
            van.setdefault(ouder, []).append(lijst)
    gezinnen = [kinderen for kinderen in van.values() if len(kinderen) > 1]
    half = sum(len({frozenset(ouders(kind)) for kind in kinderen}) > 1 for kinderen in gezinnen)
    tweeling = sum(len({str(kind["geboorte"]) for kind in kinderen}) < len(kinderen) for kinderen in gezinnen)
    assert len(van) / 3 < len(gezinnen)
    assert 0 < half < len(gezinnen) / 3
    assert 0 < tweeling < len(gezinnen) / 10


def test_kin_stand_on_each_others_lists(allen: Mapping[str, Persoon], jeugd: list[Persoon]) -> None:
    later = 0
    for lijst in jeugd:
        for bsn, ouder in zip(ouders(lijst), lijst.get("ouders", ()), strict=True):
            if bsn:
                kinderen = [kind["burgerservicenummer"] for kind in allen[bsn]["kinderen"]]
                assert lijst["burgerservicenummer"] in kinderen
                assert allen[bsn]["geslacht"] == ouder["geslacht"]
            geboren, ingang = lijst["geboorte"]["datum"], ouder["datumIngangFamilierechtelijkeBetrekking"]
            later += geboren["type"] == "Datum" and ingang["datum"] > geboren["datum"]
    assert later, "recognised or adopted later"


@pytest.mark.parametrize("aantal", [0, MEESTE + 1])
def test_as_many_as_fit(aantal: int) -> None:
    with pytest.raises(OnbruikbaarError, match=str(MEESTE)):
        Synthetisch(aantal, VANDAAG, 1, {})


def test_served_beside_the_official_ones(start: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    run_dir = tmp_path_factory.mktemp("brp")
    proces = start("lokaal.simulatoren.brp", run_dir, BRP_API_KEY=API_KEY, PERSONEN="synthetisch:200:3")
    with httpx.Client(base_url=proces.url, headers={"X-API-KEY": API_KEY}) as client:
        assert 1_398 <= client.get("/").json()["personen"] < 1_408
        assert len(personen(client, "001000007", ALMENKINDERS)) == 2
        mutatie = {"soort": "geheimhouding", "bsn": "001000007", "aan": True}
        client.post("/_besturing/mutaties", json=mutatie).raise_for_status()
        (geheim,) = personen(client, "001000007")
        assert geheim["geheimhoudingPersoonsgegevens"] is True
    assert proces.stop() == 0


@pytest.mark.parametrize("gevraagd", ["synthetisch:", "synthetisch:veel", "synthetisch:0", "synthetisch:1000000"])
def test_a_wrong_number_ends_it_with_one_line(run_to_end: Any, gevraagd: str) -> None:
    done = run_to_end("lokaal.simulatoren.brp", BRP_API_KEY="x", PERSONEN=gevraagd)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"PERSONEN: {gevraagd} ")
