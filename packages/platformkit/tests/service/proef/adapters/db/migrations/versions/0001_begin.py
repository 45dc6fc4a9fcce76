"""The technical tables, and one table under row-level security."""

from alembic import op

from platformkit.db import baseline

revision = "0001"
down_revision = None

_OWN = """
create table ding (id uuid primary key, eigenaar uuid not null, gemeente text not null, tekst text not null, tot date);
alter table ding enable row level security;
alter table ding force row level security;
create policy eigen on ding to proef_api
  using (eigenaar = (select app_subject()) and (tot is null or tot > (select app_today())))
  with check (eigenaar = app_subject());
create policy gemeente on ding for select to proef_api
  using ((select app_role()) = 'functionaris' and gemeente = any ((select app_tenants())::text[]));
create policy werker on ding to proef_worker using (true);
grant select, insert, update on ding to proef_api, proef_worker;
create table geteld (sleutel text primary key, aantal integer not null);
grant select, insert, update on geteld to proef_worker;
create table gezien (volgnummer bigint generated always as identity, persoon uuid not null, versie bigint not null);
grant select, insert on gezien to proef_worker
"""


def upgrade() -> None:
    for statement in baseline.v1("proef"):
        op.execute(statement)
    for statement in _OWN.split(";"):
        op.execute(statement)
