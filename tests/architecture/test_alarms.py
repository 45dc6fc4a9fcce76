"""Every alarm asks for a metric that is exported under that name, and leads to a heading of the runbook."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import REGISTRY as PROMETHEUS

from contracts import strict_yaml

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = strict_yaml.load((ROOT / "deploy" / "observability" / "registry.yaml").read_text())
ALARMS = strict_yaml.load((ROOT / "deploy" / "observability" / "alarms.yaml").read_text())
RULES: list[dict[str, Any]] = [rule for group in ALARMS["groups"] for rule in group["rules"]]
_WORDS = {
    "max",
    "min",
    "sum",
    "by",
    "increase",
    "rate",
    "max_over_time",
    "absent",
    "and",
    "or",
    "unless",
    "on",
    "offset",
}
_DURATION = re.compile(r"[0-9]+[smhd]")


@pytest.fixture(scope="module")
def exported() -> Mapping[str, set[str]]:
    """The labels of each metric by its name at the exporter that our processes use."""
    reader = PrometheusMetricReader()
    provider = MeterProvider(metric_readers=[reader])
    meter = provider.get_meter("test")
    for name, entry in REGISTRY["metrics"].items():
        attributes = dict.fromkeys(entry["attributes"], "x")
        if entry["kind"] == "counter":
            meter.create_counter(name, unit=entry["unit"]).add(1, attributes)
        else:
            meter.create_gauge(name, unit=entry["unit"]).set(1, attributes)
    found = {sample.name: set(sample.labels) for family in PROMETHEUS.collect() for sample in family.samples}
    provider.shutdown()
    return found


def _asked(expr: str) -> set[str]:
    """The metrics in an expression: names that are neither a word of PromQL, a label nor a duration."""
    without = re.sub(r"\{[^}]*\}|\[[^]]*\]|by \([^)]*\)|[0-9]+[smhd]", " ", expr)
    return set(re.findall(r"[a-z_][a-z0-9_]*", without)) - _WORDS


def _labels(expr: str) -> set[str]:
    grouped = {name.strip() for names in re.findall(r"by \(([^)]*)\)", expr) for name in names.split(",")}
    return grouped | set(re.findall(r"([a-z_]+)=", expr))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_what_is_exported(rule: dict[str, Any], exported: Mapping[str, set[str]]) -> None:
    names = _asked(rule["expr"])
    assert names
    assert names <= exported.keys()
    for name in names:
        assert _labels(rule["expr"]) <= exported[name]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_has_the_form_of_prometheus_and_leads_to_the_runbook(rule: dict[str, Any]) -> None:
    assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations", "keep_firing_for"}
    assert re.fullmatch(r"[A-Z][A-Za-z]+", rule["alert"])
    assert _DURATION.fullmatch(rule.get("for", "1m"))
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"].keys() == {"summary", "runbook"}
    used = set(re.findall(r"\$labels\.([a-z_]+)", rule["annotations"]["summary"]))
    assert used <= _labels(rule["expr"]), "a label that the expression sums away"
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert anchor in _anchors((ROOT / page).read_text())


def test_every_file_is_a_rule_file_of_prometheus() -> None:
    assert ALARMS.keys() == {"groups"}
    assert all(group.keys() == {"name", "rules"} for group in ALARMS["groups"])
    names = [rule["alert"] for rule in RULES]
    assert len(names) == len(set(names))


def test_what_asks_for_nothing_would_be_seen(exported: Mapping[str, set[str]]) -> None:
    assert _asked("max by (x) (outbox_oldest_age[5m]) > 60") == {"outbox_oldest_age"}
    assert "outbox_oldest_age" not in exported
    assert _labels('sum by (a, b) (c{d="e"})') == {"a", "b", "d"}
    assert _anchors("## The outbox, grown `old`\ntext\n# A b") == {"the-outbox-grown-old", "a-b"}


def _anchors(markdown: str) -> set[str]:
    """The anchors of its headings, as GitHub and GitLab make them."""
    headings = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
