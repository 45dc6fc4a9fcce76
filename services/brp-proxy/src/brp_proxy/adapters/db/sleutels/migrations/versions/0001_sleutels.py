"""The data keys of persons, apart from their data."""

from alembic import op

revision = "0001"
down_revision = None

# `namen`: the BSN of the youth and those of his parents, by ref, sealed. The index finds the same ref again after a restore
# of the base. `nagelopen`: the base was seen to have a row for it since it was written.
_TABLES = """
create table sleutel (
  persoon_ref uuid primary key,
  bsn_index bytea not null unique,
  indexversie integer not null,
  namen bytea not null,
  sleutel bytea not null,
  kekversie integer not null,
  geschreven_op timestamptz not null,
  nagelopen boolean not null
);
create index sleutel_na_te_lopen on sleutel (geschreven_op) where not nagelopen;
create index sleutel_indexversie on sleutel (indexversie, persoon_ref);
create index sleutel_kekversie on sleutel (kekversie, persoon_ref);
create table vernietigd (
  persoon_ref uuid primary key,
  vernietigd_op timestamptz not null,
  reden text not null check (reden in ('23', 'overleden', 'laatste-signaal', 'lease'))
)
"""

# The api writes keys and can remove none: who has given a BSN another ref writes over the key of the former one.
_GRANTS = """
grant select, insert, update on sleutel to brp_proxy_sleutels_api;
grant insert on vernietigd to brp_proxy_sleutels_api;
grant select, insert, update, delete on sleutel to brp_proxy_sleutels_worker;
grant select, insert on vernietigd to brp_proxy_sleutels_worker
"""


def upgrade() -> None:
    for statement in (*_TABLES.split(";\n"), *_GRANTS.split(";\n")):
        op.execute(statement)
