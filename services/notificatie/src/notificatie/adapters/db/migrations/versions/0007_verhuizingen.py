"""Moves are told (law 7.1.2.3(1)(g)): first it is asked whom they concern, and then they are notifications like others."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "alter table notificatie add column signaal_op timestamptz",
    "alter table notificatie drop constraint notificatie_soort_check,"
    " add constraint notificatie_soort_check check (soort in ('match', 'match-onjuist', 'verhuizing'))",
    "create table verhuizing (persoon_ref uuid not null, versie bigint not null, verhuisd_op timestamptz not null,"
    " woongemeente text, traceparent text, sinds timestamptz not null, volgende_poging_op timestamptz not null,"
    " primary key (persoon_ref, versie))",
    "create index verhuizing_te_doen on verhuizing (volgende_poging_op)",
    "alter table verhuizing enable row level security",
    "alter table verhuizing force row level security",
    "create policy worker on verhuizing to notificatie_worker using (true) with check (true)",
    "grant select, insert, update, delete on verhuizing to notificatie_worker",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
