"""`python -m <service> check`: asked of each process every few seconds, so it may cost next to nothing."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SERVICE = Path(__file__).parents[1] / "service"


def run(*words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *words],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SERVICE), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def imported(*words: str, **env: str) -> set[str]:
    """The modules outside the standard library that a run of Python imports."""
    said = run("-X", "importtime", *words, **env).stderr
    names = {line.rpartition("|")[2].strip() for line in said.splitlines() if line.startswith("import time:")}
    return {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names} - {"imported package"}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (lambda: json.dumps({"time": time.time(), "components": []}), 0),
        (lambda: json.dumps({"time": time.time() - 16, "components": []}), 1),
        (lambda: "{}", 1),
        (lambda: "[]", 1),
        (lambda: '{"time": "gisteren"}', 1),
        (lambda: "geen json", 1),
        (lambda: None, 1),
    ],
    ids=["fresh", "old", "no time", "no object", "no number", "no JSON", "no file"],
)
def test_the_exit_code_says_whether_it_lives(written, code: int, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    beat = tmp_path / "slag"
    if (text := written()) is not None:
        beat.write_text(text)
    asked = run("-m", "proef", "check", HEARTBEAT_FILE=str(beat))
    assert (asked.returncode, asked.stdout, asked.stderr) == (code, "", "")


def test_without_a_file_it_is_wrong_use() -> None:
    asked = run("-m", "proef", "check")
    assert (asked.returncode, asked.stderr) == (2, "HEARTBEAT_FILE is not set\n")


def test_it_needs_the_standard_library_alone(tmp_path: Path) -> None:
    beat = tmp_path / "slag"
    beat.write_text(json.dumps({"time": time.time()}))
    every_python = imported("-c", "pass")
    asked = imported("-m", "proef", "check", HEARTBEAT_FILE=str(beat))
    assert asked - every_python == {"platformkit", "platformkit.main", "proef"}
