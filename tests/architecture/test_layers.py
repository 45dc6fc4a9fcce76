"""The layers hold, and each contract of .importlinter goes red when it is broken: a guard never seen red is decoration."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [
    "contracts/src/contracts",
    "packages/platformkit/src/platformkit",
    "packages/kanalen/src/kanalen",
    *(f"services/{name}/src/{name.replace('-', '_')}" for name in ("signaal", "match", "notificatie", "brp-proxy")),
    "deploy/local/src/lokaal",
]

PLANTS = {
    "contracts below platformkit": [
        ("contracts/planted.py", "import platformkit.clock"),
        ("platformkit/planted.py", "import signaal.domain"),
        ("platformkit/planted.py", "import kanalen"),
        ("signaal/adapters/planted.py", "import lokaal.klok"),
    ],
    "services know nothing of each other": [
        ("signaal/application/planted.py", "import match.domain"),
        ("brp_proxy/adapters/planted.py", "import notificatie.settings"),
    ],
    "within a service": [
        ("signaal/domain/planted.py", "import signaal.application"),
        ("match/application/planted.py", "import match.adapters"),
        ("notificatie/adapters/planted.py", "import notificatie.entrypoints"),
        ("brp_proxy/entrypoints/planted.py", "import brp_proxy.bootstrap"),
        ("signaal/planted.py", ""),  # exhaustive: what no layer names
    ],
    "the domain is plain Python": [
        *(("match/domain/planted.py", f"import {name}") for name in ("sqlalchemy", "fastapi", "pydantic", "httpx")),
        ("signaal/domain/planted.py", "import faststream"),
        ("signaal/domain/planted.py", "import platformkit.clock"),
    ],
    "handlers know neither HTTP nor Kafka": [
        ("signaal/application/planted.py", "import fastapi"),
        ("match/application/handlers/planted.py", "import httpx"),
    ],
    "only notificatie sends mail": [("signaal/adapters/planted.py", "import kanalen")],
    "FastStream is used in one factory": [("match/entrypoints/planted.py", "import faststream.kafka")],
}


def lint(tree: Path) -> str:
    """What import-linter says of the packages in `tree`."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", ROOT / ".importlinter"],
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
        shutil.copytree(ROOT / package, tree / Path(package).name, ignore=shutil.ignore_patterns("__pycache__"))
    return tree


def test_the_layers_hold(copied: Path) -> None:
    assert "BROKEN" not in (said := lint(copied)), said
    assert " 0 broken" in said, said


@pytest.mark.parametrize(
    ("contract", "module", "line"), [(contract, *plant) for contract, plants in PLANTS.items() for plant in plants]
)
def test_a_planted_violation_is_found(copied: Path, contract: str, module: str, line: str) -> None:
    planted = copied / module
    planted.write_text(f"{line}\n")
    try:
        said = lint(copied)
    finally:
        planted.unlink()
    assert any(each.startswith(contract) and each.endswith("BROKEN") for each in said.splitlines()), said


def test_every_contract_has_a_plant() -> None:
    names = [
        line.partition("=")[2].strip()
        for line in (ROOT / ".importlinter").read_text().splitlines()
        if line.startswith("name =")
    ]
    assert len(names) == len(PLANTS)
    assert all(any(name.startswith(contract) for name in names) for contract in PLANTS)
