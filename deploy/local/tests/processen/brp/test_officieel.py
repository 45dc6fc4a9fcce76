"""The official test persons: what our conversion makes of their GBA form, and how that stands to the selection."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from deploy.local.tests.processen.brp.vragen import validate

from lokaal.simulatoren.brp import officieel
from lokaal.simulatoren.brp.personen import Lijsten, lees
from lokaal.simulatoren.brp.velden import zonder_leeg
from lokaal.system import PERSONEN

SELECTIE = [zonder_leeg(each) for each in json.loads(officieel.SELECTIE.read_text("utf-8"))["personen"]]

VERSCHILT = {
    "gemeenteVanInschrijving": 15,  # table 33 has another name of the RNI; one moved meanwhile
    "verblijfplaats.datumVan": 13,  # the selection leaves out since when somebody lives abroad
    "naam.voorletters": 12,  # of names that are numbers
    "ouders": 9,  # a parent of whom nothing is known is left out, as in the features of the API
    "kinderen": 1,  # the order
    "verblijfplaats.inOnderzoek": 4,  # the selection leaves out doubt
    "verblijfplaats.verblijfadres.inOnderzoek": 4,
    "verblijfplaats.indicatieVastgesteldVerblijftNietOpAdres": 1,
    "geboorte": 1,
    "datumInschrijvingInGemeente": 1,
}
"""By place: in how many of the 395 persons of the selection, which another conversion made, we differ."""


@pytest.fixture(scope="module")
def personen() -> dict[str, Lijsten]:
    return dict(lees(officieel.OFFICIEEL))


def verschillen(een: Any, ander: Any, pad: str = "") -> Iterator[str]:
    if isinstance(een, dict) and isinstance(ander, dict):
        for naam in een.keys() | ander.keys():
            yield from verschillen(een.get(naam), ander.get(naam), f"{pad}.{naam}".lstrip("."))
    elif een != ander:
        yield pad


def test_holds_the_selection_but_for_what_is_known(personen: dict[str, Lijsten]) -> None:
    gevonden: Counter[str] = Counter()
    for persoon in SELECTIE:
        (lijst,) = [each for each in personen[persoon["burgerservicenummer"]] if each["aNummer"] == persoon["aNummer"]]
        waar = set(verschillen(lijst, persoon))
        gevonden.update({next((naam for naam in VERSCHILT if pad.startswith(naam)), pad) for pad in waar})
    assert gevonden == VERSCHILT


def test_holds_what_the_official_set_is_known_for(personen: dict[str, Lijsten]) -> None:
    lijsten = [lijst for op_bsn in personen.values() for lijst in op_bsn]
    assert (len(personen), len(lijsten)) == (1_198, 1_202)
    assert sum("geheimhoudingPersoonsgegevens" in lijst for lijst in lijsten) == 55
    assert Counter(lijst.get("opschortingBijhouding", {}).get("reden", {}).get("code") for lijst in lijsten) == {
        None: 1_070,
        "E": 60,
        "O": 40,
        "R": 21,
        "W": 10,
        "M": 1,
    }
    assert sum(len(op_bsn) > 1 for op_bsn in personen.values()) == 4, "several lists on one BSN are official, too"
    plaatsen = [lijst.get("verblijfplaats", {}) for lijst in lijsten]
    assert sum("indicatieVastgesteldVerblijftNietOpAdres" in plaats for plaats in plaatsen) == 2
    assert sum("inOnderzoek" in plaats.get("verblijfadres", {}) for plaats in plaatsen) > 30
    zonder_straat = [
        lijst
        for lijst in lijsten
        if lijst.get("verblijfplaats", {}).get("type") == "Adres" and "verblijfadres" not in lijst["verblijfplaats"]
    ]
    assert len(zonder_straat) == 34, "whose address is not in the source"


def test_is_as_the_openapi_has_it(personen: dict[str, Lijsten]) -> None:
    for lijsten in personen.values():
        for lijst in lijsten:
            validate("Persoon", lijst)


LIJST = "INSERT INTO public.lo3_pl VALUES ({}) ON CONFLICT DO NOTHING;"
PERSOON = "INSERT INTO public.lo3_pl_persoon VALUES ({}) ON CONFLICT DO NOTHING;"
VERBLIJF = "INSERT INTO public.lo3_pl_verblijfplaats VALUES ({}) ON CONFLICT DO NOTHING;"


def rij(*waarden: object, breedte: int) -> str:
    gegeven = [
        "NULL" if w is None else f"'{w.replace(chr(39), chr(39) * 2)}'" if isinstance(w, str) else str(w)
        for w in waarden
    ]
    return ", ".join(gegeven + ["NULL"] * (breedte - len(gegeven)))


def test_converts_from_gba_form(tmp_path: Path) -> None:
    wie = (1234567890, 999990020, "Anne Bo", None, "R", "d'", "Oud", None, 20200500, "0363", 6030, "V", "E", 0)
    ouder = (None, 999990147, "Cor", None, None, None, "Oud", None, 19900101, "Luik", 5010, "M")
    ingang = (*[None] * 20, 20200600)
    weg = (None, None, None, None, None, None, ".")
    regels = [
        LIJST.format(rij(7, None, None, None, None, None, 7, breedte=28)),
        PERSOON.format(rij(7, "P", 0, 0, *wie, breedte=42)),
        PERSOON.format(rij(7, "P", 0, 1, 1234567890, 999990020, "Vroeger", breedte=42)),
        PERSOON.format(rij(7, "1", 0, 0, *ouder, *ingang, breedte=42)),
        PERSOON.format(rij(7, "2", 0, 0, *weg, breedte=42)),
        VERBLIJF.format(rij(7, 0, 363, 5, 20200500, "W", None, 20200503, *[None] * 9, 81120, 20210101, breedte=25)),
    ]
    (tmp_path / officieel.SQL).write_text("\n".join(regels), "utf-8")
    kolommen = ["01.01.20", "08.10.30", *officieel.ADRES_CSV, "08.11.80", "08.11.90"]
    adres = ["999990020", "20200503", "Dam", "Dam", "1", "", "", "", "1012JS", "Amsterdam", "", "", ""]
    (tmp_path / officieel.CSV).write_text(f"{';'.join(kolommen)}\n{';'.join(adres)}\n", "utf-8")
    (persoon,) = officieel.zet_om(tmp_path)
    validate("Persoon", persoon)
    assert persoon["naam"]["volledigeNaam"] == "Anne Bo d' Oud"
    assert persoon["naam"]["adellijkeTitelPredicaat"] == {"code": "R", "omschrijving": "ridder", "soort": "titel"}
    assert persoon["geboorte"]["datum"] == {
        "type": "JaarMaandDatum",
        "jaar": 2020,
        "maand": 5,
        "langFormaat": "mei 2020",
    }
    assert persoon["geheimhoudingPersoonsgegevens"] is True
    assert persoon["verblijfplaats"]["verblijfadres"]["huisnummer"] == 1
    assert set(persoon["verblijfplaats"]["verblijfadres"]["inOnderzoek"]) == {"huisnummer", "datumIngangOnderzoek"}
    (vader,) = persoon["ouders"]
    assert (vader["burgerservicenummer"], vader["ouderAanduiding"]) == ("999990147", "1")
    assert vader["datumIngangFamilierechtelijkeBetrekking"]["langFormaat"] == "juni 2020"


def test_the_stack_knows_what_the_simulator_brings() -> None:
    from lokaal.simulatoren.brp.__main__ import BESTANDEN

    assert {*BESTANDEN, "synthetisch"} == set(PERSONEN)
