"""Every log event, metric and span stands in deploy/observability/registry.yaml, and nothing else does (D12)."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contracts import strict_yaml
from lokaal.services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = strict_yaml.load((ROOT / "deploy" / "observability" / "registry.yaml").read_text())
MEMBERS = {
    src.parent.name: src for src in (*ROOT.glob("packages/*/src"), *(service.folder / "src" for service in SERVICES))
}
_LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
_INSTRUMENTS = re.compile(r"create_(observable_)?(up_down_)?(counter|gauge|histogram)")
_SPANS = {"EventSpan", "span", "start_as_current_span"}


@dataclass
class Found:
    """Names with where they are used; a name with a part that is known only at run time is a pattern."""

    logs: dict[str, set[str]] = field(default_factory=dict)
    metrics: set[str] = field(default_factory=set)
    spans: set[str] = field(default_factory=set)


def _pattern(node: ast.expr) -> str | None:
    """A text, or a text with holes, as a regular expression; none when it is something else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(re.escape(each.value) if isinstance(each, ast.Constant) else ".+" for each in node.values)
    return None


def _calls(source: str) -> Iterator[tuple[str, str, ast.Call, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            name = node.args[-1] if node.func.attr == "log" else node.args[0]
            pattern = _pattern(name)
            if pattern is not None:
                yield ast.unparse(node.func.value), node.func.attr, node, pattern


def scan(source: str, found: Found) -> None:
    """Add what `source` logs, counts and traces."""
    for owner, method, call, pattern in _calls(source):
        if method in _LEVELS | {"log"} and (owner in {"log", "get_logger()"}):
            fields = {keyword.arg for keyword in call.keywords if keyword.arg}
            found.logs.setdefault(pattern, set()).update(fields)
        elif _INSTRUMENTS.fullmatch(method):
            found.metrics.add(pattern)
        elif method in _SPANS and owner != "re":
            found.spans.add(pattern)


def _found(member: str) -> Found:
    found = Found()
    for file in sorted(MEMBERS[member].rglob("*.py")):
        scan(file.read_text(), found)
    return found


def _registered(kind: str, member: str) -> dict[str, dict[str, object]]:
    return {name: entry for name, entry in (REGISTRY[kind] or {}).items() if member in entry["service"]}


def _differences(patterns: set[str], registered: set[str]) -> list[str]:
    unknown = [each for each in patterns if not any(re.fullmatch(each, name) for name in registered)]
    unused = [name for name in registered if not any(re.fullmatch(each, name) for each in patterns)]
    return [f"not registered: {each}" for each in sorted(unknown)] + [f"not used: {each}" for each in sorted(unused)]


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("kind", ["logs", "metrics", "spans"])
def test_what_is_used_is_registered_and_the_other_way_round(member: str, kind: str) -> None:
    assert _differences(set(getattr(_found(member), kind)), set(_registered(kind, member))) == []


@pytest.mark.parametrize("member", MEMBERS)
def test_log_events_carry_the_registered_fields(member: str) -> None:
    wrong = []
    logs = _found(member).logs
    for pattern, fields in logs.items():
        for name, entry in _registered("logs", member).items():
            spelled_out = re.escape(name) in logs and pattern != re.escape(name)
            if re.fullmatch(pattern, name) and not spelled_out and not fields <= set(entry["fields"]):  # type: ignore[call-overload]
                wrong.append(f"{name}: {sorted(fields)} but registered {entry['fields']}")
    assert wrong == []


def test_no_field_that_says_who_somebody_is() -> None:
    fields = [name for entry in REGISTRY["logs"].values() for name in entry["fields"]]
    attributes = [
        name for kind in ("metrics", "spans") for each in REGISTRY[kind].values() for name in each["attributes"]
    ]
    telling = re.compile(r"(^|[._])(bsn|naam|geboorte\w*|adres|e?mailadres|telefoon|postcode)($|[._])")
    assert [name for name in (*fields, *attributes) if telling.search(name)] == []


def test_the_scan_sees_what_is_planted() -> None:
    found = Found()
    scan('log.info("eerste", a=1)\nlog.error(f"tweede_{x}", b=2)\nm.create_counter("teller")\nspan("iets")', found)
    scan('telemetry.span("reis", 1)\ntracer.start_as_current_span(f"naar {x}")\nget_logger().log(1, "z")', found)
    assert found.logs == {"eerste": {"a"}, "tweede_.+": {"b"}, "z": set()}
    assert found.metrics == {"teller"}
    assert found.spans == {"reis", "naar\\ .+"}
    assert _differences({"een"}, {"twee"}) == ["not registered: een", "not used: twee"]
