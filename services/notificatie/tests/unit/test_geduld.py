"""How long is tried, and when it is given up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.match import Oorzaak
from notificatie.domain.notificatie import Besluit, Geduld, Notificatie, Reden, Soort, Status
from notificatie.domain.ontvangers import Ontvanger, OntvangerSoort

NU = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EEN = Notificatie(
    id=uuid4(),
    soort=Soort.MATCH,
    oorzaak=Oorzaak(soort="signaal-afgegeven", id=uuid4(), op=NU),
    ontvanger=Ontvanger(OntvangerSoort.ACCOUNT, "x"),
    pogingen=1,
    onzeker=0,
    sinds=NU,
    traceparent=None,
)


def wacht(pogingen: int, spreiding: float) -> timedelta:
    besluit = Geduld().uitstel(replace(EEN, pogingen=pogingen), Reden.SMTP_NIET_BEREIKBAAR, NU, spreiding)
    assert besluit.status is Status.WACHTEND
    assert besluit.opnieuw_op is not None
    return besluit.opnieuw_op - NU


def test_the_wait_doubles_up_to_a_quarter_of_an_hour_and_is_spread() -> None:
    assert [wacht(n, 1.0).total_seconds() for n in (1, 2, 3)] == [2, 4, 8]
    assert wacht(100, 1.0) == timedelta(minutes=15)
    assert wacht(3, 0.0) == timedelta(seconds=6)


@pytest.mark.parametrize(("na", "status"), [(47.9, Status.WACHTEND), (48, Status.MISLUKT)])
def test_it_ends_after_two_days(na: float, status: Status) -> None:
    besluit = Geduld().uitstel(EEN, Reden.SMTP_NIET_BEREIKBAAR, NU + timedelta(hours=na), 0.5)
    assert (besluit.status, besluit.reden) == (status, Reden.SMTP_NIET_BEREIKBAAR)


def test_a_server_that_keeps_losing_its_answer_does_not_get_the_mail_for_two_days() -> None:
    def na(eerder: int, *, onzeker: bool) -> Besluit:
        return Geduld().uitstel(replace(EEN, onzeker=eerder), Reden.SMTP_NIET_BEREIKBAAR, NU, 0.5, onzeker=onzeker)

    assert na(4, onzeker=True) == Besluit(Status.MISLUKT, Reden.AFLEVERING_ONZEKER, onzeker=True)
    assert (na(3, onzeker=True).status, na(3, onzeker=True).onzeker) == (Status.WACHTEND, True)
    # Only that very answer counts: a server that takes nothing now, has not sent it once more.
    assert (na(4, onzeker=False).status, na(4, onzeker=False).onzeker) == (Status.WACHTEND, False)


@pytest.mark.parametrize(("keer", "op"), [(4, False), (5, True), (6, True)])
def test_who_had_it_so_often_without_noting_what_became_of_it_does_not_send_it_once_more(keer: int, op: bool) -> None:
    assert Geduld().is_op(replace(EEN, onzeker=keer)) is op
