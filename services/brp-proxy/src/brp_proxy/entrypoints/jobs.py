"""What this service does by itself."""

from datetime import timedelta

from brp_proxy.application.handlers.leases_nalopen import LeasesNalopenHandler
from platformkit.runtime import Component, every

_INTERVAL = timedelta(seconds=15)


def leases(handler: LeasesNalopenHandler) -> Component:
    """Go through the old leases."""
    return every("leases", _INTERVAL, handler)
