"""Rules that tests name exist, and the table of `make regels` is right."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "regels.py"
_spec = importlib.util.spec_from_file_location("regels", FILE)
assert _spec is not None
assert _spec.loader is not None
regels = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(regels)


def test_every_rule_that_a_test_names_exists() -> None:
    """R-numbers stand in docs/regels.yaml; D, C and O are decisions, contradictions and open points."""
    known = regels.rules()
    wrong = [rule for rule in regels.coverage() if rule not in known and not re.fullmatch(r"[DCO][0-9]{1,2}", rule)]
    assert wrong == []


def test_every_rule_that_a_service_claims_has_a_test() -> None:
    """Rules for people ([P], [I]) are claimed where the system helps with them, and may go untested."""
    known, tests, claims = regels.rules(), regels.coverage(), regels.claims()
    assert "R082" in claims["services/match/README.md"]
    unknown = {place: [rule for rule in named if rule not in known] for place, named in claims.items()}
    untested = {
        place: [rule for rule in named if rule in known and known[rule][0] == "S" and rule not in tests]
        for place, named in claims.items()
    }
    assert not any(unknown.values()), unknown
    assert not any(untested.values()), untested


def test_a_range_claims_what_is_in_it() -> None:
    assert regels.claimed("(R081, R083-R085, D4)") == ["R081", "R083", "R084", "R085"]


def test_the_list_of_rules_is_whole() -> None:
    known = regels.rules()
    assert {mark for mark, _ in known.values()} == {"S", "P", "I"}
    assert list(known) == sorted(known)
    assert all(line and len(line.split()) <= 10 for _, line in known.values())


def test_markers_are_found_wherever_they_stand() -> None:
    source = """
pytestmark = [pytest.mark.regel("R001")]
@pytest.mark.regel("R002", "R003")
async def test_a(): ...
@pytest.mark.regel("R004")
class TestB: ...
@pytest.mark.parametrize("a", [pytest.param(1, marks=pytest.mark.regel("R005"))])
def test_c(a): ...
"""
    assert sorted(rule for rule, _ in regels.marked(source)) == ["R001", "R002", "R003", "R004", "R005"]


def test_the_table_says_what_is_open() -> None:
    said = subprocess.run([sys.executable, FILE], capture_output=True, text=True, check=True).stdout
    assert "R005 [S] a signal has no place for content" in said
    assert re.search(r"Open: [0-9]+ of [0-9]+ \[S\] rules", said)
