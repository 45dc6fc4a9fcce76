"""`python -m <service> audit`: is the audit log as it was recorded? (D12)."""

import argparse
from collections.abc import Sequence
from typing import Any

from platformkit.audit import verify
from platformkit.service.commands import Command, say
from platformkit.service.process import Process


def command(module: str) -> Command[Any]:
    """The command `audit`: exit code 0 when all is as it was, 1 when not."""

    async def run(process: Process[Any], words: Sequence[str]) -> int:
        asked = _parser(module).parse_args(words)
        whole = True
        anchored = asked.anchor is None
        before: bytes | None = None
        async for month in verify.months(process.executor, asked.anchor):
            said = [f"{month.month:%Y-%m}: {month.rows} rows, last link {month.head.hex()}"]
            said += [f"  row {each} was changed or removed" for each in month.changed]
            if month.gap:
                said.append("  links are missing")
            # Whole months may go after five years, so the first one that is left is taken as it is.
            if before not in (None, month.begins):
                said.append("  does not go on from the month before: links are missing at the end of that one")
            say("\n".join(said))
            whole &= len(said) == 1
            before = month.head
            anchored |= month.anchored
        if late := await verify.unsealed(process.executor):
            say(f"{late} rows are not sealed: does the role jobs run?")
        if not anchored:
            say("The link that was given is nowhere: rows went, or all links were made anew.")
        whole &= anchored and not late
        say("As it was recorded." if whole else "Not as it was recorded.")
        return 0 if whole else 1

    return Command(run)


def _parser(module: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {module} audit",
        description="Hold the audit log against its chain: which rows were changed, removed, or are not sealed.",
    )
    parser.add_argument(
        "--anchor",
        type=bytes.fromhex,
        metavar="LINK",
        help="a link as the log event audit_sealed told it: everything until there is as it was",
    )
    return parser
