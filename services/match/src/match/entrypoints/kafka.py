"""What match reads: signals and youths, both with the same handler, because either may arrive last (D4)."""

from collections.abc import Sequence

from contracts.persoon import PersoonToestand
from contracts.signaal import SignaalToestand
from platformkit.executor import Handler
from platformkit.messaging.consumer import Subscription


def subscriptions(verwerken: Handler) -> Sequence[Subscription]:
    """The subscriptions; their names are also those of the Kafka groups."""
    return (
        Subscription("match.signaal", SignaalToestand.TOPIC, verwerken),
        Subscription("match.persoon", PersoonToestand.TOPIC, verwerken),
    )
