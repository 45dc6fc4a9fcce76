"""What this service reads from Kafka."""

from collections.abc import Sequence

from brp_proxy.application.handlers.signalen_verwerken import CONSUMER, SignalenVerwerkenHandler
from platformkit.messaging.consumer import Subscription


def subscriptions(signalen: SignalenVerwerkenHandler) -> Sequence[Subscription]:
    """The subscriptions."""
    return (Subscription(CONSUMER, "signaal", signalen),)
