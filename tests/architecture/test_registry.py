"""Every log event, metric and span stands in deploy/observability/registry.yaml, and nothing else does (D12)."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
# Of a process, not of a span.
_RESOURCE = {"service.name"}
_MEASURES = {"add", "set", "record"}
_SPANS = {"EventSpan", "span", "start_as_current_span"}


@dataclass
class Found:
    """Names with where they are used; a name with a part that is known only at run time is a pattern.

    Of a metric what the registry says of one. An attribute that cannot be seen in the source is `?`.
    """

    logs: dict[str, set[str]] = field(default_factory=dict)
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    spans: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)


def _pattern(node: ast.expr) -> str | None:
    """A text, or a text with holes, as a regular expression; none when it is something else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(re.escape(each.value) if isinstance(each, ast.Constant) else ".+" for each in node.values)
    return None


class _AtOnce(ast.NodeTransformer):
    """What is called after the commit, as if it were called here."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "after_commit" and node.args:
            return ast.Call(node.args[0], node.args[1:], node.keywords)
        return node


def _calls(tree: ast.AST) -> Iterator[tuple[str, str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func.value), node.func.attr, node


def _named(tree: ast.AST) -> Iterator[tuple[str, str, ast.Call, str]]:
    for owner, method, call in _calls(tree):
        if call.args:
            pattern = _pattern(call.args[-1] if method == "log" else call.args[0])
            if pattern is not None:
                yield owner, method, call, pattern


def _instruments(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The metrics that are made here: the name of the variable, and that of the metric."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made = node.value
            if isinstance(made.func, ast.Attribute) and _INSTRUMENTS.fullmatch(made.func.attr):
                yield ast.unparse(node.targets[0]), _pattern(made.args[0]) or "?"


def _attributes(call: ast.Call) -> set[str]:
    """Those of one count or value: the keys of a dictionary that is written out."""
    if len(call.args) == 1 and not call.keywords:
        return set()
    given = call.args[1] if len(call.args) == 2 else None
    keys = given.keys if isinstance(given, ast.Dict) else [None]
    return {key.value if isinstance(key, ast.Constant) else "?" for key in keys}


def scan(source: str, found: Found) -> None:
    """Add what `source` logs, counts and traces."""
    tree = _AtOnce().visit(ast.parse(source))
    for owner, method, call, pattern in _named(tree):
        if method in _LEVELS | {"log"} and (owner in {"log", "get_logger()"}):
            fields = {keyword.arg for keyword in call.keywords if keyword.arg}
            found.logs.setdefault(pattern, set()).update(fields)
        elif _INSTRUMENTS.fullmatch(method):
            kind = _INSTRUMENTS.fullmatch(method)[3]  # type: ignore[index]
            unit = [keyword.value.value for keyword in call.keywords if keyword.arg == "unit"]  # type: ignore[attr-defined]
            found.metrics[pattern] = {"kind": kind, "unit": unit[0] if unit else None, "attributes": set()}
        elif method in _SPANS and owner != "re":
            found.spans.add(pattern)
        elif method == "set_attribute":
            found.attributes.add(call.args[0].value)  # type: ignore[attr-defined]
    instruments = dict(_instruments(tree))
    for owner, method, call in _calls(tree):
        if method in _MEASURES and owner in instruments:
            found.metrics[instruments[owner]]["attributes"] |= _attributes(call)
    keys = (key for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys)
    found.attributes |= {
        key.value
        for key in keys
        if isinstance(key, ast.Constant) and re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", str(key.value))
    }


def _found(member: str) -> Found:
    found = Found()
    for file in sorted(MEMBERS[member].rglob("*.py")):
        scan(file.read_text(), found)
    return found


def _registered(kind: str, member: str) -> dict[str, dict[str, Any]]:
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
            if re.fullmatch(pattern, name) and not spelled_out and not fields <= set(entry["fields"]):
                wrong.append(f"{name}: {sorted(fields)} but registered {entry['fields']}")
    assert wrong == []


@pytest.mark.parametrize("member", MEMBERS)
def test_metrics_are_counted_as_registered(member: str) -> None:
    """Kind, unit and attributes: what an alarm and a panel count on."""
    counted = {name.replace("\\", ""): entry for name, entry in _found(member).metrics.items()}
    keys = ("kind", "unit", "attributes")
    assert counted == {
        name: {key: set(entry[key]) if key == "attributes" else entry[key] for key in keys}
        for name, entry in _registered("metrics", member).items()
    }


@pytest.mark.parametrize("member", MEMBERS)
def test_spans_have_the_registered_attributes(member: str) -> None:
    registered = {name for entry in _registered("spans", member).values() for name in entry["attributes"]}
    assert _found(member).attributes - _RESOURCE == registered


def _too_soon(tree: ast.Module) -> Iterator[str]:
    """What is counted or logged by who has a unit of work in hand, which may be undone or run again."""
    instruments = dict(_instruments(tree))
    for node in ast.walk(tree):
        if not isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
            continue
        if any(each.annotation and ast.unparse(each.annotation) == "UnitOfWork" for each in node.args.args):
            for owner, method, call in _calls(node):
                if (owner in {"log", "get_logger()"} and method in _LEVELS) or owner in instruments:
                    yield ast.unparse(call)


@pytest.mark.parametrize("member", MEMBERS)
def test_a_transaction_counts_and_logs_after_its_commit(member: str) -> None:
    """`work.after_commit(counter.add, 1)`."""
    assert [each for file in MEMBERS[member].rglob("*.py") for each in _too_soon(ast.parse(file.read_text()))] == []


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
    assert found.metrics == {"teller": {"kind": "counter", "unit": None, "attributes": set()}}
    assert found.spans == {"reis", "naar\\ .+"}
    scan('a = m.create_gauge("meter", unit="s")\na.set(2, {"b": 1})\nb.set(2, {"c": 1})\na.set(1, wat)', found)
    scan(
        'work.after_commit(log.info, "later", n=1)\nself._t = m.create_counter("t")\nwork.after_commit(self._t.add, 1)',
        found,
    )
    assert found.metrics["meter"] == {"kind": "gauge", "unit": "s", "attributes": {"b", "?"}}
    assert found.metrics["t"]["attributes"] == set()
    assert found.logs["later"] == {"n"}
    scan('span.set_attribute("a.b", 1)\nabout = {"c.d": 1, **e}\nother = {"f": 1}', found)
    assert found.attributes == {"a.b", "c.d"}
    planted = "t = m.create_counter('t')\ndef f(work: UnitOfWork):\n    t.add(1)\n    work.after_commit(t.add, 1)"
    assert list(_too_soon(ast.parse(planted))) == ["t.add(1)"]
    assert _differences({"een"}, {"twee"}) == ["not registered: een", "not used: twee"]
