"""Why a parent is no longer on a youth's list: because he never was the parent, or because of what happened since.

The BRP delivers the parents of now and no history. A denial or a correction says that somebody never was the parent, and
what rested on that was wrong. An adoption ends what was right until that day. What is not certain is not called wrong.
"""

from collections.abc import Collection
from dataclasses import dataclass

from brp_proxy.domain.leeftijd import Datum, eerste_dag, laatste_dag


@dataclass(frozen=True, repr=False)
class Plaats:
    """Where and since when a parent stands on the list: as the first or the second (`aanduiding`), in law since `ingang`."""

    aanduiding: str | None
    ingang: Datum | None


def was_nooit_ouder(plaats: Plaats, geregistreerd: Collection[Plaats]) -> bool:
    """Whether somebody who stood in `plaats`, and is gone, never was the parent; `geregistreerd` are the parents of now.

    Somebody in his place who is the parent since the same day or before was so all the time. Nobody in it: a relation in law
    ends by nothing but a denial, a correction or an adoption; one who adopts alone leaves a place empty, and is the parent
    since later.
    """
    if plaats.aanduiding is None:
        return False
    opvolger = next((each for each in geregistreerd if each.aanduiding == plaats.aanduiding), None)
    if opvolger is not None:
        return _niet_later(opvolger.ingang, plaats.ingang)
    # One whose place is not known may stand in it, which says the same.
    return all(_niet_later(each.ingang, plaats.ingang) for each in geregistreerd)


def _niet_later(een: Datum | None, ander: Datum | None) -> bool:
    """Whether it is certain that the one date is not after the other."""
    if een is None or ander is None:
        return False
    return een == ander or laatste_dag(een) <= eerste_dag(ander)
