"""What match tells the others: the whole state of a match, in the words of the contract (D2)."""

from contracts.match import MatchBeeindigd, MatchOntstaan, MatchReden, MatchStatus, NadereReden
from match.domain.match import Match
from match.domain.regie import REGIEPARTIJEN
from match.domain.signaal import Betrokkene


def toestand(match: Match, a: Betrokkene, b: Betrokkene) -> MatchOntstaan | MatchBeeindigd:
    """A match as it stands, with what is told of its two sides."""
    soort_event = MatchOntstaan if match.status is MatchStatus.ACTIEF else MatchBeeindigd
    # Validated in one go: a model for each part would cost half as much again.
    return soort_event.model_validate(
        {
            "match_id": match.match_id,
            "soort": match.soort,
            "signalen": (match.signaal_a, match.signaal_b),
            "personen": tuple(sorted({match.persoon_a, match.persoon_b})),
            "professionals": (a._asdict(), b._asdict()),
            "oorzaak": {"soort": match.oorzaak_soort, "id": match.oorzaak_id, "op": match.oorzaak_op},
            "einddatum": match.einddatum,
            "status": match.status,
            "reden": match.reden if isinstance(match.reden, MatchReden) else None,
            "nadere_reden": match.reden if isinstance(match.reden, NadereReden) else None,
            "beeindigd_door": match.beeindigd_door,
            "regiepartij": not REGIEPARTIJEN.isdisjoint({a.organisatiesoort, b.organisatiesoort}),
            "afgegeven_op": (a.afgegeven_op, b.afgegeven_op),
        }
    )
