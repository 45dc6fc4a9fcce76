"""What others are told when a person is stored again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from brp_proxy.domain.persoon import eerste, opnieuw
from contracts.persoon import PersoonGewijzigd, PersoonVastgelegd, PersoonVerhuisd

NU = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NU + timedelta(days=1)
MOEDER, VADER = UUID(int=1), UUID(int=2)


def bekende(*ouders: UUID, woongemeente: str | None = "0363"):
    return eerste(uuid4(), ouders, woongemeente, geheim=False, nu=NU)[0]


def test_first_parents_are_never_the_cause_of_a_match() -> None:
    persoon, event = eerste(uuid4(), {MOEDER, VADER}, "0363", geheim=False, nu=NU)
    assert type(event) is PersoonVastgelegd
    assert persoon.versie == 1
    assert [(o.sinds, o.sinds_versie, o.sinds_gewijzigd) for o in event.ouders] == [(NU, 1, False)] * 2


@pytest.mark.parametrize(
    ("ouders", "woongemeente", "geheim", "soort"),
    [
        ({MOEDER}, "0363", False, PersoonVastgelegd),
        ({MOEDER}, "0392", False, PersoonVerhuisd),
        ({MOEDER}, None, False, PersoonVerhuisd),
        ({MOEDER}, None, True, PersoonGewijzigd),
        ({MOEDER, VADER}, "0363", False, PersoonGewijzigd),
        (set(), "0363", False, PersoonGewijzigd),
        ({VADER}, "0392", False, PersoonGewijzigd),
    ],
)
def test_exactly_one_event_tells_what_changed(ouders, woongemeente, geheim, soort) -> None:
    persoon, event = opnieuw(bekende(MOEDER), ouders, woongemeente, geheim=geheim, nu=LATER)
    assert type(event) is soort
    assert persoon.versie == 2
    assert (event.woongemeente, event.geheim) == (woongemeente, geheim)
    assert {o.ouder_ref for o in event.ouders} == ouders


@pytest.mark.regel("R083")
def test_a_parent_who_came_later_is_marked_and_the_others_keep_their_moment() -> None:
    vorige, _ = opnieuw(bekende(MOEDER), {MOEDER}, "0363", geheim=False, nu=NU)
    _, event = opnieuw(vorige, {MOEDER, VADER}, "0363", geheim=False, nu=LATER)
    moeder, vader = event.ouders
    assert (moeder.sinds, moeder.sinds_versie, moeder.sinds_gewijzigd) == (NU, 1, False)
    assert (vader.sinds, vader.sinds_versie, vader.sinds_gewijzigd) == (LATER, 3, True)
