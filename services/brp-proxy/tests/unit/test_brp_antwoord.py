"""Reading BRP answers: every official person, every kind of date and address, and answers that lie."""

import json
from datetime import date
from pathlib import Path

import pytest

import lokaal.simulatoren.brp
from brp_proxy.adapters.http.brp_antwoord import NietUniekError, OnbruikbaarAntwoordError, lees, lees_allen, niet_uniek
from brp_proxy.domain.bsn import Bsn
from brp_proxy.domain.leeftijd import Jaar, JaarMaand
from brp_proxy.domain.persoonslijst import Ouderregistratie, toelaten
from contracts.statistiek import Geslacht
from platformkit.errors import DomainError

OFFICIEEL = Path(lokaal.simulatoren.brp.__file__).parent / "data" / "personen-responsvorm-selectie.json"
BSN = Bsn("999996770")
THUIS = {"verblijfplaats": {"type": "Adres"}, "gemeenteVanInschrijving": {"code": "0363"}}
NIET_DAAR = {
    "type": "Adres",
    "indicatieVastgesteldVerblijftNietOpAdres": True,
    "verblijfadres": {"officieleStraatnaam": "Spui"},
}
VANDAAG = date(2026, 11, 22)


def lijst(**velden):
    persoon = {"burgerservicenummer": BSN.waarde, "geboorte": {"datum": {"type": "Datum", "datum": "2010-05-05"}}}
    return lees(json.dumps({"personen": [persoon | velden]}).encode(), BSN)


def test_every_official_person_can_be_read() -> None:
    for persoon in json.loads(OFFICIEEL.read_bytes())["personen"]:
        if bsn := Bsn.geregistreerd(persoon.get("burgerservicenummer")):
            gelezen = lees(json.dumps({"personen": [persoon]}).encode(), bsn)
            assert gelezen is None or {ouder.waarde for ouder in gelezen.ouder_bsns} == {
                ouder["burgerservicenummer"] for ouder in persoon.get("ouders", []) if "burgerservicenummer" in ouder
            }


@pytest.mark.parametrize(
    ("datum", "geboren"),
    [
        ({"type": "Datum", "datum": "2010-05-05"}, date(2010, 5, 5)),
        ({"type": "JaarMaandDatum", "jaar": 2010, "maand": 5}, JaarMaand(2010, 5)),
        ({"type": "JaarDatum", "jaar": 2010}, Jaar(2010)),
        ({"type": "DatumOnbekend", "onbekend": True}, None),
    ],
)
def test_kinds_of_birth_date(datum, geboren) -> None:
    assert lijst(geboorte={"datum": datum}).geboren == geboren


def test_without_a_birth_date_there_is_none() -> None:
    assert lijst(geboorte={}).geboren is None


@pytest.mark.parametrize(
    ("velden", "woongemeente"),
    [
        (THUIS, "0363"),
        (THUIS | {"verblijfplaats": {"type": "Locatie", "verblijfadres": {"locatiebeschrijving": "boot"}}}, "0363"),
        (THUIS | {"geheimhoudingPersoonsgegevens": True}, None),
        (THUIS | {"verblijfplaats": {"type": "VerblijfplaatsBuitenland"}}, None),
        (THUIS | {"verblijfplaats": {"type": "VerblijfplaatsOnbekend"}}, None),
        # As the official service says it of whoever is here for another country: an address abroad, in the Netherlands.
        (
            THUIS
            | {"verblijfplaats": {"type": "VerblijfplaatsBuitenland", "verblijfadres": {"land": {"code": "6030"}}}},
            None,
        ),
        (THUIS | {"gemeenteVanInschrijving": {"code": "1999"}}, None),
        (THUIS | {"gemeenteVanInschrijving": {}}, None),
        ({"gemeenteVanInschrijving": {"code": "0363"}}, None),
        (THUIS | {"inOnderzoek": {"gemeenteVanInschrijving": True}}, None),
        (THUIS | {"inOnderzoek": {"geslacht": True}}, "0363"),
        (THUIS | {"verblijfplaats": {"type": "Adres", "inOnderzoek": {"type": True}}}, None),
        (THUIS | {"verblijfplaats": {"type": "Adres", "verblijfadres": {"inOnderzoek": {"huisnummer": True}}}}, None),
        (THUIS | {"verblijfplaats": {"type": "Adres", "inOnderzoek": {"functieAdres": True}}}, "0363"),
        (THUIS | {"verblijfplaats": NIET_DAAR}, None),
        *((THUIS | {"opschortingBijhouding": {"reden": {"code": code}}}, None) for code in "EMRO."),
    ],
)
def test_there_is_a_woongemeente_only_for_a_known_open_address_here(velden, woongemeente) -> None:
    assert lijst(**velden).woongemeente == woongemeente


