"""Technical tables, reference data, professionals and accounts, signals and their counts.

Row-level security (D6): the roles in the policies are those of signaal.application.contexts, one per kind of endpoint.
The worker (sweep) has a policy of its own; nobody but the owner may do what is not granted here.
"""

from alembic import op

from platformkit.db import baseline

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = """
create table convenant (code text primary key, naam text not null, coordinator_email text);

create table gemeente (
  code text primary key check (code ~ '^[0-9]{4}$'), naam text not null, opgevolgd_door text references gemeente
);

create table convenant_gemeente (
  convenant text not null references convenant, gemeente text not null references gemeente,
  neemt_deel_aan_inzageknop boolean not null, primary key (convenant, gemeente)
);

create table organisatie (
  id uuid primary key, naam text not null unique, soort text not null, medisch boolean not null,
  landelijk boolean not null
);

create table organisatie_alias (
  organisatie uuid not null references organisatie, alias text not null, primary key (organisatie, alias)
);

create table locatie (
  id uuid primary key, organisatie uuid not null references organisatie, naam text not null, gemeente text not null,
  convenant text not null, unique (id, organisatie),
  foreign key (convenant, gemeente) references convenant_gemeente (convenant, gemeente)
);
create index locatie_organisatie on locatie (organisatie);

grant select on convenant, gemeente, convenant_gemeente, organisatie, organisatie_alias, locatie to signaal_api;

create table professional (
  id uuid primary key, naam text not null, email text not null, telefoon text, updated_at timestamptz not null
);

create table account (
  id uuid primary key, professional uuid not null references professional, issuer text not null, subject text not null,
  organisatie uuid not null, locatie uuid not null, created_at timestamptz not null,
  -- One location of an organisation at a time: a token names issuer, subject and organisation, so that is what must
  -- lead to one account.
  unique (issuer, subject, organisatie),
  foreign key (locatie, organisatie) references locatie (id, organisatie)
);
create index account_professional on account (professional);

create table signaal (
  id uuid primary key, version integer not null check (version > 0), persoon_ref uuid not null,
  professional uuid not null references professional, account uuid not null references account,
  organisatie uuid not null references organisatie, organisatiesoort text not null,
  locatie uuid not null references locatie, convenant text not null, gemeente text not null, woongemeente text,
  afgegeven_op timestamptz not null, begindatum date not null, einddatum date not null, ingekort boolean not null,
  bron text not null, landelijk boolean not null, status text not null, reden text, inactief_sinds date,
  check (begindatum < einddatum),
  check ((status = 'actief') = (inactief_sinds is null)),
  -- Over the dates, so that an expired signal that nobody swept blocks nothing; with the account in it, so that nobody
  -- sees another's signal through a conflict (D6, D7).
  constraint signaal_een_actief exclude using gist (
    account with =, persoon_ref with =, daterange(begindatum, einddatum) with &&) where (status = 'actief')
);
create index signaal_account on signaal (account, id);
create index signaal_persoon on signaal (persoon_ref);
create index signaal_verloopt on signaal (einddatum) where status = 'actief';

create table betrokkenheid (
  account uuid not null references account, persoon_ref uuid not null, tot date not null,
  primary key (account, persoon_ref)
);

create table signaal_telling (
  signaal uuid primary key references signaal, leeftijdsgroep text not null, geslacht text not null,
  woonklasse text not null, woongemeente text, organisatie uuid not null, week text not null,
  check ((woonklasse = 'gemeente') = (woongemeente is not null))
);

alter table professional enable row level security;
alter table professional force row level security;
alter table account enable row level security;
alter table account force row level security;
alter table signaal enable row level security;
alter table signaal force row level security;
alter table betrokkenheid enable row level security;
alter table betrokkenheid force row level security;
alter table signaal_telling enable row level security;
alter table signaal_telling force row level security;

create policy beheer on professional to signaal_api
  using ((select app_role()) = 'functioneel-beheerder') with check ((select app_role()) = 'functioneel-beheerder');
create policy dienst on professional for select to signaal_api
  using ((select app_role()) in ('match', 'notificatie'));
grant select, insert, update (naam, email, telefoon, updated_at) on professional to signaal_api;

create policy beheer on account to signaal_api
  using ((select app_role()) = 'functioneel-beheerder') with check ((select app_role()) = 'functioneel-beheerder');
create policy dienst on account for select to signaal_api
  using ((select app_role()) in ('identificatie', 'match', 'notificatie'));
grant select, insert, update (locatie) on account to signaal_api;

create policy eigen on signaal to signaal_api
  using ((select app_role()) = 'professional' and account = (select app_subject()))
  with check ((select app_role()) = 'professional' and account = (select app_subject()));
create policy dienst on signaal for select to signaal_api
  using ((select app_role()) in ('brp-proxy', 'notificatie'));
create policy worker on signaal to signaal_worker using (true);
grant select, insert, update (version, status, reden, inactief_sinds) on signaal to signaal_api;
grant select, update (version, status, reden, inactief_sinds) on signaal to signaal_worker;

create policy eigen on betrokkenheid to signaal_api
  using ((select app_role()) = 'professional' and account = (select app_subject()))
  with check ((select app_role()) = 'professional' and account = (select app_subject()));
grant select, insert, update (tot) on betrokkenheid to signaal_api;

create policy eigen on signaal_telling for insert to signaal_api with check (
  (select app_role()) = 'professional' and exists (
    select from signaal where signaal.id = signaal_telling.signaal and signaal.account = (select app_subject())));
grant insert on signaal_telling to signaal_api
"""


def upgrade() -> None:
    for statement in baseline.v1("signaal"):
        op.execute(statement)
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
