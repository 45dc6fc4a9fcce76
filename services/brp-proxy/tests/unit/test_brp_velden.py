"""What is asked of the BRP for what purpose."""

import csv
from pathlib import Path

import pytest

import lokaal.simulatoren.brp
from brp_proxy.adapters.http import brp_velden
from brp_proxy.adapters.http.brp_velden import VELDEN, velden
from brp_proxy.domain.doel import Verwerkingsdoel
from contracts.http.persoonsverwijzingen import Doel

TOEGESTAAN = Path(lokaal.simulatoren.brp.__file__).parent / "data" / "fields-filtered-Persoon.csv"


@pytest.mark.parametrize("doel", Verwerkingsdoel)
def test_every_field_that_is_asked_stands_in_the_table_and_may_be_asked(doel) -> None:
    gevraagd = velden(doel)
    assert set(gevraagd) <= VELDEN.keys()
    assert all(doel in VELDEN[veld] for veld in gevraagd)
    with TOEGESTAAN.open(encoding="utf-8-sig") as file:
        assert set(gevraagd) <= {row["pad"] for row in csv.DictReader(file)}


@pytest.mark.regel("R032")
def test_nothing_is_asked_of_which_nobody_said_that_it_is_needed(monkeypatch) -> None:
    monkeypatch.setattr(brp_velden, "VELDEN", {"naam.voornamen": {Verwerkingsdoel.SIGNAAL}, "gezag": set()})
    assert velden(Verwerkingsdoel.SIGNAAL) == ("naam.voornamen",)
    with pytest.raises(LookupError):
        velden(Verwerkingsdoel.VOLGEN)


@pytest.mark.parametrize("doel", ["", "nieuwsgierig", "SIGNAAL"])
def test_an_unknown_purpose_is_refused(doel) -> None:
    with pytest.raises(LookupError):
        velden(doel)


def test_the_api_knows_no_purpose_that_is_not_ours_and_following_is_none_of_the_apis() -> None:
    assert {Verwerkingsdoel(doel) for doel in Doel} == {Verwerkingsdoel.SIGNAAL}


def test_of_a_parent_is_asked_whether_he_is_there_and_nothing_else() -> None:
    assert velden(Verwerkingsdoel.OUDER) == ("burgerservicenummer",)