@pytest.mark.regel("R032")
def test_name_birth_date_sex_and_address_come_from_the_brp_and_nothing_else_does() -> None:
    adres = {"type": "Adres", "datumVan": {"type": "Datum", "datum": "2020-01-01", "langFormaat": "1 januari 2020"}}
    gelezen = lijst(naam={"voornamen": "Kees"}, geslacht={"code": "M"}, nationaliteiten=[{}], verblijfplaats=adres)
    assert gelezen is not None
    assert set(gelezen.gegevens) == {"naam", "geboorte", "geslacht", "verblijfplaats"}
    assert (gelezen.gegevens["naam"], gelezen.gegevens["geslacht"]) == ({"voornamen": "Kees"}, "M")


def test_a_secret_address_is_not_kept() -> None:
    adres = {"type": "Adres", "verblijfadres": {"officieleStraatnaam": "Geheimstraat"}}
    assert "Geheimstraat" in str(lijst(verblijfplaats=adres).gegevens)
    assert "Geheimstraat" not in str(lijst(verblijfplaats=adres, geheimhoudingPersoonsgegevens=True).gegevens)


def test_an_address_where_he_does_not_live_is_not_kept_and_one_in_doubt_is_kept_as_such() -> None:
    assert lijst(verblijfplaats=NIET_DAAR).gegevens["verblijfplaats"] is None
    adres = {"korteStraatnaam": "Spui", "inOnderzoek": {"korteStraatnaam": True}}
    assert lijst(verblijfplaats={"type": "Adres", "verblijfadres": adres}).gegevens["verblijfplaats"] == {
        "type": "Adres",
        "verblijfadres": {"korteStraatnaam": "Spui"},
        "functieAdres": None,
        "inOnderzoek": True,
    }


def test_parents_without_a_bsn_are_left_out() -> None:
    ouders = [{}, {"naam": {"geslachtsnaam": "@#!"}}, {"burgerservicenummer": "999999126"}, {"ouderAanduiding": "2"}]
    assert {ouder.waarde for ouder in lijst(ouders=ouders).ouder_bsns} == {"999999126"}


@pytest.mark.parametrize(
    ("datum", "ingang"),
    [
        ({"type": "Datum", "datum": "2010-05-05"}, date(2010, 5, 5)),
        ({"type": "JaarMaandDatum", "jaar": 2010, "maand": 5}, JaarMaand(2010, 5)),
        ({"type": "DatumOnbekend", "onbekend": True}, None),
        (None, None),
    ],
)
def test_a_parent_has_a_place_and_a_date_since_when_he_is_one(datum, ingang) -> None:
    ouder = {"ouderAanduiding": "2", "datumIngangFamilierechtelijkeBetrekking": datum}
    assert lijst(ouders=[ouder]).ouders == (Ouderregistratie(None, "2", ingang),)


@pytest.mark.parametrize(
    ("velden", "overleden", "overleden_op"),
    [
        ({"overlijden": {"datum": {"type": "Datum", "datum": "2026-01-02"}}}, True, date(2026, 1, 2)),
        ({"overlijden": {"datum": {"type": "JaarDatum", "jaar": 2026}}}, True, None),
        ({"overlijden": {"datum": {"type": "DatumOnbekend", "onbekend": True}}}, True, None),
        ({"opschortingBijhouding": {"reden": {"code": "O"}}}, True, None),
        ({"overlijden": {"inOnderzoek": {"datum": True}}}, False, None),
        ({"overlijden": {}}, False, None),
        ({}, False, None),
    ],
)
def test_a_death_is_one_that_is_registered_not_one_that_is_only_under_investigation(
    velden, overleden, overleden_op
) -> None:
    gelezen = lijst(**velden)
    assert (gelezen.overleden, gelezen.overleden_op) == (overleden, overleden_op)


