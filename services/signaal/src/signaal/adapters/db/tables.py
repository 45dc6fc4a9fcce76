"""The tables of signaal, for queries. Their DDL is in the migrations."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
)

metadata = MetaData()

convenant = Table(
    "convenant",
    metadata,
    Column("code", Text, primary_key=True),
    Column("naam", Text, nullable=False),
    Column("coordinator_email", Text),
)

gemeente = Table(
    "gemeente",
    metadata,
    Column("code", Text, primary_key=True),
    Column("naam", Text, nullable=False),
    Column("opgevolgd_door", Text, ForeignKey("gemeente.code")),
)

convenant_gemeente = Table(
    "convenant_gemeente",
    metadata,
    Column("convenant", Text, ForeignKey("convenant.code"), primary_key=True),
    Column("gemeente", Text, ForeignKey("gemeente.code"), primary_key=True),
    Column("neemt_deel_aan_inzageknop", Boolean, nullable=False),
)

organisatie = Table(
    "organisatie",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("naam", Text, nullable=False),
    Column("soort", Text, nullable=False),
    Column("medisch", Boolean, nullable=False),
    Column("landelijk", Boolean, nullable=False),
)

organisatie_alias = Table(
    "organisatie_alias",
    metadata,
    Column("organisatie", Uuid, ForeignKey("organisatie.id"), primary_key=True),
    Column("alias", Text, primary_key=True),
)

locatie = Table(
    "locatie",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organisatie", Uuid, ForeignKey("organisatie.id"), nullable=False),
    Column("naam", Text, nullable=False),
    Column("gemeente", Text, nullable=False),
    Column("convenant", Text, nullable=False),
)

professional = Table(
    "professional",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("naam", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("telefoon", Text),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("professional", Uuid, ForeignKey("professional.id"), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("organisatie", Uuid, ForeignKey("organisatie.id"), nullable=False),
    Column("locatie", Uuid, ForeignKey("locatie.id"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

signaal = Table(
    "signaal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, key="versie", nullable=False),
    Column("persoon_ref", Uuid, nullable=False),
    Column("professional", Uuid, nullable=False),
    Column("account", Uuid, nullable=False),
    Column("organisatie", Uuid, nullable=False),
    Column("organisatiesoort", Text, nullable=False),
    Column("locatie", Uuid, nullable=False),
    Column("convenant", Text, nullable=False),
    Column("gemeente", Text, nullable=False),
    Column("woongemeente", Text),
    Column("afgegeven_op", DateTime(timezone=True), nullable=False),
    Column("begindatum", Date, nullable=False),
    Column("einddatum", Date, nullable=False),
    Column("ingekort", Boolean, nullable=False),
    Column("bron", Text, nullable=False),
    Column("landelijk", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("reden", Text),
    Column("inactief_sinds", Date),
    Column("persoon_versie", BigInteger),
)

persoon = Table(
    "persoon",
    metadata,
    Column("persoon_ref", Uuid, primary_key=True),
    Column("versie", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("woongemeente", Text),
    Column("geheim", Boolean, nullable=False),
)

betrokkenheid = Table(
    "betrokkenheid",
    metadata,
    Column("account", Uuid, primary_key=True),
    Column("persoon_ref", Uuid, primary_key=True),
    Column("tot", Date, nullable=False),
)

signaal_telling = Table(
    "signaal_telling",
    metadata,
    Column("signaal", Uuid, ForeignKey("signaal.id"), primary_key=True),
    Column("leeftijdsgroep", Text, nullable=False),
    Column("geslacht", Text, nullable=False),
    Column("woonklasse", Text, nullable=False),
    Column("woongemeente", Text),
    Column("organisatie", Uuid, nullable=False),
    Column("week", Text, nullable=False),
)
