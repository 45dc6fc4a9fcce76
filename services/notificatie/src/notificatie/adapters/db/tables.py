"""The tables, as the repository queries them; their DDL is in the migrations. No column holds an address."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Date,
    DateTime,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

metadata = MetaData()

match_stand = Table(
    "match_stand",
    metadata,
    Column("match_id", Uuid, primary_key=True),
    Column("versie", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("reden", Text),
    Column("oorzaak_id", Uuid, nullable=False),
    Column("einddatum", Date, nullable=False),
    # Only while the match is active: what has ended leaves no trace of a youth (D8).
    Column("personen", ARRAY(Uuid), nullable=False),
)

notificatie = Table(
    "notificatie",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("soort", Text, nullable=False),
    Column("oorzaak_soort", Text, nullable=False),
    Column("oorzaak_id", Uuid, nullable=False),
    Column("oorzaak_op", DateTime(timezone=True), nullable=False),
    Column("ontvanger_soort", Text, nullable=False),
    Column("ontvanger", Text, nullable=False),
    Column("kanaal", Text, nullable=False),
    # The notification that this one takes back.
    Column("herroept", Uuid),
    Column("status", Text, nullable=False),
    Column("reden", Text),
    Column("pogingen", Integer, nullable=False),
    Column("onzeker", Integer, nullable=False),
    # While it is being sent: until when nobody else may.
    Column("volgende_poging_op", DateTime(timezone=True), nullable=False),
    Column("versie", BigInteger, nullable=False),
    Column("traceparent", Text),
    Column("sinds", DateTime(timezone=True), nullable=False),
    Column("gewijzigd_op", DateTime(timezone=True), nullable=False),
    # Where it is about no match: when the recipient's own signal was issued.
    Column("signaal_op", DateTime(timezone=True)),
)

verhuizing = Table(
    "verhuizing",
    metadata,
    # Removed when it is known who is told: no trace of the youth stays (D8).
    Column("persoon_ref", Uuid, primary_key=True),
    Column("versie", BigInteger, primary_key=True),
    Column("verhuisd_op", DateTime(timezone=True), nullable=False),
    Column("woongemeente", Text),
    Column("traceparent", Text),
    Column("sinds", DateTime(timezone=True), nullable=False),
    Column("volgende_poging_op", DateTime(timezone=True), nullable=False),
)

notificatie_match = Table(
    "notificatie_match",
    metadata,
    Column("notificatie_id", Uuid, nullable=False),
    Column("match_id", Uuid, nullable=False),
    # When the recipient's own signal in it was issued, as far as match said.
    Column("signaal_op", DateTime(timezone=True)),
    # Of a correction: the notification of this match that it takes back. Of those from before, see `notificatie`.
    Column("herroept", Uuid),
    PrimaryKeyConstraint("notificatie_id", "match_id"),
)
