"""A signal, from its issue to its end."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import signaal_voorbeelden as voorbeelden

from contracts.signaal import SignaalReden, SignaalStatus
from contracts.statistiek import Woonklasse
from platformkit.errors import DomainError
from signaal.domain import events
from signaal.domain.signaal import Telling


@pytest.mark.regel("R234")
@pytest.mark.parametrize(
    ("woont", "geheim", "gemeente", "woongemeente", "klasse"),
    [
        ("0363", False, "0363", "0363", Woonklasse.GEMEENTE),
        ("0457", False, "0363", "0363", Woonklasse.GEMEENTE),
        ("0370", False, "0439", "0439", Woonklasse.GEMEENTE),
        ("0599", False, "0439", "0599", Woonklasse.BUITEN_REGIO),
        (None, False, "0439", None, Woonklasse.GEHEIM_OF_ONBEKEND),
        ("0363", True, "0439", None, Woonklasse.GEHEIM_OF_ONBEKEND),
        (None, True, "0439", None, Woonklasse.GEHEIM_OF_ONBEKEND),
    ],
)
def test_it_is_issued_under_the_woongemeente_when_the_accession_covers_it_else_under_the_locations(
    woont: str | None, geheim: bool, gemeente: str, woongemeente: str | None, klasse: Woonklasse
) -> None:
    persoon = voorbeelden.persoon(woongemeente=woont, geheim=geheim)
    gemaakt = voorbeelden.signaal(persoon)
    telling = Telling.van(gemaakt, persoon, voorbeelden.REGIO)
    assert (gemaakt.convenant, gemaakt.gemeente, gemaakt.woongemeente) == ("regio-amsterdam", gemeente, woongemeente)
    assert telling.woonklasse is klasse
    assert telling.woongemeente == (woongemeente if klasse is Woonklasse.GEMEENTE else None)
    assert telling.week == "2026-W47"


@pytest.mark.regel("R060", "R065")
def test_past_its_einddatum_it_is_inactive_although_nobody_swept() -> None:
    gemaakt = voorbeelden.signaal()
    assert gemaakt.status_op(gemaakt.einddatum - timedelta(days=1)) is SignaalStatus.ACTIEF
    assert gemaakt.status_op(gemaakt.einddatum) is SignaalStatus.INACTIEF


@pytest.mark.regel("D7")
def test_it_is_inactive_since_it_was_closed_or_else_since_its_einddatum() -> None:
    gemaakt = voorbeelden.signaal()
    laatste, gesloten = gemaakt.einddatum - timedelta(days=1), gemaakt.sluiten(voorbeelden.VANDAAG)
    assert gemaakt.inactief_sinds_op(laatste) is None
    assert gemaakt.inactief_sinds_op(gemaakt.einddatum) == gemaakt.einddatum
    for dag in (laatste, gemaakt.einddatum):
        assert gesloten.inactief_sinds_op(dag) == voorbeelden.VANDAAG


@pytest.mark.regel("D7")
def test_no_calendar_takes_back_that_it_was_removed() -> None:
    verwijderd = replace(voorbeelden.signaal(), status=SignaalStatus.VERWIJDERD)
    assert verwijderd.status_op(verwijderd.einddatum) is SignaalStatus.VERWIJDERD


@pytest.mark.regel("R063", "R064")
def test_its_professional_closes_it_once() -> None:
    gesloten = voorbeelden.signaal().sluiten(voorbeelden.VANDAAG)
    assert (gesloten.status, gesloten.reden) == (SignaalStatus.INACTIEF, SignaalReden.NIET_MEER_BETROKKEN)
    assert (gesloten.versie, gesloten.inactief_sinds) == (2, voorbeelden.VANDAAG)
    with pytest.raises(DomainError) as refused:
        gesloten.sluiten(voorbeelden.VANDAAG)
    assert refused.value.code == "signaal-niet-actief"


def test_an_expired_signal_cannot_be_closed() -> None:
    gemaakt = voorbeelden.signaal()
    with pytest.raises(DomainError) as refused:
        gemaakt.sluiten(gemaakt.einddatum)
    assert refused.value.code == "signaal-niet-actief"


@pytest.mark.regel("R074")
def test_it_expires_at_its_einddatum_whenever_that_is_noticed() -> None:
    verlopen = voorbeelden.signaal().verlopen()
    assert (verlopen.status, verlopen.reden) == (SignaalStatus.INACTIEF, SignaalReden.VERLOPEN)
    assert (verlopen.versie, verlopen.inactief_sinds) == (2, date(2027, 11, 22))


@pytest.mark.regel("R003", "R005")
def test_its_events_carry_the_whole_state_and_nothing_of_the_address() -> None:
    gemaakt = voorbeelden.signaal()
    told = events.afgegeven(gemaakt).model_dump()
    assert {name: getattr(gemaakt, name) for name in told} == told
    assert not {"woongemeente", "ingekort", "bsn"} & told.keys()
    assert events.gedeactiveerd(gemaakt.verlopen()).reden is SignaalReden.VERLOPEN


@pytest.mark.regel("R231")
def test_a_signal_of_the_kinderopvang_stays_in_the_region() -> None:
    assert events.afgegeven(voorbeelden.signaal(landelijk=False)).landelijk is False
