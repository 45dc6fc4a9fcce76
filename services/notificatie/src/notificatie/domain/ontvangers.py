"""Who is told of a match (R100-R103, R112, D18)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.match import MatchReden, MatchStatus, MatchToestand

_ONJUIST = frozenset({MatchReden.SIGNAAL_VERWIJDERD, MatchReden.OUDER_GECORRIGEERD})


class OntvangerSoort(StrEnum):
    """How notificatie knows a recipient: never by an address."""

    ACCOUNT = "account"
    COORDINATOR = "coordinator"


@dataclass(frozen=True, order=True)
class Ontvanger:
    """A recipient: an account's UUID as text, or the convenant whose coordinator is meant."""

    soort: OntvangerSoort
    naam: str


def ontvangers(match: MatchToestand) -> Iterator[Ontvanger]:
    """Both professionals of `match`, also the one who caused it (R102, D18).

    Unless one of them can have the matchregie also the coordinator of each convenant (R103, R112); where match did not
    say, he is asked about when the mail is due.
    """
    for betrokken in match.professionals:
        yield Ontvanger(OntvangerSoort.ACCOUNT, str(betrokken.account))
    if not match.regiepartij:
        for convenant in sorted({betrokken.convenant for betrokken in match.professionals}):
            yield Ontvanger(OntvangerSoort.COORDINATOR, convenant)


def eigen_signaal_op(match: MatchToestand, ontvanger: Ontvanger) -> datetime | None:
    """When the recipient's own signal in `match` was issued; none of a coordinator, or where match did not say."""
    for betrokken, op in zip(match.professionals, match.afgegeven_op or (), strict=False):
        if ontvanger == Ontvanger(OntvangerSoort.ACCOUNT, str(betrokken.account)):
            return op
    return None


def was_onjuist(match: MatchToestand) -> bool:
    """Whether the match ended because it should never have been: the only end that is told by mail (D18)."""
    return match.status is MatchStatus.BEEINDIGD and match.reden in _ONJUIST
