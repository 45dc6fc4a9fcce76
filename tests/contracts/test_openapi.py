"""What the APIs promise is printed, current, and follows the NL API Design Rules."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from openapi import FOLDER, descriptions, printed

LINTER = Path(__file__).parent / "linter"


async def test_the_committed_descriptions_are_current() -> None:
    made = {name: printed(description) for name, description in (await descriptions()).items()}
    assert {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.json")} == made, "run make contracts"


@pytest.mark.timeout(400)
def test_no_description_breaks_the_nl_api_design_rules(tmp_path: Path) -> None:
    tools = LINTER / "node_modules" / ".bin" / "spectral"
    if not tools.exists():
        npm = Path(sys.executable).parent / "npm"
        subprocess.run([str(npm), "ci", "--ignore-scripts", "--silent"], cwd=LINTER, check=True, timeout=300)
    node = Path(sys.executable).parent / "node"

    def lint(*files: Path) -> subprocess.CompletedProcess[str]:
        command = [str(node), str(tools.resolve()), "lint", "--fail-severity=error", "--display-only-failures"]
        command += ["--ruleset", str(LINTER / "adr-linter.yaml"), *map(str, files)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    done = lint(*FOLDER.glob("*.json"))
    assert done.returncode == 0, done.stdout + done.stderr
    # The linter is no decoration: it sees a planted mistake.
    broken = tmp_path / "broken.json"
    shutil.copy(FOLDER / "match.v1.json", broken)
    broken.write_text(broken.read_text().replace('"/matches"', '"/Matches/"'))
    assert lint(broken).returncode != 0
