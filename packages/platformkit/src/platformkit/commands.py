"""What an operator starts by hand beside the processes: `python -m <service> <command> ...`."""

import sys
from collections.abc import Awaitable, Callable, Sequence

Command = Callable[[Sequence[str]], Awaitable[int]]
"""Takes the words after its name, prints what it did, and gives the exit code."""


def say(line: str) -> None:
    """Print a line for the operator at once. Logs of the same process go to stderr."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
