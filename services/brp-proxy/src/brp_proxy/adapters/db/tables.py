"""The tables of this service; their DDL, policies and grants are in the migrations."""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)

metadata = MetaData()


class Soort(StrEnum):
    """Whose ref it is; `weg`: of a youth who was marked, is unknown to everybody, and is about to be removed."""

    JEUGDIGE = "jeugdige"
    OUDER = "ouder"
    WEG = "weg"


verwijzing = Table(
    "verwijzing",
    metadata,
    Column("persoon_ref", Uuid, primary_key=True),
    Column("soort", Text, nullable=False),
    Column("bsn_index", LargeBinary, nullable=False),
    Column("sleutelversie", Integer, nullable=False),
    Column("reden", Text),
)

persoon = Table(
    "persoon",
    metadata,
    Column("persoon_ref", ForeignKey("verwijzing.persoon_ref"), primary_key=True),
    Column("versie", BigInteger, nullable=False),
    Column("gegevens", LargeBinary, nullable=False),
    Column("vastgelegd_op", DateTime(timezone=True), nullable=False),
    Column("bevestigd", Boolean, nullable=False),
    Column("herlezen", Boolean, nullable=False),
)

persoonssleutel = Table(
    "persoonssleutel",
    metadata,
    Column("persoon_ref", ForeignKey("persoon.persoon_ref"), primary_key=True),
    Column("sleutel", LargeBinary, nullable=False),
    Column("sleutelversie", Integer, nullable=False),
)

ouder = Table(
    "ouder",
    metadata,
    Column("kind", ForeignKey("persoon.persoon_ref"), primary_key=True),
    Column("ouder", ForeignKey("verwijzing.persoon_ref"), primary_key=True),
    Column("sinds", DateTime(timezone=True), nullable=False),
    Column("sinds_versie", BigInteger, nullable=False),
    Column("sinds_gewijzigd", Boolean, nullable=False),
)

volgindicatie = Table(
    "volgindicatie",
    metadata,
    Column("persoon_ref", ForeignKey("persoon.persoon_ref"), primary_key=True),
    Column("geplaatst_op", DateTime(timezone=True)),
)

volgstand = Table(
    "volgstand",
    metadata,
    Column("alleen", Boolean, primary_key=True),
    Column("gewijzigd_tot", Date),
    Column("nagelopen_op", Date),
    Column("nagelopen_na", Uuid),
)

signaal = Table(
    "signaal",
    metadata,
    Column("signaal_id", Uuid, primary_key=True),
    Column("persoon_ref", Uuid),
    Column("versie", BigInteger, nullable=False),
    Column("staat", Text, nullable=False),
    Column("gewijzigd_op", DateTime(timezone=True), nullable=False),
)

vernietigd = Table(
    "vernietigd",
    metadata,
    Column("persoon_ref", Uuid, primary_key=True),
    Column("vernietigd_op", DateTime(timezone=True), nullable=False),
    Column("reden", Text, nullable=False),
)
