"""How rows of the audit log hang together: each link covers its row and the link before, a month at a time.

A month begins with the last link of the month before, and keeps it: when old months have gone, what is left still holds.
"""

import hashlib
import json
from datetime import UTC
from typing import Any

from platformkit.db.statement import Row

START = bytes(32)
"""What the first month of all begins with."""


def link(before: bytes, row: Row) -> bytes:
    """The SHA-256 over the link `before` and all of what `row` of the table audit says."""
    said: list[Any] = [
        row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        row.actor,
        row.role,
        row.action,
        row.outcome,
        row.trace_id,
        *(None if each is None else str(each) for each in (row.id, row.object, row.person)),
    ]
    return hashlib.sha256(before + json.dumps(said).encode()).digest()
