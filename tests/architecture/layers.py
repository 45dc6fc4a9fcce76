"""`.importlinter` is a template: the services of services/services.toml are written in it, and import-linter run on that.

`python tests/architecture/layers.py`; `make lint` does it.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from lokaal.paths import ROOT
from lokaal.services import SERVICES, Service

TEMPLATE = ROOT / ".importlinter"
EXPANDED = ROOT / ".venv" / "importlinter.ini"
LINTER = Path(sys.executable).with_name("lint-imports")
_EACH = re.compile(r"\{service(?::([a-z]+))?\}")


def expand(template: str, services: Sequence[Service] = SERVICES) -> str:
    """The template with the services in it; how they are asked for stands at its top. Comments are left out."""
    lines = [line for line in template.splitlines() if not line.startswith("#")]
    return "\n".join(each for line in lines for each in _lines(line, services)) + "\n"


def _lines(line: str, services: Sequence[Service]) -> Iterator[str]:
    found = _EACH.search(line)
    if found is None:
        yield line.replace("{services}", " : ".join(service.module for service in services))
        return
    for service in services:
        if found[1] is None or found[1] in service.needs:
            yield _EACH.sub(service.module, line)


def main() -> int:
    """Write what is expanded beside the installed packages, lint by it, and give import-linter's exit code."""
    EXPANDED.write_text(expand(TEMPLATE.read_text()))
    return subprocess.run([LINTER, "--no-logo", "--config", EXPANDED], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
