"""What this service reads from Kafka."""

from collections.abc import Sequence

from brp_proxy.application.handlers.signalen_verwerken import CONSUMER, SignalenVerwerkenHandler
from platformkit.messaging.consumer import Subscription


def subscriptions(signalen: SignalenVerwerkenHandler) -> Sequence[Subscription]:
    """The subscriptions."""
    # A lease that is confirmed a moment later is as good.
    return (Subscription(CONSUMER, "signaal", signalen, gather_ms=250),)
