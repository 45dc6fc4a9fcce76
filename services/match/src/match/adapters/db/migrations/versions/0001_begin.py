"""Projections, match keys, matches; row-level security on all of them (D4, D6)."""

from alembic import op

from platformkit.db import baseline

revision = "0001"
down_revision = None

_TABLES = """
create table matchsleutel (
  soort text not null check (soort in ('jeugdige', 'ouder')), id uuid not null, primary key (soort, id)
);

create table persoon (
  persoon_ref uuid primary key, versie bigint not null,
  status text not null check (status in ('in-leven', 'overleden', 'vernietigd'))
);

create table ouder (
  persoon_ref uuid not null, ouder_ref uuid not null, sinds timestamptz not null, sinds_versie bigint not null,
  sinds_gewijzigd boolean not null, primary key (persoon_ref, ouder_ref)
);
create index ouder_kinderen on ouder (ouder_ref) include (persoon_ref);

create table signaal (
  signaal_id uuid primary key, versie bigint not null, persoon_ref uuid, professional uuid, account uuid,
  organisatie uuid, organisatiesoort text, convenant text, gemeente text, afgegeven_op timestamptz, einddatum date,
  status text not null check (status in ('actief', 'inactief', 'verwijderd', 'vernietigd')), reden text,
  constraint grafsteen check (
    case status when 'vernietigd'
      then num_nonnulls(persoon_ref, professional, account, organisatie, organisatiesoort, convenant, gemeente,
                        afgegeven_op, einddatum, reden) = 0
      else num_nulls(persoon_ref, professional, account, organisatie, organisatiesoort, convenant, gemeente,
                     afgegeven_op, einddatum) = 0
    end)
);
create index signaal_actief on signaal (persoon_ref) where status = 'actief';

create table match (
  match_id uuid primary key, soort text not null check (soort in ('client', 'gezin')),
  signaal_a uuid not null, signaal_b uuid not null, persoon_a uuid not null, persoon_b uuid not null,
  professional_a uuid not null, professional_b uuid not null, account_a uuid not null, account_b uuid not null,
  organisatie_a uuid not null, organisatie_b uuid not null,
  organisatiesoort_a text not null, organisatiesoort_b text not null,
  convenant_a text not null, convenant_b text not null, gemeente_a text not null, gemeente_b text not null,
  oorzaak_soort text not null, oorzaak_id uuid not null, oorzaak_op timestamptz not null, einddatum date not null,
  status text not null check (status in ('actief', 'beeindigd')), reden text, versie bigint not null,
  ontstaan_op timestamptz not null, beeindigd_op timestamptz,
  constraint signalen_op_volgorde check (signaal_a < signaal_b),
  constraint soort_bij_jeugdigen check ((soort = 'client') = (persoon_a = persoon_b)),
  constraint einde_met_reden check ((status = 'beeindigd') = (reden is not null and beeindigd_op is not null)),
  unique (soort, signaal_a, signaal_b)
);
create index match_persoon_a on match (persoon_a) where status = 'actief';
create index match_persoon_b on match (persoon_b) where status = 'actief';
create index match_einddatum on match (einddatum) where status = 'actief';
create index match_account_a on match (account_a, ontstaan_op);
create index match_account_b on match (account_b, ontstaan_op);

create table generatie (nummer integer not null check (nummer > 0));
create unique index generatie_een on generatie ((true));
insert into generatie values (1);

alter table matchsleutel enable row level security;
alter table matchsleutel force row level security;
create policy worker on matchsleutel to match_worker using (true) with check (true);
grant select, insert, update on matchsleutel to match_worker;

alter table persoon enable row level security;
alter table persoon force row level security;
create policy worker on persoon to match_worker using (true) with check (true);
grant select, insert, update on persoon to match_worker;

alter table ouder enable row level security;
alter table ouder force row level security;
create policy worker on ouder to match_worker using (true) with check (true);
grant select, insert, delete on ouder to match_worker;

alter table signaal enable row level security;
alter table signaal force row level security;
create policy worker on signaal to match_worker using (true) with check (true);
grant select, insert, update on signaal to match_worker;

alter table match enable row level security;
alter table match force row level security;
create policy worker on match to match_worker using (true) with check (true);
create policy betrokken on match for select to match_api
  using (account_a = (select app_subject()) or account_b = (select app_subject()));
grant select, insert, update on match to match_worker;
grant select on match to match_api;

grant select on generatie to match_worker
"""


def upgrade() -> None:
    for statement in (*baseline.v1("match"), *_TABLES.split(";\n")):
        op.execute(statement)
