"""The person store."""

from alembic import op

from platformkit.db import baseline

revision = "0001"
down_revision = None

_TABLES = """
create table verwijzing (
  persoon_ref uuid primary key,
  soort text not null check (soort in ('jeugdige', 'ouder')),
  bsn_index bytea not null,
  sleutelversie integer not null,
  unique (soort, bsn_index)
);
create table persoon (
  persoon_ref uuid primary key references verwijzing on delete cascade,
  versie bigint not null check (versie > 0),
  gegevens bytea not null,
  vastgelegd_op timestamptz not null,
  bevestigd boolean not null
);
create index persoon_onbevestigd on persoon (vastgelegd_op) where not bevestigd;
create table persoonssleutel (
  persoon_ref uuid primary key references persoon on delete cascade,
  sleutel bytea not null,
  sleutelversie integer not null
);
create table ouder (
  kind uuid not null references persoon on delete cascade,
  ouder uuid not null references verwijzing,
  sinds timestamptz not null,
  sinds_versie bigint not null,
  sinds_gewijzigd boolean not null,
  primary key (kind, ouder)
);
create index ouder_kinderen on ouder (ouder);
create table volgindicatie (
  persoon_ref uuid primary key references persoon on delete cascade
);
create table signaal (
  signaal_id uuid primary key,
  persoon_ref uuid,
  versie bigint not null,
  staat text not null check (staat in ('bestaat', 'weg')),
  gewijzigd_op timestamptz not null,
  check ((staat = 'weg') = (persoon_ref is null))
);
create index signaal_persoon on signaal (persoon_ref) where persoon_ref is not null;
create table vernietigd (
  persoon_ref uuid primary key,
  vernietigd_op timestamptz not null,
  reden text not null check (reden in ('23', 'overleden', 'laatste-signaal', 'lease', 'ouder'))
)
"""

_SECURED = ("verwijzing", "persoon", "persoonssleutel", "ouder", "volgindicatie", "signaal", "vernietigd")

# The api writes persons for services and lets former parents go. The worker ends persons and never reads their data.
_GRANTS = """
grant select, insert, delete, update (bsn_index, sleutelversie) on verwijzing to brp_proxy_api;
grant select, insert, update on persoon, persoonssleutel to brp_proxy_api;
grant select, insert, delete on ouder to brp_proxy_api;
grant insert on vernietigd to brp_proxy_api;
grant select (persoon_ref, soort), delete, update (sleutelversie) on verwijzing to brp_proxy_worker;
grant select (persoon_ref, versie, vastgelegd_op, bevestigd), update (bevestigd) on persoon to brp_proxy_worker;
grant select (kind, ouder) on ouder to brp_proxy_worker;
grant select, insert on volgindicatie to brp_proxy_worker;
grant select, insert, update, delete on signaal to brp_proxy_worker;
grant select, insert on vernietigd to brp_proxy_worker
"""


def upgrade() -> None:
    for statement in baseline.v1("brp_proxy"):
        op.execute(statement)
    for statement in _TABLES.split(";\n"):
        op.execute(statement)
    for table in _SECURED:
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy worker on {table} to brp_proxy_worker using (true)")
    # Without a context app_role() raises: an error, not an empty answer (D6).
    for table in ("persoon", "persoonssleutel", "ouder"):
        op.execute(f"create policy api on {table} to brp_proxy_api using ((select app_role()) = 'dienst')")
    for command, check in (
        ("select", "using ((select app_role()) = 'dienst')"),
        ("insert", "with check ((select app_role()) = 'dienst')"),
        ("update", "using ((select app_role()) = 'dienst')"),
        ("delete", "using ((select app_role()) = 'dienst' and soort = 'ouder')"),
    ):
        op.execute(f"create policy api_{command} on verwijzing for {command} to brp_proxy_api {check}")
    op.execute(
        "create policy api on vernietigd for insert to brp_proxy_api"
        " with check ((select app_role()) = 'dienst' and reden = 'ouder')"
    )
    for statement in _GRANTS.split(";\n"):
        op.execute(statement)
