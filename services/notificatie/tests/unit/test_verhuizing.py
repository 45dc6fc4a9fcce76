"""Who is told of a move, and until when (law 7.1.2.3(1)(g))."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.http.deelnemers import Melder, Verhuisontvangers
from notificatie.domain.notificatie import Soort
from notificatie.domain.ontvangers import OntvangerSoort
from notificatie.domain.verhuizing import Verhuizing, te_vertellen

OP = datetime(2026, 11, 22, 12, tzinfo=UTC)
EEN = Verhuizing(uuid4(), 3, OP, "0392", None, OP)


@pytest.mark.parametrize(("na", "nieuws"), [(0, True), (7 * 86_400 - 1, True), (7 * 86_400, False)])
def test_what_happened_a_week_ago_is_told_to_nobody_any_more(na: int, nieuws: bool) -> None:
    assert EEN.is_nieuws(OP + timedelta(seconds=na)) is nieuws


def test_each_reporter_and_each_coordinator_is_told_of_the_same_move() -> None:
    melders = [Melder(account=uuid4(), afgegeven_op=OP - timedelta(days=n)) for n in (1, 2)]
    verteld = list(te_vertellen(EEN, Verhuisontvangers(melders=melders, convenanten=["amsterdam", "haarlem"])))
    assert [(each.ontvanger.soort, each.ontvanger.naam, each.signaal_op) for each in verteld] == [
        *((OntvangerSoort.ACCOUNT, str(each.account), each.afgegeven_op) for each in melders),
        (OntvangerSoort.COORDINATOR, "amsterdam", None),
        (OntvangerSoort.COORDINATOR, "haarlem", None),
    ]
    assert {(each.soort, each.oorzaak) for each in verteld} == {(Soort.VERHUIZING, EEN.oorzaak)}


def test_another_version_is_another_move() -> None:
    volgende = Verhuizing(EEN.persoon_ref, 4, OP, "0392", None, OP)
    assert volgende.oorzaak.id != EEN.oorzaak.id == Verhuizing(EEN.persoon_ref, 3, OP, None, None, OP).oorzaak.id
