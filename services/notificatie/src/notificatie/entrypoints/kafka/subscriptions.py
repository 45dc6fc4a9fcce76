"""What notificatie reads."""

from contracts.match import MatchToestand
from platformkit.messaging.consumer import Handler, Subscription


def subscriptions(match_verwerken: Handler) -> list[Subscription]:
    """The topic match, under the group that its ACL and its inbox rows are named by."""
    # A mail may take a second.
    return [Subscription("notificatie.match", MatchToestand.TOPIC, match_verwerken, gather_ms=100)]
