"""Whether a follow entry stands at the BRP, and how far changes were asked for and gone through."""

from alembic import op

revision = "0008"
down_revision = "0007"

# One row, made here: nobody needs to make it first.
_CHANGES = """
alter table volgindicatie add column geplaatst_op timestamptz;
create index volgindicatie_te_plaatsen on volgindicatie (persoon_ref) where geplaatst_op is null;
create table volgstand (
  alleen boolean primary key default true check (alleen),
  gewijzigd_tot date,
  nagelopen_op date,
  nagelopen_na uuid
);
insert into volgstand default values;
alter table volgstand enable row level security;
alter table volgstand force row level security;
create policy worker on volgstand to brp_proxy_worker using (true);
grant select, update on volgstand to brp_proxy_worker;
grant update (geplaatst_op) on volgindicatie to brp_proxy_worker
"""


def upgrade() -> None:
    for statement in _CHANGES.split(";\n"):
        op.execute(statement)
