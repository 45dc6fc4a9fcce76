"""Ids: version 7 UUIDs (RFC 9562), so that new rows land at the end of an index."""

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """A new time-ordered UUID."""
    return _uuid7()
