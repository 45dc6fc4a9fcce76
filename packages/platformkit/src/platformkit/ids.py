"""Ids: version 7 UUIDs (RFC 9562), so that new rows land at the end of an index."""

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """A new time-ordered UUID."""
    return _uuid7()


def made_at(made: UUID) -> float:
    """When a version 7 UUID was made, in seconds since 1970: its first 48 bits."""
    return (made.int >> 80) / 1000


def earliest_of(seconds: float) -> UUID:
    """Below every version 7 UUID that is made from so many seconds ago on."""
    return UUID(int=(uuid7().int >> 80) - int(seconds * 1000) << 80)
