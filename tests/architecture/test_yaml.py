"""No key stands twice in a YAML file of this repository: the last one would win in silence."""

import subprocess
from pathlib import Path

import pytest
import yaml

from contracts import strict_yaml

ROOT = Path(__file__).resolve().parents[2]
_ALL = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.yaml", "*.yml"]
FILES = subprocess.run(_ALL, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("file", FILES)
def test_every_file_is_read(file: str) -> None:
    strict_yaml.load((ROOT / file).read_text("utf-8"))


def test_there_are_files() -> None:
    assert {"deploy/observability/registry.yaml", "docs/regels.yaml"} <= set(FILES)


@pytest.mark.parametrize(
    "text", ["a: 1\nb: 2\na: 1\n", "a: {b: 1, b: 2}", "- {a: {c: 1}}\n- {b: 1, 'b': 2}", "a:\n  1: x\n  1: x\n"]
)
def test_a_key_that_stands_twice_is_refused(text: str) -> None:
    assert yaml.safe_load(text)
    with pytest.raises(yaml.YAMLError, match="stands twice"):
        strict_yaml.load(text)


def test_what_is_right_is_read_as_ever() -> None:
    text = "a: [1, {b: 2}]\nb: {b: null, c: 2026-01-01, 1: true}\n"
    assert strict_yaml.load(text) == yaml.safe_load(text)
