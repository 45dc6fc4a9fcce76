"""The base of every event: frozen, camelCase on the wire, tolerant in reading (contracts only grow)."""

from typing import Annotated, ClassVar, NewType
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

# Of a kind each, so that the type checker sees one in another's place.
PersoonRef = NewType("PersoonRef", UUID)
"""The pseudonym of a youth (D1)."""
OuderRef = NewType("OuderRef", UUID)
"""The pseudonym of a parent (D1)."""
SignaalId = NewType("SignaalId", UUID)
MatchId = NewType("MatchId", UUID)
ProfessionalId = NewType("ProfessionalId", UUID)
"""A natural person."""
AccountId = NewType("AccountId", UUID)
"""That person at one organisation and location (D6)."""
OrganisatieId = NewType("OrganisatieId", UUID)

Gemeentecode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
"""A gemeente by its CBS code."""

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""A stable code of ours. No event has a field that would take free text (D2)."""

Moment = AwareDatetime
"""A moment with its offset; without one, readers in other zones would differ by hours."""


class Waarde(BaseModel):
    """An immutable value on the wire; unknown fields are ignored, so that a newer sender does not break an older reader."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Event(Waarde):
    """Something that happened to an aggregate, with the aggregate's whole state after it (D2).

    `TYPE` is the CloudEvents type, `TOPIC` the Kafka topic. `aggregate_id` becomes the CloudEvents subject and `key` the
    Kafka key; the aggregate's version travels as the CloudEvents `sequence`, not in the data.
    """

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]

    @property
    def aggregate_id(self) -> UUID:
        """The id of the aggregate that this event is about."""
        raise NotImplementedError

    @property
    def key(self) -> UUID:
        """The Kafka key: events with the same key keep their order on the wire."""
        return self.aggregate_id

    def is_of(self, subject: UUID, key: UUID) -> bool:
        """Whether its data are of the aggregate and have the key that its envelope names."""
        return self.aggregate_id == subject and self.key == key


class Vernietigd(Event):
    """The end of an aggregate: carries nothing but its reason (D2), so whose end it is stands in the envelope only."""

    def is_of(self, subject: UUID, key: UUID) -> bool:
        return True
