"""Who is told of a match."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from contracts.match import BetrokkenProfessional, MatchBeeindigd, MatchOntstaan, MatchReden
from contracts.signaal import Organisatiesoort
from notificatie.domain.ontvangers import Ontvanger, OntvangerSoort, eigen_signaal_op, ontvangers, was_onjuist

NU = "2026-11-22T12:00:00Z"


def match(*kinds: tuple[str, str], **other: Any) -> dict[str, Any]:
    sides = [
        BetrokkenProfessional(
            signaal_id=uuid4(),
            persoon_ref=uuid4(),
            professional=uuid4(),
            account=uuid4(),
            organisatie=uuid4(),
            organisatiesoort=Organisatiesoort(kind),
            convenant=convenant,
            gemeente="0363",
        )
        for kind, convenant in kinds
    ]
    return {
        "match_id": uuid4(),
        "soort": "gezin",
        "signalen": tuple(side.signaal_id for side in sides),
        "personen": tuple(side.persoon_ref for side in sides),
        "professionals": tuple(sides),
        "oorzaak": {"soort": "signaal-afgegeven", "id": sides[0].signaal_id, "op": NU},
        "einddatum": "2028-11-22",
        "status": "actief",
        **other,
    }


def coordinators(*kinds: tuple[str, str], regiepartij: bool | None = False) -> list[str]:
    told = ontvangers(MatchOntstaan(**match(*kinds, regiepartij=regiepartij)))
    return [each.naam for each in told if each.soort is OntvangerSoort.COORDINATOR]


@pytest.mark.regel("R101")
@pytest.mark.regel("R102")
def test_both_professionals_are_told_also_the_one_who_caused_it() -> None:
    event = MatchOntstaan(**match(("onderwijs", "a"), ("wijkteam", "a"), regiepartij=True))
    expected = [Ontvanger(OntvangerSoort.ACCOUNT, str(each.account)) for each in event.professionals]
    assert list(ontvangers(event)) == expected


@pytest.mark.regel("R103")
@pytest.mark.regel("R112")
def test_without_a_matchregie_party_the_coordinator_is_told() -> None:
    assert coordinators(("onderwijs", "a"), ("politie-en-justitie", "a")) == ["a"]


def test_two_convenants_have_two_coordinators() -> None:
    assert coordinators(("onderwijs", "b"), ("jeugdhulp", "a")) == ["a", "b"]


@pytest.mark.regel("R112")
def test_with_a_matchregie_party_he_is_not() -> None:
    assert coordinators(("onderwijs", "a"), ("ggd", "a"), regiepartij=True) == []


def test_where_match_did_not_say_he_is_asked_about_later() -> None:
    """An event from before match told it."""
    assert coordinators(("onderwijs", "a"), ("ggd", "b"), regiepartij=None) == ["a", "b"]


@pytest.mark.regel("D18")
def test_each_professional_hears_when_his_own_signal_was_issued_and_nobody_elses() -> None:
    issued = (datetime(2026, 5, 3, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
    sides = (("onderwijs", "a"), ("ggd", "a"))
    event = MatchOntstaan(**match(*sides, regiepartij=False, afgegeven_op=issued))
    assert [eigen_signaal_op(event, each) for each in ontvangers(event)] == [*issued, None]
    silent = MatchOntstaan(**match(*sides, regiepartij=False))
    assert [eigen_signaal_op(silent, each) for each in ontvangers(silent)] == [None] * 3


@pytest.mark.parametrize("reden", list(MatchReden))
def test_an_end_is_told_only_when_the_match_was_wrong(reden: MatchReden) -> None:
    wrong = {MatchReden.SIGNAAL_VERWIJDERD, MatchReden.OUDER_GECORRIGEERD}
    sides = (("onderwijs", "a"), ("ggd", "a"))
    assert was_onjuist(MatchBeeindigd(**match(*sides, status="beeindigd", reden=reden))) is (reden in wrong)
    assert not was_onjuist(MatchOntstaan(**match(*sides, reden=reden)))
