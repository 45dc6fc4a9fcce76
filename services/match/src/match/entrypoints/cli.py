"""Commands of match's own, for an operator."""

import argparse
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from match.application.handlers.generatie_verhogen import generatie_verhogen
from match.application.ports import MatchRepository
from platformkit.db.context import of_operator
from platformkit.service import Process
from platformkit.service.commands import operator, say


def generation(matches: MatchRepository) -> Callable[[Process[Any], Sequence[str]], Awaitable[int]]:
    """`generation raise`: after a restore or rebuild, before the relay starts."""

    async def run(process: Process[Any], words: Sequence[str]) -> int:
        parser = argparse.ArgumentParser(
            prog="python -m match generation",
            description="raise: let every version told from now on be above all that were told before. "
            "For after a restore or rebuild of the database; run `republish` after it (docs/operations/runbook.md).",
            parents=[operator()],
        )
        parser.add_argument("verb", choices=["raise"])
        context = of_operator(parser.parse_args(words).by)
        say(f"The generation is now {await process.executor.execute(generatie_verhogen, context, matches)}.")
        return 0

    return run
