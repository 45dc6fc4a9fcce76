"""Answers of the API (camelCase)."""

from datetime import date, datetime, time
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contracts.base import MatchId, SignaalId
from contracts.http.deelnemers import Contact
from contracts.match import MatchReden, MatchSoort
from match.application.handlers.matches_tonen import Bladzijde, GetoondeMatch
from match.application.queries import EigenMatch, Stand
from platformkit.clock import AMSTERDAM


class Model(BaseModel):
    """A body."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class PartnerAntwoord(Model):
    """The other professional: who, and how to reach (R122)."""

    organisatie: str
    naam: Annotated[str, Field(repr=False)]
    locatie: str
    email: Annotated[str, Field(repr=False)]
    telefoon: Annotated[str | None, Field(repr=False)]

    @classmethod
    def van(cls, contact: Contact) -> Self:
        """From the read side."""
        return cls(
            organisatie=contact.organisatie,
            naam=contact.naam,
            locatie=contact.locatie,
            email=contact.email,
            telefoon=contact.telefoon,
        )


class MatchAntwoord(Model):
    """A match of the own signal. Of a family match nothing of the other youth (C16, law 7.1.4.3(2))."""

    match_id: MatchId
    soort: Annotated[MatchSoort, Field(description="client: dezelfde jeugdige. gezin: een broer of zus")]
    status: Stand
    reden: Annotated[MatchReden | None, Field(description="Waarom de match is beeindigd")]
    ontstaan_op: AwareDatetime
    beeindigd_op: AwareDatetime | None
    einddatum: Annotated[date, Field(description="De eerste dag waarop de match niet meer telt")]
    eigen_signaal_id: SignaalId
    partner: Annotated[
        PartnerAntwoord | None,
        Field(description="De andere professional; leeg als de match voorbij is of als die er niet meer werkt"),
    ]

    @classmethod
    def van(cls, getoond: GetoondeMatch) -> Self:
        """From the read side."""
        match = getoond.match
        voorbij = match.stand is Stand.BEEINDIGD
        return cls(
            match_id=match.match_id,
            soort=match.soort,
            status=match.stand,
            reden=_reden(match, voorbij=voorbij),
            ontstaan_op=match.ontstaan_op,
            beeindigd_op=match.beeindigd_op or (_begin_van(match) if voorbij else None),
            einddatum=match.einddatum,
            eigen_signaal_id=match.eigen_signaal,
            partner=PartnerAntwoord.van(getoond.partner) if getoond.partner else None,
        )


def _reden(match: EigenMatch, *, voorbij: bool) -> MatchReden | None:
    if match.reden is None:
        # Past its einddatum and not swept yet: it says what the sweep will say.
        return MatchReden.EINDDATUM if voorbij else None
    # The description of this answer is closed and knows no other words.
    return match.reden if isinstance(match.reden, MatchReden) else None


def _begin_van(match: EigenMatch) -> datetime:
    return datetime.combine(match.einddatum, time(), AMSTERDAM)


class MatchesAntwoord(Model):
    """A page of own matches; `volgende` goes into `na` to get the next one."""

    items: list[MatchAntwoord]
    volgende: MatchId | None

    @classmethod
    def van(cls, bladzijde: Bladzijde) -> Self:
        """From the read side."""
        return cls(items=[MatchAntwoord.van(each) for each in bladzijde.items], volgende=bladzijde.volgende)
