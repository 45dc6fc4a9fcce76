"""Its tables, as queries see them."""

from sqlalchemy import ARRAY, BigInteger, Column, Date, Identity, Integer, MetaData, Table, Text, Uuid

metadata = MetaData()

ding = Table(
    "ding",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("eigenaar", Uuid, nullable=False),
    Column("gemeente", Text, nullable=False),
    Column("tekst", Text, nullable=False),
    Column("tot", Date),
)
geteld = Table("geteld", metadata, Column("sleutel", Text, primary_key=True), Column("aantal", Integer, nullable=False))
gezien = Table(
    "gezien",
    metadata,
    Column("volgnummer", BigInteger, Identity(always=True)),
    Column("persoon", Uuid, nullable=False),
    Column("versie", BigInteger, nullable=False),
)
stand = Table(
    "stand",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("versie", BigInteger, nullable=False),
    Column("status", Text),
    Column("personen", ARRAY(Uuid)),
)
