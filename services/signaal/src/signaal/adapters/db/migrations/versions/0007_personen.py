"""Youths as brp-proxy tells them: their moves reach the signals, and their end ends these (D6, D8).

A professional stores what brp-proxy answered of a youth with whom he is involved, and sees no other. notificatie sees who is
to be told of a move. Of signals from before nobody knows on which version of the youth they were issued.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "alter table signaal add column persoon_versie bigint",
    "create table persoon (persoon_ref uuid primary key, versie bigint not null, status text not null,"
    " woongemeente text, geheim boolean not null)",
    "alter table persoon enable row level security",
    "alter table persoon force row level security",
    "create policy worker on persoon to signaal_worker using (true) with check (true)",
    "create policy betrokken on persoon to signaal_api using ((select app_role()) = 'professional' and exists ("
    " select from betrokkenheid where betrokkenheid.account = (select app_subject())"
    " and betrokkenheid.persoon_ref = persoon.persoon_ref))",
    "create policy dienst on persoon for select to signaal_api using ((select app_role()) = 'notificatie')",
    "grant select, insert, update on persoon to signaal_worker, signaal_api",
    "grant update (woongemeente) on signaal to signaal_worker, signaal_api",
    "grant select on gemeente to signaal_worker",
    "create policy worker on betrokkenheid to signaal_worker using (true)",
    "grant select (account, persoon_ref), update (tot), delete on betrokkenheid to signaal_worker",
    "create policy worker_vernietigt on signaal_telling for delete to signaal_worker using (true)",
    "grant delete on signaal, signaal_telling to signaal_worker",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
