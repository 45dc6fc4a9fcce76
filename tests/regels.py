"""Which rule is proven by which test: `make regels`. Rules come from docs/regels.yaml, tests from their markers."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from contracts import strict_yaml

ROOT = Path(__file__).resolve().parents[1]
_PLACES = ("contracts", "packages", "services", "deploy/local", "tests")


def rules() -> dict[str, tuple[str, str]]:
    """Mark (S, P or I) and line of each rule by its number."""
    read = strict_yaml.load((ROOT / "docs" / "regels.yaml").read_text())
    return {number: (mark, line) for number, (mark, line) in read.items()}


def test_files() -> Iterator[Path]:
    """Every test module of the workspace."""
    for place in _PLACES:
        yield from sorted((ROOT / place).rglob("test_*.py"))


def marked(source: str) -> Iterator[tuple[str, str]]:
    """Rule and test name for every `@pytest.mark.regel(...)`, also on a class or a whole module."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                yield from ((rule, node.name) for rule in _rules_in(decorator))
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            marks = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
            yield from ((rule, "(all)") for mark in marks for rule in _rules_in(mark))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.param":
            marks = [keyword.value for keyword in node.keywords if keyword.arg == "marks"]
            yield from ((rule, "(case)") for mark in marks for rule in _rules_in(mark))


def _rules_in(node: ast.expr) -> list[str]:
    if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.regel"):
        return []
    return [str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)]


def coverage() -> dict[str, list[str]]:
    """Tests by rule, as `path::test`."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in test_files():
        for rule, test in marked(file.read_text()):
            found[rule].append(f"{file.relative_to(ROOT)}::{test}")
    return found


def claimed(text: str) -> list[str]:
    """The R-numbers that a text names, those of a range as well (R082-R084)."""
    known = rules()
    found = {
        number
        for first, last in re.findall(r"\b(R[0-9]{3})(?:-(R[0-9]{3}))?\b", text)
        for number in ([each for each in known if first <= each <= last] if last else [first])
    }
    return sorted(found)


def claims() -> dict[str, list[str]]:
    """What each service's README says of rules, and the domain of match, which is nothing but rules; by path."""
    places = [*ROOT.glob("services/*/README.md"), *ROOT.glob("services/match/src/match/domain/*.py")]
    return {str(file.relative_to(ROOT)): claimed(file.read_text()) for file in sorted(places)}


def table() -> Iterator[str]:
    """Rule, tests, and what is still open, line by line."""
    known, tests = rules(), coverage()
    for number in sorted(tests):
        mark, line = known.get(number, ("-", "decision or reading, see docs"))
        yield f"{number} [{mark}] {line}"
        yield from (f"       {test}" for test in sorted(set(tests[number])))
    still = [number for number, (mark, _) in known.items() if mark == "S" and number not in tests]
    total = sum(mark == "S" for mark, _ in known.values())
    yield f"\nOpen: {len(still)} of {total} [S] rules have no test yet"
    yield from (f"{number} [S] {known[number][1]}" for number in still)


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in table())
