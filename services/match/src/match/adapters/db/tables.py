"""The tables of match, as queries see them; their DDL is in the migrations."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, DateTime, Integer, MetaData, Table, Text, Uuid

metadata = MetaData()
_MOMENT = DateTime(timezone=True)

matchsleutel = Table(
    "matchsleutel",
    metadata,
    Column("soort", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
)

persoon = Table(
    "persoon",
    metadata,
    Column("persoon_ref", Uuid, primary_key=True),
    Column("versie", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    # None where there are none, which is nearly always.
    Column("ouders_onjuist", ARRAY(Uuid)),
)

ouder = Table(
    "ouder",
    metadata,
    Column("persoon_ref", Uuid, primary_key=True),
    Column("ouder_ref", Uuid, primary_key=True),
    Column("sinds", _MOMENT, nullable=False),
    Column("sinds_versie", BigInteger, nullable=False),
    Column("sinds_gewijzigd", Boolean, nullable=False),
)

signaal = Table(
    "signaal",
    metadata,
    Column("signaal_id", Uuid, primary_key=True),
    Column("versie", BigInteger, nullable=False),
    Column("persoon_ref", Uuid),
    Column("professional", Uuid),
    Column("account", Uuid),
    Column("organisatie", Uuid),
    Column("organisatiesoort", Text),
    Column("convenant", Text),
    Column("gemeente", Text),
    Column("afgegeven_op", _MOMENT),
    Column("einddatum", Date),
    Column("status", Text, nullable=False),
    Column("reden", Text),
)

match = Table(
    "match",
    metadata,
    Column("match_id", Uuid, primary_key=True),
    Column("soort", Text, nullable=False),
    Column("signaal_a", Uuid, nullable=False),
    Column("signaal_b", Uuid, nullable=False),
    Column("persoon_a", Uuid, nullable=False),
    Column("persoon_b", Uuid, nullable=False),
    Column("account_a", Uuid, nullable=False),
    Column("account_b", Uuid, nullable=False),
    Column("oorzaak_soort", Text, nullable=False),
    Column("oorzaak_id", Uuid, nullable=False),
    Column("oorzaak_op", _MOMENT, nullable=False),
    Column("einddatum", Date, nullable=False),
    Column("status", Text, nullable=False),
    Column("reden", Text),
    Column("versie", BigInteger, nullable=False),
    Column("ontstaan_op", _MOMENT, nullable=False),
    Column("beeindigd_op", _MOMENT),
    Column("beeindigd_door", Uuid),
)

generatie = Table("generatie", metadata, Column("nummer", Integer, primary_key=True))
