"""Failpoints are listed in one file, and each of them is passed somewhere."""

import re
from pathlib import Path

from platformkit.failpoints import POINTS

ROOT = Path(__file__).resolve().parents[2]


def test_what_is_passed_is_listed_and_what_is_listed_is_passed() -> None:
    sources = [*(ROOT / "packages").glob("*/src/**/*.py"), *(ROOT / "services").glob("*/src/**/*.py")]
    hits = {name for file in sources for name in re.findall(r"failpoints\.hit\(\s*([^)]*)\)", file.read_text())}
    assert {name.strip("\"'") for name in hits} == POINTS
