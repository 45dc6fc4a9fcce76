"""What others are told when a person is stored again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from brp_proxy.domain.events import vertel
from brp_proxy.domain.persoon import Persoon, vastgelegd
from contracts.persoon import PersoonGewijzigd, PersoonVastgelegd, PersoonVerhuisd

NU = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NU + timedelta(days=1)
MOEDER, VADER = UUID(int=1), UUID(int=2)


def eerste(*ouders: UUID) -> Persoon:
    return vastgelegd(uuid4(), None, ouders, woongemeente="0363", geheim=False, nu=NU)


def opnieuw(vorige, ouders, woongemeente="0363", *, geheim=False, nu=LATER):
    persoon = vastgelegd(vorige.persoon_ref, vorige, ouders, woongemeente=woongemeente, geheim=geheim, nu=nu)
    return persoon, vertel(persoon, vorige)


def test_first_parents_are_never_the_cause_of_a_match() -> None:
    persoon = eerste(MOEDER, VADER)
    event = vertel(persoon, None)
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
    persoon, event = opnieuw(eerste(MOEDER), ouders, woongemeente, geheim=geheim)
    assert type(event) is soort
    assert persoon.versie == 2
    assert (event.woongemeente, event.geheim) == (woongemeente, geheim)
    assert {o.ouder_ref for o in event.ouders} == ouders


@pytest.mark.regel("R083")
def test_a_parent_who_came_later_is_marked_and_the_others_keep_their_moment() -> None:
    vorige, _ = opnieuw(eerste(MOEDER), {MOEDER}, nu=NU)
    _, event = opnieuw(vorige, {MOEDER, VADER})
    moeder, vader = event.ouders
    assert (moeder.sinds, moeder.sinds_versie, moeder.sinds_gewijzigd) == (NU, 1, False)
    assert (vader.sinds, vader.sinds_versie, vader.sinds_gewijzigd) == (LATER, 3, True)
