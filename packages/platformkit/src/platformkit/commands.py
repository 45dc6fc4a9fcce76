"""What an operator starts by hand beside the processes: `python -m <service> <command> ...`."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from platformkit.db.engine import opened
from platformkit.executor import Executor
from platformkit.settings import ProcessSettings

Command = Callable[[Sequence[str]], Awaitable[int]]
"""Takes the words after its name, prints what it did, and gives the exit code: 0 done, 1 not (all) done, 2 wrong use."""

Opened = Callable[[], AbstractAsyncContextManager[Executor]]
"""Opens the database for the time that a command runs."""


def say(line: str) -> None:
    """Print a line for the operator at once. Logs of the same process go to stderr."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def executor(settings: ProcessSettings, role: str, service: str) -> Opened:
    """The database in the role `role`, with the clock and source of the service's processes."""

    @asynccontextmanager
    async def open_it() -> AsyncIterator[Executor]:
        async with opened(settings.database_url(role), pool=1, application=f"{service}-command") as engine:
            yield Executor(engine, settings.clock(), settings.source)

    return open_it
