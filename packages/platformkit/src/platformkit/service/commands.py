"""What an operator starts by hand beside the processes: `python -m <service> <command> ...`."""

import argparse
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from platformkit.service.process import Process
from platformkit.settings import ProcessSettings

S = TypeVar("S", bound=ProcessSettings)


@dataclass(frozen=True)
class Command(Generic[S]):
    """Works as the database role `role`.

    `run` takes the words after its name, prints what it did, and gives the exit code: 0 done, 1 not (all) done, 2 wrong use.
    """

    run: Callable[[Process[S], Sequence[str]], Awaitable[int]]
    role: str = "worker"


def say(line: str) -> None:
    """Print a line for the operator at once. Logs of the same process go to stderr."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def operator() -> argparse.ArgumentParser:
    """The words that say who does it: a parent of the parser of every command that leaves a line in the audit log."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--by", default=_user(), metavar="NAME", help="who does it, for the audit log (%(default)s)")
    return parser


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return str(os.getuid())
