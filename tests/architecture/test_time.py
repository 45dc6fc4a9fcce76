"""One clock (D7): no SQL and no code asks the machine for the time, but for technical time in named places."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    file
    for place in (
        "contracts/src",
        "packages/platformkit/src",
        "packages/kanalen/src",
        *map(str, ROOT.glob("services/*/src")),
    )
    for file in (ROOT / place).rglob("*.py")
)
# Technical time: tokens, leases of the relay, ages of what a broker holds, heartbeats, limits, headers of a mail.
ALLOWED = {
    "packages/platformkit/src/platformkit/clock.py",
    "packages/platformkit/src/platformkit/health.py",
    "packages/platformkit/src/platformkit/http/auth.py",
    "packages/platformkit/src/platformkit/http/namens.py",
    "packages/platformkit/src/platformkit/limits.py",
    "packages/platformkit/src/platformkit/main.py",
    "packages/platformkit/src/platformkit/messaging/reading.py",
    "packages/platformkit/src/platformkit/outbox/relay.py",
    "packages/platformkit/src/platformkit/testing/issuer.py",
    "packages/kanalen/src/kanalen/email.py",
}
_SQL = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)"
    r"|\b(current_date|current_time|current_timestamp|localtime|localtimestamp)\b",
    re.IGNORECASE,
)
_FUNC = {"now", "clock_timestamp", "current_date", "current_timestamp", "localtimestamp", "statement_timestamp"}
_PYTHON = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}


def asks_the_machine(source: str) -> list[str]:
    """Where `source` reads a clock that is not injected."""
    found = []
    tree = ast.parse(source)
    documents = {id(node.body[0].value) for node in ast.walk(tree) if _documented(node)}  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            found += [f"{node.lineno}: SQL {match.group()}" for match in _SQL.finditer(node.value)]
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner, name = node.value.id, node.attr
            if (owner, name) in _PYTHON or (owner == "func" and name in _FUNC):
                found.append(f"{node.lineno}: {owner}.{name}")
    return found


def _documented(node: ast.AST) -> bool:
    body = getattr(node, "body", None)
    return (
        isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and bool(body)
        and isinstance(body[0], ast.Expr)  # type: ignore[index]
        and isinstance(body[0].value, ast.Constant)  # type: ignore[index]
    )


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nobody_asks_the_machine_for_the_time(file: Path) -> None:
    if str(file.relative_to(ROOT)) not in ALLOWED:
        assert asks_the_machine(file.read_text()) == []


def test_an_allowance_is_still_needed() -> None:
    assert [name for name in ALLOWED if not asks_the_machine((ROOT / name).read_text())] == []


@pytest.mark.parametrize(
    "planted",
    [
        'text("select * from signaal where einddatum > current_date")',
        'op.execute("create table t (op timestamptz default now())")',
        "select(func.now())",
        "datetime.now(UTC)",
        "date.today()",
        "time.time()",
    ],
)
def test_what_is_planted_is_found(planted: str) -> None:
    assert asks_the_machine(planted)


def test_the_injected_clock_and_prose_are_fine() -> None:
    assert asks_the_machine('"""Not now(), says current_date."""\nself.clock.now()\ntext("... = :today")') == []
