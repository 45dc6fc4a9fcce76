"""Technical tables, what is known of each match, notifications and the matches that they are about."""

from alembic import op

from platformkit.db import baseline

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
create table match_stand (
  match_id uuid primary key,
  versie bigint not null,
  status text not null check (status in ('actief', 'beeindigd')),
  oorzaak_id uuid not null,
  einddatum date not null,
  personen uuid[] not null
);

create table notificatie (
  id uuid primary key,
  soort text not null check (soort in ('match', 'match-onjuist')),
  oorzaak_soort text not null,
  oorzaak_id uuid not null,
  oorzaak_op timestamptz not null,
  ontvanger_soort text not null check (ontvanger_soort in ('account', 'coordinator')),
  ontvanger text not null,
  kanaal text not null,
  herroept uuid references notificatie,
  status text not null check (status in ('wachtend', 'bezig', 'afgeleverd', 'mislukt', 'vervallen')),
  reden text,
  pogingen integer not null default 0,
  onzeker integer not null default 0,
  volgende_poging_op timestamptz not null,
  versie bigint not null default 0,
  traceparent text,
  sinds timestamptz not null,
  gewijzigd_op timestamptz not null,
  unique (oorzaak_id, ontvanger_soort, ontvanger)
);
create index notificatie_te_doen on notificatie (volgende_poging_op) where status in ('wachtend', 'bezig');
create index notificatie_herroept on notificatie (herroept) where herroept is not null;

create table notificatie_match (
  notificatie_id uuid not null references notificatie,
  match_id uuid not null references match_stand,
  primary key (notificatie_id, match_id)
);
create index notificatie_match_match on notificatie_match (match_id)
"""


def upgrade() -> None:
    for statement in baseline.v1("notificatie"):
        op.execute(statement)
    for statement in _TABLES.split(";"):
        op.execute(statement)
    for table in ("match_stand", "notificatie", "notificatie_match"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy worker on {table} to notificatie_worker using (true) with check (true)")
        op.execute(f"grant select, insert, update on {table} to notificatie_worker")
