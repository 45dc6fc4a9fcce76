"""How an address and a name stand on a card, and who decides on the data."""

import json
from datetime import date
from uuid import uuid4

import pytest

from brp_proxy.adapters.db.gegevens import pak_kaart_uit
from brp_proxy.domain.kaart import Adres, volledige_naam
from brp_proxy.domain.leeftijd import Jaar, JaarMaand, leeftijdsband
from contracts.http.persoonsgegevens import Leeftijdsband


@pytest.mark.regel("R159")
@pytest.mark.parametrize(
    ("verblijfadres", "regels"),
    [
        (
            {"korteStraatnaam": "Haarlemseweg", "huisnummer": 1, "postcode": "1234AB", "woonplaats": "Amsterdam"},
            ("Haarlemseweg 1", "1234 AB Amsterdam"),
        ),
        (
            {"officieleStraatnaam": "Spui", "huisnummer": 12, "huisletter": "A", "huisnummertoevoeging": "3"},
            ("Spui 12A-3",),
        ),
        (
            {"korteStraatnaam": "Spui", "huisnummer": 1, "aanduidingBijHuisnummer": {"omschrijving": "bij"}},
            ("Spui bij 1",),
        ),
        ({"locatiebeschrijving": "Woonboot tegenover de Grote Sluis"}, ("Woonboot tegenover de Grote Sluis",)),
        (
            {"regel1": "Rue Haute 1", "regel2": "1000 Brussel", "land": {"omschrijving": "Belgi\u00eb"}},
            ("Rue Haute 1", "1000 Brussel", "Belgi\u00eb"),
        ),
        ({"land": {"code": "5003", "omschrijving": "Zwitserland"}}, ("Zwitserland",)),
        ({"postcode": "1234AB"}, ("1234 AB",)),
        ({"land": "kapot", "huisnummer": None, "woonplaats": ["x"], "korteStraatnaam": "Spui"}, ("Spui",)),
    ],
)
def test_an_address_is_written_as_on_an_envelope(verblijfadres, regels) -> None:
    adres = Adres.van({"type": "Adres", "verblijfadres": verblijfadres})
    assert adres is not None
    assert adres.regels == regels


def test_where_nothing_is_known_there_is_no_address() -> None:
    for plaats in (None, {}, {"type": "VerblijfplaatsOnbekend", "verblijfadres": {}, "functieAdres": None}):
        assert Adres.van(plaats) is None


def test_a_letter_address_and_one_in_doubt_are_told_as_such() -> None:
    plaats = {"verblijfadres": {"woonplaats": "X"}}
    assert Adres.van(plaats | {"functieAdres": {"code": "B"}, "inOnderzoek": True}) == Adres(("X",), True, True)
    assert Adres.van(plaats | {"functieAdres": {"code": "W"}, "inOnderzoek": False}) == Adres(("X",), False, False)


@pytest.mark.parametrize(
    ("naam", "tekst"),
    [
        ({"volledigeNaam": "Jan van den Berg", "voornamen": "Jan"}, "Jan van den Berg"),
        ({"voornamen": "Jan", "voorvoegsel": "van den", "geslachtsnaam": "Berg"}, "Jan van den Berg"),
        ({"geslachtsnaam": "."}, "."),
        ({}, None),
    ],
)
def test_a_name_is_the_brps_own_or_made_of_its_parts(naam, tekst) -> None:
    assert volledige_naam(naam) == tekst


@pytest.mark.regel("D7")
@pytest.mark.parametrize(
    ("geboren", "twaalf", "zestien"),
    [
        (date(2014, 5, 5), date(2026, 5, 5), date(2030, 5, 5)),
        (date(2016, 2, 29), date(2028, 2, 29), date(2032, 2, 29)),
        (date(2012, 2, 29), date(2024, 2, 29), date(2028, 2, 29)),
        (JaarMaand(2014, 5), date(2026, 5, 1), date(2030, 5, 31)),
        (JaarMaand(2013, 2), date(2025, 2, 1), date(2029, 2, 28)),
        (JaarMaand(2012, 2), date(2024, 2, 1), date(2028, 2, 29)),
        (Jaar(2014), date(2026, 1, 1), date(2030, 12, 31)),
    ],
)
def test_twelve_comes_as_early_and_sixteen_as_late_as_it_can(geboren, twaalf, zestien) -> None:
    dagen = {date.fromordinal(dag.toordinal() + rond): dag for dag in (twaalf, zestien) for rond in (-1, 0)}
    assert [leeftijdsband(dag, geboren) for dag in sorted(dagen)] == [
        Leeftijdsband.ONDER_12,
        Leeftijdsband.VAN_12_TOT_EN_MET_15,
        Leeftijdsband.VAN_12_TOT_EN_MET_15,
        Leeftijdsband.VANAF_16,
    ]


@pytest.mark.parametrize(
    ("geboorte", "geboren"),
    [
        ({"datum": "2012-05-05"}, date(2012, 5, 5)),
        ({"jaar": 2012, "maand": 5}, JaarMaand(2012, 5)),
        ({"jaar": 2012}, Jaar(2012)),
        ({}, None),
        (None, None),
    ],
)
def test_what_was_stored_is_read_as_it_was(geboorte, geboren) -> None:
    stored = {
        "naam": {},
        "geboorte": geboorte,
        "geslacht": "O",
        "verblijfplaats": None,
        "woongemeente": None,
        "geheim": False,
    }
    kaart = pak_kaart_uit(uuid4(), 1, json.dumps(stored).encode(), date(2026, 1, 1))
    assert (kaart.geboren, kaart.peildatum) == (geboren, date(2026, 1, 1))
    later = pak_kaart_uit(uuid4(), 1, json.dumps(stored | {"peildatum": "2026-03-04"}).encode(), date(2026, 1, 1))
    assert later.peildatum == date(2026, 3, 4)


def test_an_address_that_stands_there_is_not_told_of_who_is_secret() -> None:
    adres = {"verblijfadres": {"korteStraatnaam": "Geheimstraat"}}
    stored = {
        "naam": {},
        "geboorte": None,
        "geslacht": "O",
        "verblijfplaats": adres,
        "woongemeente": None,
        "geheim": True,
    }
    assert pak_kaart_uit(uuid4(), 1, json.dumps(stored).encode(), date(2026, 1, 1)).adres is None
