"""Commands of match's own, for an operator."""

import argparse
from collections.abc import Sequence
from typing import Any

from match.adapters.db import generatie
from platformkit.service import Process
from platformkit.service.commands import say


async def raise_generation(process: Process[Any], words: Sequence[str]) -> int:
    """`generation raise`: after a restore or rebuild, before the relay starts."""
    parser = argparse.ArgumentParser(
        prog="python -m match generation",
        description="raise: let every version told from now on be above all that were told before. "
        "For after a restore or rebuild of the database; run `republish` after it (docs/operations/runbook.md).",
    )
    parser.add_argument("verb", choices=["raise"])
    parser.parse_args(words)
    say(f"The generation is now {await generatie.verhoog(process.database)}.")
    return 0
