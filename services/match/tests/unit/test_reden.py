"""Why a match ended: the gravest of what is true of its sides (D18, O14)."""

from datetime import date, timedelta
from itertools import combinations_with_replacement
from uuid import uuid4

import pytest
from services.match.tests.bouwstenen import VANDAAG

from contracts.base import OuderRef
from contracts.match import MatchReden, NadereReden
from contracts.signaal import SignaalReden
from match.domain.reden import REDENEN, Gezin, Reden, Zijde, reden_van_einde
from match.domain.signaal import PersoonStatus, SignaalStatus

ACTIEF = Zijde(SignaalStatus.ACTIEF, None, date(2026, 1, 1), PersoonStatus.IN_LEVEN)
INACTIEF = ACTIEF._replace(status=SignaalStatus.INACTIEF)
BIJ_ERNST = [
    (MatchReden.SIGNAAL_VERWIJDERD, ACTIEF._replace(status=SignaalStatus.VERWIJDERD)),
    (MatchReden.SIGNAAL_VERNIETIGD, Zijde(SignaalStatus.VERNIETIGD, None, None, None)),
    (MatchReden.PERSOON_VERNIETIGD, ACTIEF._replace(persoon=PersoonStatus.VERNIETIGD)),
    (MatchReden.OVERLEDEN, ACTIEF._replace(persoon=PersoonStatus.OVERLEDEN)),
    (MatchReden.SIGNAAL_GEDEACTIVEERD, INACTIEF._replace(reden=SignaalReden.NIET_MEER_BETROKKEN)),
    (MatchReden.EINDDATUM, ACTIEF._replace(einddatum=VANDAAG)),
]
"""The gravest first: a signal that was wrong must be told by mail, an expired one is nothing special."""


MOEDER, VADER, STIEFVADER = (OuderRef(uuid4()) for _ in range(3))
NOOIT = Gezin({MOEDER}, {MOEDER})
"""Joined by a mother who never was one."""


def reden(a: Zijde, b: Zijde, gezin: Gezin | None = NOOIT, *, zelfde: bool = False) -> Reden:
    """The reason, the same from either side."""
    van_a, van_b = (
        reden_van_einde(een, ander, gezin, zelfde_professional=zelfde, vandaag=VANDAAG)
        for een, ander in ((a, b), (b, a))
    )
    assert van_a is van_b
    return van_a


@pytest.mark.regel("O14", "D18")
def test_the_gravest_reason_counts() -> None:
    for (ernstig, zijde), (_, minder) in combinations_with_replacement(BIJ_ERNST, 2):
        assert reden(zijde, minder) is ernstig
        assert reden(zijde, ACTIEF) is ernstig


@pytest.mark.regel("R023", "R065")
@pytest.mark.parametrize(
    ("van_signaal", "verwacht"),
    [
        (SignaalReden.VERLOPEN, MatchReden.EINDDATUM),
        (SignaalReden.DRIEENTWINTIG, MatchReden.EINDDATUM),
        (SignaalReden.OVERLEDEN, MatchReden.OVERLEDEN),
        (SignaalReden.NIET_MEER_BETROKKEN, MatchReden.SIGNAAL_GEDEACTIVEERD),
        (None, MatchReden.SIGNAAL_GEDEACTIVEERD),
    ],
)
def test_an_inactive_signal_says_why_itself(van_signaal: SignaalReden | None, verwacht: MatchReden) -> None:
    # Its einddatum has passed as well: what signaal said of it goes first.
    assert reden(INACTIEF._replace(reden=van_signaal, einddatum=VANDAAG), ACTIEF) is verwacht


@pytest.mark.regel("D7")
def test_an_einddatum_is_a_reason_from_that_day_on() -> None:
    gevonden = [reden(ACTIEF._replace(einddatum=VANDAAG + timedelta(days=n)), ACTIEF) for n in (-1, 0, 1)]
    assert gevonden == [MatchReden.EINDDATUM, MatchReden.EINDDATUM, MatchReden.OUDER_GECORRIGEERD]


@pytest.mark.regel("O14")
def test_a_destroyed_signal_on_a_dead_youth_has_the_reason_of_the_signal() -> None:
    assert reden(Zijde(SignaalStatus.VERNIETIGD, None, None, PersoonStatus.OVERLEDEN), ACTIEF) is (
        MatchReden.SIGNAAL_VERNIETIGD
    )


@pytest.mark.regel("R083", "D18")
@pytest.mark.parametrize("persoon", [PersoonStatus.IN_LEVEN, None])
def test_of_two_active_signals_only_what_joined_them_can_be_gone(persoon: PersoonStatus | None) -> None:
    """A parent was corrected, or two accounts turned out to be one person's; a client match has no parent to lose."""
    zijde = ACTIEF._replace(persoon=persoon)
    assert reden(zijde, zijde) is MatchReden.OUDER_GECORRIGEERD
    assert reden(zijde, zijde, zelfde=True) is MatchReden.ZELFDE_PROFESSIONAL
    assert reden(zijde, zijde, None) is MatchReden.ZELFDE_PROFESSIONAL
    assert reden(zijde, zijde, None, zelfde=True) is MatchReden.ZELFDE_PROFESSIONAL


@pytest.mark.regel("R083", "D18")
@pytest.mark.parametrize(
    ("gedeeld", "nooit", "onjuist"),
    [
        ({MOEDER}, {MOEDER}, True),
        ({MOEDER}, set(), False),
        ({MOEDER}, {VADER}, False),
        ({MOEDER, VADER}, {MOEDER}, False),
        ({MOEDER, VADER}, {MOEDER, VADER}, True),
        ({MOEDER}, {MOEDER, STIEFVADER}, True),
        (set(), {MOEDER}, False),
        (set(), set(), False),
    ],
)
def test_only_what_never_was_right_is_called_wrong(gedeeld: set[OuderRef], nooit: set[OuderRef], onjuist: bool) -> None:
    """A parent who went by a later event, such as an adoption, was one: whatever rested on him was right."""
    verwacht = MatchReden.OUDER_GECORRIGEERD if onjuist else NadereReden.OUDER_GEWIJZIGD
    assert reden(ACTIEF, ACTIEF, Gezin(gedeeld, nooit)) is verwacht


def test_every_reason_is_found_by_what_is_stored() -> None:
    assert {str(each): each for each in (*MatchReden, *NadereReden)} == REDENEN