def test_an_unknown_sex_is_onbekend() -> None:
    assert lijst().geslacht is lijst(geslacht={"code": "X"}).geslacht is Geslacht.ONBEKEND


def test_null_is_no_value_and_what_the_api_does_not_have_is_passed_by() -> None:
    names = ("naam", "geboorte", "geslacht", "verblijfplaats", "gemeenteVanInschrijving", "ouders", "overlijden")
    nothing = dict.fromkeys((*names, "opschortingBijhouding", "geheimhoudingPersoonsgegevens", "inOnderzoek"))
    gelezen = lijst(**nothing, burgerservicenummer=BSN.waarde, **{"extra-veld": "20210804"})
    assert (gelezen.geboren, gelezen.overleden, gelezen.geheim, gelezen.ouders) == (None, False, False, ())
    assert lijst(ouders=[{"burgerservicenummer": None, "ouderAanduiding": None}]).ouders == (
        Ouderregistratie(None, None, None),
    )


@pytest.mark.parametrize("reden", ["F", "W"])
def test_a_removed_list_is_an_unknown_person(reden) -> None:
    assert lijst(opschortingBijhouding={"reden": {"code": reden}}) is None
    assert lees(b'{"personen": []}', BSN) is None


def lijsten(*redenen):
    een = {"burgerservicenummer": BSN.waarde, "naam": {"geslachtsnaam": "Bonus"}}
    return [een | ({"opschortingBijhouding": {"reden": {"code": reden}}} if reden else {}) for reden in redenen]


@pytest.mark.parametrize("redenen", [("F", None), (None, "W"), ("F", "W", "E")])
def test_of_several_lists_the_one_that_was_not_removed_is_taken(redenen) -> None:
    assert lees(json.dumps({"personen": lijsten(*redenen)}).encode(), BSN).gegevens["naam"] == {
        "geslachtsnaam": "Bonus"
    }


@pytest.mark.parametrize("redenen", [(None, None), ("F", None, None), ("O", None), ("E", "R")])
def test_two_lists_that_were_not_removed_are_nobodys(redenen) -> None:
    with pytest.raises(NietUniekError):
        lees(json.dumps({"personen": lijsten(*redenen)}).encode(), BSN)


@pytest.mark.parametrize("reden", ["E", "M", "R", "."])
@pytest.mark.regel("D18")
def test_a_list_that_is_only_no_longer_kept_up_to_date_is_a_youth(reden) -> None:
    assert toelaten(lijst(opschortingBijhouding={"reden": {"code": reden}}), VANDAAG)
    assert toelaten(lijst(opschortingBijhouding={}), VANDAAG)


@pytest.mark.parametrize(
    ("weigering", "uniek"),
    [
        ({"invalidParams": [{"code": "unique", "name": "burgerservicenummer", "reason": "niet uniek"}]}, False),
        ({"invalidParams": [{"code": "pattern", "name": "burgerservicenummer[0]"}]}, True),
        ({"invalidParams": [{"code": "unique", "name": "fields"}]}, True),
        ({"invalidParams": "kapot"}, True),
        ({}, True),
        ([], True),
    ],
)
def test_that_a_bsn_is_not_unique_is_a_refusal_about_the_youth_and_no_other_is(weigering, uniek) -> None:
    assert niet_uniek(json.dumps(weigering).encode()) is not uniek
    assert not niet_uniek(b"<html>")


