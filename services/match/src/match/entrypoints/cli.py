"""Commands of match's own, for an operator."""

import argparse
from collections.abc import Awaitable, Callable, Sequence

from platformkit.commands import Command, say


def generation(raise_it: Callable[[], Awaitable[int]]) -> Command:
    """`generation raise`: after a restore or rebuild, before the relay starts."""

    async def run(words: Sequence[str]) -> int:
        parser = argparse.ArgumentParser(
            prog="python -m match generation",
            description="raise: let every version told from now on be above all that were told before. "
            "For after a restore or rebuild of the database; run `republish` after it (docs/operations/runbook.md).",
        )
        parser.add_argument("verb", choices=["raise"])
        parser.parse_args(words)
        say(f"The generation is now {await raise_it()}.")
        return 0

    return run
