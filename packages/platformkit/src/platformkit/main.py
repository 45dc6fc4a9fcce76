"""`python -m <service> <role or command>`: what a process begins with.

`check` is asked of each process every few seconds, so it needs the standard library alone: with all that a service is made
of, a dozen probes would keep two cores busy.
"""

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import NoReturn

_FRESH = 15.0


def main(package: str) -> NoReturn:
    """Run what the command line says: 0 stopped on request or done, 1 failed, 2 wrong use or settings.

    `package` has its declaration, a `platformkit.service.Service`, as `SERVICE` in its module `bootstrap`.
    """
    words = sys.argv[1:]
    if words == ["check"]:
        sys.exit(_check())
    runtime = import_module("platformkit.service.runtime")
    sys.exit(runtime.run(import_module(f"{package}.bootstrap").SERVICE, words))


def _check() -> int:
    file = os.environ.get("HEARTBEAT_FILE")
    if not file:
        print("HEARTBEAT_FILE is not set", file=sys.stderr)
        return 2
    return 0 if beats(Path(file)) else 1


def beats(file: Path, *, limit: float = _FRESH) -> bool:
    """Whether the process that writes `file` proved within `limit` seconds that it lives (see `platformkit.health`)."""
    try:
        told = float(json.loads(file.read_text())["time"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return time.time() - told < limit
