"""Which signals match (R080-R084, R092, D4), and when a match changes."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from contracts.match import MatchReden, MatchSoort
from contracts.signaal import SignaalReden
from match.domain.match import Match
from match.domain.paren import match_id, paren
from match.domain.reden import Zijde, reden_van_einde
from match.domain.signaal import Ouderband, PersoonStatus, Signaal, SignaalStatus

VANDAAG = date(2025, 6, 1)
NU = datetime(2025, 6, 1, 9, tzinfo=UTC)


def signaal(jeugdige: UUID, **anders: object) -> Signaal:
    gewoon = Signaal(
        uuid4(), jeugdige, uuid4(), uuid4(), uuid4(), "jeugdhulp", "c", "0392", NU, date(2025, 6, 2),
        SignaalStatus.ACTIEF, PersoonStatus.IN_LEVEN,
    )  # fmt: skip
    return gewoon._replace(**anders)


def band(kind: UUID, ouder: UUID) -> Ouderband:
    return Ouderband(kind, ouder, NU, 1, False)


def soorten(signalen: list[Signaal], banden: list[Ouderband] = []) -> list[str]:  # noqa: B006
    rond = {s.persoon_ref for s in signalen}
    return sorted(paar.soort for paar in paren(signalen, banden, VANDAAG, rond=rond).values())


@pytest.mark.regel("R080")
def test_every_unordered_pair_on_one_youth() -> None:
    jeugdige = uuid4()
    assert soorten([signaal(jeugdige) for _ in range(4)]) == ["client"] * 6


@pytest.mark.regel("R092")
def test_one_organisation_matches_and_one_person_does_not() -> None:
    jeugdige, organisatie, professional = uuid4(), uuid4(), uuid4()
    assert soorten([signaal(jeugdige, organisatie=organisatie) for _ in range(2)]) == ["client"]
    assert soorten([signaal(jeugdige, professional=professional) for _ in range(2)]) == []


@pytest.mark.regel("R082")
@pytest.mark.regel("R084")
def test_two_shared_parents_make_one_family_match() -> None:
    kind, zus, vader, moeder = (uuid4() for _ in range(4))
    banden = [band(x, y) for x in (kind, zus) for y in (moeder, vader)]
    assert soorten([signaal(kind), signaal(zus)], banden) == ["gezin"]
    assert soorten([signaal(kind), signaal(zus)], banden[:3]) == ["gezin"]
    assert soorten([signaal(kind), signaal(zus)], banden[:2]) == []


def test_a_family_match_is_no_chain() -> None:
    """D18: siblings of a half-sibling share nothing with the first."""
    kind, half, ver, vader, moeder = (uuid4() for _ in range(5))
    banden = [band(kind, vader), band(half, vader), band(half, moeder), band(ver, moeder)]
    assert soorten([signaal(kind), signaal(half), signaal(ver)], banden) == ["gezin", "gezin"]


@pytest.mark.parametrize(
    "anders",
    [
        {"status": SignaalStatus.INACTIEF},
        {"status": SignaalStatus.VERWIJDERD},
        {"einddatum": VANDAAG},
        {"persoon": PersoonStatus.OVERLEDEN},
        {"persoon": PersoonStatus.VERNIETIGD},
    ],
)
def test_only_active_signals_match(anders: dict[str, object]) -> None:
    jeugdige = uuid4()
    assert soorten([signaal(jeugdige), signaal(jeugdige, **anders)]) == []


def test_a_youth_of_whom_nothing_arrived_yet_hides_no_signal() -> None:
    jeugdige = uuid4()
    assert soorten([signaal(jeugdige, persoon=None), signaal(jeugdige, persoon=None)]) == ["client"]


def test_the_id_depends_on_kind_and_signals_alone() -> None:
    a, b = uuid4(), uuid4()
    assert match_id(MatchSoort.CLIENT, a, b) == match_id(MatchSoort.CLIENT, b, a)
    assert match_id(MatchSoort.CLIENT, a, b) != match_id(MatchSoort.GEZIN, a, b)


def test_a_version_rises_and_a_new_generation_is_above_all() -> None:
    jeugdige = uuid4()
    (paar,) = paren([signaal(jeugdige), signaal(jeugdige)], [], VANDAAG, rond={jeugdige}).values()
    eerste = Match.ontstaan(paar, 1, NU)
    assert eerste.herzien(paar, 1, NU) is None
    einde = eerste.beeindigd(MatchReden.EINDDATUM, 1, NU)
    weer = einde.herzien(paar, 1, NU)
    assert weer is not None
    assert [m.versie - (1 << 32) for m in (eerste, einde, weer)] == [1, 2, 3]
    assert weer.beeindigd(MatchReden.EINDDATUM, 2, NU).versie == (2 << 32) + 1


ACTIEF = Zijde(SignaalStatus.ACTIEF, None, date(2026, 1, 1), PersoonStatus.IN_LEVEN)


@pytest.mark.parametrize(
    ("zijde", "reden"),
    [
        (ACTIEF, MatchReden.OUDER_GECORRIGEERD),
        (ACTIEF._replace(einddatum=VANDAAG), MatchReden.EINDDATUM),
        (ACTIEF._replace(status=SignaalStatus.INACTIEF, reden=SignaalReden.VERLOPEN), MatchReden.EINDDATUM),
        (ACTIEF._replace(status=SignaalStatus.INACTIEF, reden=SignaalReden.DRIEENTWINTIG), MatchReden.EINDDATUM),
        (ACTIEF._replace(status=SignaalStatus.INACTIEF, reden=SignaalReden.OVERLEDEN), MatchReden.OVERLEDEN),
        (ACTIEF._replace(status=SignaalStatus.INACTIEF), MatchReden.SIGNAAL_GEDEACTIVEERD),
        (ACTIEF._replace(status=SignaalStatus.VERWIJDERD), MatchReden.SIGNAAL_VERWIJDERD),
        (Zijde(SignaalStatus.VERNIETIGD, None, None, None), MatchReden.SIGNAAL_VERNIETIGD),
        (ACTIEF._replace(persoon=PersoonStatus.OVERLEDEN), MatchReden.OVERLEDEN),
        (ACTIEF._replace(persoon=PersoonStatus.VERNIETIGD), MatchReden.PERSOON_VERNIETIGD),
    ],
)
def test_the_reason_of_an_end_from_either_side(zijde: Zijde, reden: MatchReden) -> None:
    for a, b in ((zijde, ACTIEF), (ACTIEF, zijde)):
        assert reden_van_einde(MatchSoort.GEZIN, a, b, zelfde_professional=False, vandaag=VANDAAG) is reden


def test_a_wrong_signal_is_the_gravest_reason() -> None:
    a = ACTIEF._replace(status=SignaalStatus.INACTIEF, persoon=PersoonStatus.OVERLEDEN)
    b = ACTIEF._replace(status=SignaalStatus.VERWIJDERD)
    gevonden = reden_van_einde(MatchSoort.CLIENT, a, b, zelfde_professional=False, vandaag=VANDAAG)
    assert gevonden is MatchReden.SIGNAAL_VERWIJDERD
