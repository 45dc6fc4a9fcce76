"""An id of one kind in the place of another does not pass the type checker: both are UUIDs to PostgreSQL and to Python."""

import subprocess
import sys

import pytest

from lokaal.paths import ROOT

GIVEN = """
from datetime import date
from uuid import uuid4
from contracts.base import AccountId, MatchId, OuderRef, PersoonRef, ProfessionalId, SignaalId
from match.application.ports import EigenMatchRepository
from match.domain.match import Match
from match.domain.paren import Paar, match_id
from match.domain.signaal import Betrokkene, Ouderband, Persoonstand, PersoonStatus
from contracts.match import MatchSoort
from platformkit.executor import UnitOfWork
signaal, persoon, ouder = SignaalId(uuid4()), PersoonRef(uuid4()), OuderRef(uuid4())
professional, account, match = ProfessionalId(uuid4()), AccountId(uuid4()), MatchId(uuid4())
async def asked(matches: EigenMatchRepository, work: UnitOfWork, paar: Paar, oud: Match) -> None:
    %s
"""
RIGHT = (
    "Persoonstand(persoon, 1, PersoonStatus.IN_LEVEN)",
    "match_id(MatchSoort.CLIENT, signaal, signaal)",
    "await matches.een(work, account, match, voorbij_na=date.today())",
)
SWAPPED = (
    "Persoonstand(signaal, 1, PersoonStatus.IN_LEVEN)",
    "match_id(MatchSoort.CLIENT, signaal, persoon)",
    "await matches.een(work, match, account, voorbij_na=date.today())",
    "Ouderband(ouder_ref=persoon, persoon_ref=ouder, sinds=None, sinds_versie=1, sinds_gewijzigd=False)",
    "Betrokkene(signaal, persoon, account, professional, uuid4(), '', '', '')",
    "match_id(MatchSoort.CLIENT, signaal, uuid4())",
    "oud._replace(persoon_a=paar.a.account)",
)


@pytest.mark.timeout(240)
def test_a_swapped_id_is_found() -> None:
    lines = [*RIGHT, *SWAPPED]
    source = GIVEN % "\n    ".join(lines)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "-c", source],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    first = source.splitlines().index(f"    {lines[0]}") + 1
    wrong = {int(line.split(":")[1]) - first for line in done.stdout.splitlines() if "[arg-type]" in line}
    assert wrong == {lines.index(each) for each in SWAPPED}, done.stdout + done.stderr
