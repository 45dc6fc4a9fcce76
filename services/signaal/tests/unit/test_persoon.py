"""What becomes of a signal with its youth (D1, D6, R022, R023)."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import signaal_voorbeelden as voorbeelden

from contracts.persoon import PersoonVernietigdReden
from contracts.signaal import SignaalReden, SignaalStatus
from signaal.domain.persoon import Persoonstand, PersoonStatus


def stand(*, geheim: bool = False, versie: int = 3) -> Persoonstand:
    return Persoonstand(uuid4(), versie, PersoonStatus.IN_LEVEN, "0363", geheim)


def test_an_answer_without_a_version_is_older_than_everything_that_was_told() -> None:
    antwoord = voorbeelden.persoon()
    assert Persoonstand.van_verwijzing(antwoord.model_copy(update={"versie": None})).versie == 0
    assert Persoonstand.van_verwijzing(antwoord.model_copy(update={"versie": 7})).versie == 7


@pytest.mark.regel("D1")
@pytest.mark.parametrize(("hier", "antwoord"), [(True, False), (False, True), (True, True), (False, False)])
def test_of_two_facts_on_secrecy_the_secret_one_wins(hier: bool, antwoord: bool) -> None:
    bekend = stand(geheim=hier)
    assert bekend.beschermd(stand(geheim=antwoord)) == replace(bekend, geheim=hier or antwoord)


def test_it_is_from_before_a_move_by_the_version_of_its_youth_or_else_by_its_moment() -> None:
    op_versie_3 = replace(voorbeelden.signaal(), persoon_versie=3)
    later = op_versie_3.afgegeven_op + timedelta(days=1)
    assert [op_versie_3.is_van_voor(versie, later) for versie in (2, 3, 4)] == [False, False, True]
    zonder = replace(op_versie_3, persoon_versie=None)
    eerder = zonder.afgegeven_op - timedelta(seconds=1)
    momenten = (eerder, zonder.afgegeven_op, later)
    assert [zonder.is_van_voor(4, moment) for moment in momenten] == [False, False, True]


@pytest.mark.regel("R022", "R023")
@pytest.mark.parametrize(
    ("persoon", "reden"),
    [
        (PersoonVernietigdReden.DRIEENTWINTIG, SignaalReden.DRIEENTWINTIG),
        (PersoonVernietigdReden.OVERLEDEN, SignaalReden.OVERLEDEN),
        (PersoonVernietigdReden.LAATSTE_SIGNAAL, None),
        (PersoonVernietigdReden.LEASE, None),
    ],
)
def test_it_goes_with_its_youth_unless_he_was_let_go_as_one_without_signals(
    persoon: PersoonVernietigdReden, reden: SignaalReden | None
) -> None:
    gemaakt = voorbeelden.signaal()
    assert gemaakt.vernietigd_met(persoon) is reden
    assert gemaakt.sluiten(voorbeelden.VANDAAG).vernietigd_met(persoon) is reden
    verwijderd = replace(gemaakt, status=SignaalStatus.VERWIJDERD, reden=SignaalReden.TEN_ONRECHTE)
    assert verwijderd.vernietigd_met(persoon) is SignaalReden.TEN_ONRECHTE


@pytest.mark.regel("R023")
def test_it_ends_with_a_death_and_one_that_had_expired_has_expired() -> None:
    gemaakt = voorbeelden.signaal()
    laatste = gemaakt.einddatum - timedelta(days=1)
    geeindigd = gemaakt.overleden(laatste)
    assert (geeindigd.reden, geeindigd.inactief_sinds) == (SignaalReden.OVERLEDEN, laatste)
    assert (geeindigd.status, geeindigd.versie) == (SignaalStatus.INACTIEF, gemaakt.versie + 1)
    assert gemaakt.overleden(gemaakt.einddatum).reden is SignaalReden.VERLOPEN
