"""What goes over the wire."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from brp_proxy.application.commands import Doel
from brp_proxy.application.handlers.persoon_vastleggen import Persoonsverwijzing
from contracts.statistiek import Geslacht, Leeftijdsgroep


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True)


class PersoonsverwijzingVraag(_Model):
    """Over wie een signaal gaat, en waarvoor de gegevens nodig zijn."""

    model_config = ConfigDict(extra="forbid")

    bsn: str = Field(
        repr=False, description="Burgerservicenummer", json_schema_extra={"pattern": "^[0-9]{9}$", "writeOnly": True}
    )
    doel: Doel = Field(description="Doel van de verwerking")


class PersoonsverwijzingAntwoord(_Model):
    """De verwijzing naar de jeugdige, en wat de aanvrager van hem mag weten."""

    persoon_ref: UUID = Field(description="Verwijzing zonder betekenis")
    vastgelegd_op: datetime = Field(description="Moment waarop de verwijzing is uitgegeven of vernieuwd")
    uiterlijk: date = Field(description="De 23e verjaardag: vanaf deze dag kan er geen signaal meer zijn")
    woongemeente: str | None = Field(description="CBS-code; leeg bij een geheim of onbekend adres en in het buitenland")
    geheim: bool = Field(description="De persoonsgegevens zijn geheim")
    leeftijdsgroep: Leeftijdsgroep
    geslacht: Geslacht

    @classmethod
    def van(cls, verwijzing: Persoonsverwijzing) -> "PersoonsverwijzingAntwoord":
        """The answer that tells `verwijzing`."""
        return cls(
            persoon_ref=verwijzing.persoon_ref,
            vastgelegd_op=verwijzing.vastgelegd_op,
            uiterlijk=verwijzing.uiterlijk,
            woongemeente=verwijzing.woongemeente,
            geheim=verwijzing.geheim,
            leeftijdsgroep=verwijzing.leeftijdsgroep,
            geslacht=verwijzing.geslacht,
        )
