"""What tests of services share: waiting, an issuer of tokens, other processes that are pretended, records of events."""

from platformkit.testing.issuer import Issuer
from platformkit.testing.nowhere import NOWHERE
from platformkit.testing.pretended import Pretended
from platformkit.testing.records import record
from platformkit.testing.waiting import eventually, eventually_async

__all__ = ["NOWHERE", "Issuer", "Pretended", "eventually", "eventually_async", "record"]
