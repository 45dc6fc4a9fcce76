"""Named places where a test can make a process die, fail or wait. Impossible to switch on in production.

`FAILPOINTS="outbox.after_publish=kill@2,consumer.after_commit=error"`: at the second passing the process is killed with
SIGKILL; an error is a TransientError; `pause:5` waits five seconds. Whoever armed one sees in the log when it is reached.
"""

import asyncio
import os
import signal
from collections import Counter
from typing import Final

from platformkit.errors import TransientError
from platformkit.logging import get_logger

POINTS: Final = frozenset(
    {
        "executor.before_commit",
        "executor.after_commit",
        "outbox.before_publish",
        "outbox.after_publish",
        "consumer.before_commit",
        "consumer.after_commit",
        "consumer.before_offsets",
        "delivery.before_send",
        "delivery.after_send",
        "destroying.before_key",
        "destroying.after_key",
    }
)
"""Every failpoint of every service, by the thing that is about to happen or has just happened.

`executor.*`: only work that writes records or events passes them, because a process may look for work all day and a test
must choose which passing counts. `consumer.before_offsets`: the batch is handled, its poison is put aside. `delivery.*`:
around the mail server's answer; the note of it is a transaction of the executor. `destroying.*`: around the end of the keys of
persons who were marked.
"""

log = get_logger()
_armed: dict[str, tuple[str, int]] = {}
_passed: Counter[str] = Counter()


def arm(spec: str) -> None:
    """Switch on the failpoints of `spec`.

    Raises:
        ValueError: an unknown name or action.
    """
    _armed.clear()
    _passed.clear()
    for part in filter(None, spec.split(",")):
        name, _, action = part.partition("=")
        action, _, at = action.partition("@")
        if name not in POINTS or action.partition(":")[0] not in {"kill", "error", "pause"}:
            raise ValueError(f"unknown failpoint: {part}")
        _armed[name] = (action, int(at or 1))


async def hit(name: str) -> None:
    """Pass the failpoint `name`."""
    if not _armed or name not in _armed:
        return
    action, at = _armed[name]
    _passed[name] += 1
    if _passed[name] != at:
        return
    log.warning("failpoint", point=name, action=action)
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "error":
        raise TransientError(f"failpoint {name}")
    await asyncio.sleep(float(action.partition(":")[2]))