@pytest.mark.parametrize(
    "inhoud",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"personen": [{}]}',
        b'{"personen": [{"burgerservicenummer": "999999126"}]}',
        b'{"personen": [{"burgerservicenummer": "999996770"}, {"burgerservicenummer": "999999126"}]}',
        b'{"personen": [{"burgerservicenummer": 999996770}]}',
        b'{"personen": [{"burgerservicenummer": null}]}',
        b'{"personen": [{"burgerservicenummer": "999996770", "geboorte": {"datum": {"datum": "2010-02-30"}}}]}',
        b'{"personen": [{"burgerservicenummer": "999996770", "geboorte": {"datum": {"jaar": 2010, "maand": 13}}}]}',
    ],
)
def test_an_answer_that_lies_is_refused_and_not_quoted(inhoud) -> None:
    with pytest.raises(OnbruikbaarAntwoordError) as error:
        lees(inhoud, BSN)
    assert str(error.value) == ""
    assert error.value.__context__ is None or error.value.__suppress_context__


@pytest.mark.regel("R024")
@pytest.mark.parametrize(
    ("velden", "code"),
    [
        ({"opschortingBijhouding": {"reden": {"code": "O"}}}, "persoon-overleden"),
        ({"overlijden": {"datum": {"type": "JaarDatum", "jaar": 2020}}}, "persoon-overleden"),
        ({"geboorte": {"datum": {"datum": "2003-11-22"}}}, "persoon-te-oud"),
        ({"geboorte": {"datum": {"jaar": 2003, "maand": 11}}}, "persoon-te-oud"),
        ({"geboorte": {"datum": {"jaar": 2003}}}, "persoon-te-oud"),
        ({"geboorte": {"datum": {"onbekend": True}}}, "geboortedatum-onbekend"),
    ],
)
def test_on_whom_no_signal_is_possible(velden, code) -> None:
    with pytest.raises(DomainError, match=code):
        toelaten(lijst(**velden), VANDAAG)


@pytest.mark.parametrize("datum", [{"datum": "2003-11-23"}, {"jaar": 2003, "maand": 12}, {"jaar": 2004}])
def test_until_the_day_before_the_first_possible_23rd_birthday_it_is(datum) -> None:
    wie = lijst(geboorte={"datum": datum})
    assert toelaten(wie, VANDAAG) == (wie, wie.geboren)


def test_an_unknown_person_is_refused() -> None:
    with pytest.raises(DomainError, match="persoon-onbekend"):
        toelaten(None, VANDAAG)


ANDER, DUBBEL, STUK, WEG = Bsn("999970033"), Bsn("999970057"), Bsn("999970069"), Bsn("999970070")


def test_of_several_each_is_read_by_himself_and_who_is_unclear_is_left_out() -> None:
    personen = [
        {"burgerservicenummer": ANDER.waarde},
        {"burgerservicenummer": DUBBEL.waarde},
        {"burgerservicenummer": DUBBEL.waarde, "geslacht": {"code": "M"}},
        {"burgerservicenummer": STUK.waarde, "geboorte": {"datum": {"datum": "1967-02-30"}}},
        {"burgerservicenummer": BSN.waarde, "geslacht": {"code": "V"}},
    ]
    gelezen = lees_allen(json.dumps({"personen": personen}).encode(), [BSN, ANDER, DUBBEL, STUK, WEG])
    assert gelezen.keys() == {BSN, ANDER, WEG}
    assert gelezen[WEG] is None
    assert [(bsn, lijst.bsn) for bsn, lijst in gelezen.items() if lijst] == [(BSN, BSN), (ANDER, ANDER)]


@pytest.mark.parametrize("wie", [{"burgerservicenummer": WEG.waarde}, {}, {"burgerservicenummer": None}])
def test_an_answer_on_somebody_else_says_nothing_of_anybody(wie) -> None:
    """Else who was mistaken for him would count as unknown."""
    personen = [{"burgerservicenummer": BSN.waarde}, wie]
    with pytest.raises(OnbruikbaarAntwoordError):
        lees_allen(json.dumps({"personen": personen}).encode(), [BSN, ANDER])


@pytest.mark.parametrize("inhoud", [b"", b"{}", b'{"personen": {}}', b'{"personen": ["999996770"]}'])
def test_several_are_not_read_from_what_is_no_answer(inhoud) -> None:
    with pytest.raises(OnbruikbaarAntwoordError):
        lees_allen(inhoud, [BSN])
