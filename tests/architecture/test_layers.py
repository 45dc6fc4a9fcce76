"""The layers hold, and each contract of .importlinter goes red for every service: a guard never seen red is decoration."""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from importlib.metadata import packages_distributions
from itertools import pairwise, permutations, product, takewhile
from pathlib import Path

import layers
import pytest

from lokaal.paths import ROOT
from lokaal.services import SERVICES, Service

PACKAGES = [file.parent for pattern in ("*/src/*", "*/*/src/*") for file in ROOT.glob(f"{pattern}/__init__.py")]
MODULES = [service.module for service in SERVICES]
# What may not import what, one layer or two up.
_UP = [
    ("domain", "application"),
    ("domain", "adapters"),
    ("application", "adapters"),
    ("application", "entrypoints"),
    ("adapters", "entrypoints"),
    ("entrypoints", "bootstrap"),
]
_RINGS = ("db", "executor", "messaging", "service", "testing")


def _forbidden(contract: str) -> Sequence[str]:
    """What a contract of the template forbids."""
    (section,) = (
        each for each in layers.TEMPLATE.read_text().split("[importlinter:contract:") if each.startswith(f"{contract}]")
    )
    names = section.split("forbidden_modules =\n")[1].splitlines()
    return [name.strip() for name in takewhile(lambda line: line.startswith("    "), names)]


_MAY = {
    "pure": {"stdnum", "platformkit.errors"},
    "transport": {
        *("stdnum", "opentelemetry", "pydantic", "pydantic_core", "cryptography", "structlog", "cloudevents", "jinja2"),
        *(f"platformkit.{name}" for name in ("clock", "db.context", "envelope", "errors", "executor", "failpoints")),
        *(f"platformkit.{name}" for name in ("identity", "ids", "limits", "logging", "retry", "telemetry")),
    },
}
"""What these layers may import of libraries and of platformkit; the template names all else."""

PLANTS: dict[str, list[tuple[str, str]]] = {
    "stack": [
        ("contracts", "platformkit.clock"),
        ("platformkit", "kanalen"),
        *((below, f"{each}.domain") for below, each in product(("platformkit", "kanalen"), MODULES)),
        *((f"{each}.adapters", "lokaal.klok") for each in MODULES),
    ],
    "rings": [
        *((f"platformkit.{below}", f"platformkit.{above}") for below, above in pairwise(_RINGS)),
        ("platformkit.service", "platformkit.main"),
        ("platformkit.http", "platformkit.executor"),
        ("platformkit.executor", "platformkit.http"),
        ("platformkit.outbox", "platformkit.messaging"),
        ("platformkit", ""),  # exhaustive: what no ring names
    ],
    "tests-only": [(f"{each}.adapters", "platformkit.testing") for each in MODULES],
    "independent": [(f"{each}.adapters", f"{other}.domain") for each, other in permutations(MODULES, 2)],
    "layers": [
        *((f"{each}.{layer}", f"{each}.{higher}") for each, (layer, higher) in product(MODULES, _UP)),
        *((each, "") for each in MODULES),  # exhaustive: what no layer names
    ],
    "pure": [(f"{each}.domain", name) for each, name in product(MODULES, _forbidden("pure"))],
    "transport": [(f"{each}.application", name) for each, name in product(MODULES, _forbidden("transport"))],
    "kanalen": [(f"{each.module}.adapters", "kanalen") for each in SERVICES if "postvak" not in each.needs],
    "one-consumer-factory": [
        ("contracts", "aiokafka"),
        ("kanalen", "faststream"),
        *((f"{each}.entrypoints", "faststream") for each in MODULES),
    ],
}
"""By contract: a module in this package that imports that."""


def lint(tree: Path, *options: str) -> str:
    """What import-linter says of the packages in `tree`."""
    config = tree / "importlinter.ini"
    config.write_text(layers.expand(layers.TEMPLATE.read_text()))
    done = subprocess.run(
        [layers.LINTER, "--no-logo", "--no-cache", "--config", config, *options],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(package, tree / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    return tree


def test_the_layers_hold(copied: Path) -> None:
    assert "BROKEN" not in (said := lint(copied)), said
    assert " 0 broken" in said, said


@pytest.mark.parametrize("contract", PLANTS)
def test_every_planted_violation_is_found(copied: Path, contract: str) -> None:
    planted = {
        copied / package.replace(".", "/") / f"planted{number}.py": (f"{package}.planted{number}", imported)
        for number, (package, imported) in enumerate(PLANTS[contract])
    }
    try:
        for file, (_, imported) in planted.items():
            file.write_text(f"import {imported}\n" if imported else "")
        said = lint(copied, "--contract", contract)
    finally:
        for file in planted:
            file.unlink()
    lines = [line.strip(" -") for line in said.splitlines()]
    told = [f"{module} -> {imported} (l.1)" if imported else module for module, imported in planted.values()]
    assert planted
    assert [each for each in told if each not in lines] == [], said


@pytest.mark.parametrize("contract", _MAY)
def test_what_is_not_allowed_is_forbidden(contract: str) -> None:
    """A library or a part of platformkit that is new is forbidden until somebody says otherwise."""
    forbidden = set(_forbidden(contract))
    assert not forbidden & _MAY[contract]
    covered = forbidden | _MAY[contract]
    assert [each for each in (*_libraries(), *_parts()) if not {each, each.rpartition(".")[0]} & covered] == []


def _libraries() -> list[str]:
    """The import names of what the product is made of."""
    declared = {
        re.split(r"[\[=]", each)[0]
        for part in ("contracts", "packages/*", "services/*")
        for file in ROOT.glob(f"{part}/pyproject.toml")
        for each in tomllib.loads(file.read_text())["project"].get("dependencies", ())
    }
    names = packages_distributions()
    return sorted(name for name, found in names.items() if declared & set(found) and not name.startswith("_"))


def _parts() -> list[str]:
    root = ROOT / "packages" / "platformkit" / "src" / "platformkit"
    direct = (file for file in (*root.glob("*.py"), *root.glob("*/__init__.py")))
    names = {file.parent.name if file.stem == "__init__" else file.stem for file in direct} - {"platformkit", "db"}
    return sorted(
        f"platformkit.{name}" for name in names | {f"db.{file.stem}" for file in (root / "db").glob("[!_]*.py")}
    )


def test_every_contract_has_a_plant() -> None:
    assert re.findall(r"^\[importlinter:contract:(.+)\]", layers.TEMPLATE.read_text(), re.MULTILINE) == list(PLANTS)


@pytest.mark.parametrize(
    ("line", "expanded"),
    [
        ("    {service}.domain", ["    een.domain", "    twee_drie.domain"]),
        ("    {service:postvak}", ["    twee_drie"]),
        ("    {services}", ["    een : twee_drie"]),
        ("    contracts", ["    contracts"]),
        ("# {service}", []),
    ],
)
def test_the_template_is_filled_in(line: str, expanded: Sequence[str]) -> None:
    listed = (Service("een"), Service("twee-drie", ("postvak",)))
    assert layers.expand(line, listed).splitlines() == (expanded or [""])
