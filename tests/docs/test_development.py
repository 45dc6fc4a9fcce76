"""The pages for developers are true: a copy of the checkout is worked on as they say, command by command."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lokaal.paths import ROOT, TOOLS

PAGES = sorted((ROOT / "docs" / "development").glob("*.md"))
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MAKE = re.compile(r"(?:^|`)make ([a-z]+)\b", re.MULTILINE)
_PATH = re.compile(r"`([\w.-]+/[\w./-]*)`")


def _blocks(page: Path) -> Iterator[tuple[str, str, str]]:
    """Language, path and text of each block."""
    return ((language, path, text) for language, path, text in _BLOCK.findall(page.read_text()))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with a repository of its own; the installed packages are those of the checkout."""
    copy = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    (copy / ".git").symlink_to(ROOT / ".git")
    (copy / ".venv").mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (copy / ".venv" / part).symlink_to(ROOT / ".venv" / part)
    # What is installed are the members of the checkout, and stays so: those of the copy come first by PYTHONPATH.
    (copy / "deploy" / "local" / "setup.sh").write_text("#!/bin/sh\n")
    return copy


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_says_can_be_done(checkout: Path, page: Path) -> None:
    members = ["contracts", "deploy/local", *(f"packages/{each.name}" for each in (ROOT / "packages").iterdir())]
    services = {each.parent.name for each in (ROOT / "services").glob("*/pyproject.toml")} | {"voorbeeld"}
    sources = [checkout / each / "src" for each in (*members, *(f"services/{name}" for name in sorted(services)))]
    env = {
        **{name: os.environ[name] for name in ("HOME", "PATH", "LANG") if name in os.environ},
        "PYTHONPATH": os.pathsep.join(map(str, sources)),
        "TOOLS_DIR": str(TOOLS),
    }
    for language, path, text in _blocks(page):
        if path:
            (checkout / path).parent.mkdir(parents=True, exist_ok=True)
            (checkout / path).write_text(text)
        elif language == "sh":
            done = subprocess.run(
                ["bash", "-euxc", text], cwd=checkout, env=env, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_names_exists(checkout: Path, page: Path) -> None:
    text = _BLOCK.sub("", page.read_text())
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(_MAKE.findall(page.read_text())) <= targets
    services = [each.parent for each in (ROOT / "services").glob("*/pyproject.toml")]
    roots = [ROOT, checkout, *services, *(each / "src" / each.name.replace("-", "_") for each in services)]
    named = {each for each in _PATH.findall(text) if not each.startswith(".run/")}
    assert [each for each in sorted(named) if not any((root / each).exists() for root in roots)] == []
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert [each for each in links if not (page.parent / each).exists()] == []
