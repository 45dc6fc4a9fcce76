"""`make unit` runs every test that needs no server, and no other."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_PLANTED = """
def test_without(): pass
def test_servers(servers): pass
def test_database(database): pass
def test_system(system): pass
def test_itself():
    from lokaal import testing
    testing.database("signaal")
"""


def _unit() -> list[str]:
    """The words of the command that `make unit` carries out."""
    said = subprocess.run(["make", "-n", "unit"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in said.splitlines() if "pytest" in line]
    return line.split()


def test_every_folder_of_unit_tests_is_in_it() -> None:
    folders = {str(each.relative_to(ROOT)) for each in ROOT.glob("*/*/tests/unit") if any(each.rglob("test_*.py"))}
    assert folders
    assert folders | {"tests/contracts", "tests/architecture"} <= set(_unit())
    assert "--no-servers" in _unit()


def test_it_fails_where_a_server_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "test_planted.py"
    file.write_text(_PLANTED)
    options = [each for each in _unit() if each.startswith("-") and each != "-m"]
    shutil.copy(ROOT / "conftest.py", tmp_path)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    command += ["-c", str(ROOT / "pytest.ini"), "--rootdir", str(tmp_path), str(file)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    failed = set(re.findall(r"^(?:FAILED|ERROR) .*::(\w+)", done.stdout, re.MULTILINE))
    assert failed == {"test_servers", "test_database", "test_system", "test_itself"}, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_menu_knows_no_marker_that_is_not_there() -> None:
    """A word that no test is marked with chooses all or none, without a warning."""
    markers = set(re.findall(r"^    (\w+)(?:\(\w+\))?:", (ROOT / "pytest.ini").read_text(), re.MULTILINE))
    chosen = re.findall(r"pytest [^\n]*?-m \"?(?:not )?(\w+)", (ROOT / "Makefile").read_text())
    assert chosen
    assert set(chosen) <= markers
