"""Every event, domain class and command stands in docs/begrippen.md, and nothing that is gone."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_TECHNICAL = {"Acl", "Event", "Reader", "Topic"}  # English: one looks them up in a manual


def _classes() -> set[str]:
    files = [
        *(ROOT / "contracts" / "src").rglob("*.py"),
        *ROOT.glob("services/*/src/*/domain/**/*.py"),
        *ROOT.glob("services/*/src/*/application/commands*.py"),
    ]
    trees = [ast.parse(file.read_text()) for file in files]
    found = {node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}
    return {name for name in found if not name.startswith("_") and not name.endswith("Error")} - _TECHNICAL


def test_the_glossary_is_whole_and_holds_nothing_else() -> None:
    words = re.findall(r"^\| ([A-Z]\w+) \|", (ROOT / "docs" / "begrippen.md").read_text(), re.MULTILINE)
    assert len(words) == len(set(words))
    assert set(words) == _classes()
