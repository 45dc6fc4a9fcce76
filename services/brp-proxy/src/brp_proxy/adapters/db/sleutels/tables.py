"""The tables of the key database; their DDL and grants are in its migrations."""

from sqlalchemy import Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, Uuid

metadata = MetaData()

# No foreign key leads from one database to the other: who writes keeps the order (`application.ports`).
sleutel = Table(
    "sleutel",
    metadata,
    Column("persoon_ref", Uuid, primary_key=True),
    Column("bsn_index", LargeBinary, nullable=False),
    Column("indexversie", Integer, nullable=False),
    Column("namen", LargeBinary, nullable=False),
    Column("sleutel", LargeBinary, nullable=False),
    Column("kekversie", Integer, nullable=False),
    Column("geschreven_op", DateTime(timezone=True), nullable=False),
    Column("nagelopen", Boolean, nullable=False),
)

vernietigd = Table(
    "vernietigd",
    metadata,
    Column("persoon_ref", Uuid, primary_key=True),
    Column("vernietigd_op", DateTime(timezone=True), nullable=False),
    Column("reden", Text, nullable=False),
)
