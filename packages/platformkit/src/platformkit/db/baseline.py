"""DDL of the technical tables and of the context functions, called by each service's first migration.

A migration is history: what stands here as `v1` never changes; a new need gets a `v2` and a migration that calls it.
"""

from collections.abc import Iterator

_V1 = """
create function app_subject() returns uuid language sql stable as $$ select current_setting('app.subject')::uuid $$;
create domain app_filled as text check (value <> '');
create function app_role() returns text language sql stable as $$
  select current_setting('app.role')::app_filled::text $$;
create function app_tenants() returns text[] language sql stable as $$
  select current_setting('app.tenants')::text[] $$;
create function app_today() returns date language sql stable as $$ select current_setting('app.today')::date $$;

create table outbox (
  position bigint generated always as identity primary key,
  event_id uuid not null unique,
  topic text not null,
  key text not null,
  headers jsonb not null,
  payload bytea not null,
  traceparent text,
  created_at timestamptz not null,
  parked boolean not null default false
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
grant insert on outbox to {svc}_api, {svc}_worker;
grant select, delete, update (parked) on outbox to {svc}_relay;

create table relay_lease (
  name text primary key, holder uuid not null, token bigint not null, until timestamptz not null
);
grant select, insert, update on relay_lease to {svc}_relay;

create table inbox (
  consumer text not null, event_id text not null, handled_at timestamptz not null, primary key (consumer, event_id)
);
create index inbox_handled_at on inbox (handled_at);
grant select, insert, delete on inbox to {svc}_worker;

create table dead_letter (
  id uuid primary key, consumer text not null, topic text not null, partition integer not null,
  "offset" bigint not null, key bytea, headers jsonb not null, payload bytea, error text not null,
  traceparent text, parked_at timestamptz not null, unique (consumer, topic, partition, "offset")
);
grant select, insert, delete on dead_letter to {svc}_worker;

create table idempotency (
  caller uuid not null, key text not null, fingerprint bytea not null, result_id uuid not null,
  created_at timestamptz not null, primary key (caller, key)
);
create index idempotency_created_at on idempotency (created_at);
alter table idempotency enable row level security;
alter table idempotency force row level security;
create policy own on idempotency to {svc}_api using (caller = app_subject()) with check (caller = app_subject());
create policy sweep on idempotency to {svc}_worker using (true);
grant select, insert on idempotency to {svc}_api;
grant select, delete on idempotency to {svc}_worker;

create table audit (
  id uuid primary key, at timestamptz not null, actor text not null, role text not null, action text not null,
  object uuid, person uuid, outcome text not null, trace_id text
);
create index audit_actor on audit (actor, action, at);
grant insert on audit to {svc}_api, {svc}_worker;
grant select (actor, action, outcome, at) on audit to {svc}_api
"""

_V2 = """
alter table dead_letter add column attempts integer not null default 0;
grant update (error, attempts) on dead_letter to {svc}_worker
"""


# A topic that is made anew counts from the start again, so a place does not name a record; what stood there does. Whoever
# is still of the release before, which knows no fingerprint, gets one that nothing else has.
_V3 = """
alter table dead_letter add column fingerprint bytea not null default uuid_send(gen_random_uuid());
alter table dead_letter drop constraint dead_letter_consumer_topic_partition_offset_key;
alter table dead_letter add constraint dead_letter_once unique (consumer, fingerprint)
"""

# Who is recorded is who the transaction says that it works for. What the log holds is chained afterwards, a month at a
# time (`platformkit.audit.sealing`): a month that is old enough can go, and the next still tells what it went on from.
_V4 = """
create function app_actor() returns text language sql stable as $$
  select current_setting('app.actor')::app_filled::text $$;
alter table audit enable row level security;
create policy record on audit for insert to {svc}_api, {svc}_worker with check (actor = app_actor());
create policy count on audit for select to {svc}_api using (true);
create policy seal on audit for select to {svc}_worker using (true);
grant select on audit to {svc}_worker;
create table audit_month (month date primary key, begins bytea not null);
create table audit_chain (
  audit_id uuid primary key, month date not null references audit_month, number bigint not null, link bytea not null,
  unique (month, number)
);
grant select, insert on audit_month, audit_chain to {svc}_worker
"""


def v4(service: str) -> Iterator[str]:
    """The audit log: the actor is that of the context, and rows are sealed."""
    return (part.strip() for part in _split(_V4.format(svc=service)))


def v3(_service: str) -> Iterator[str]:
    """What is put aside is known by its bytes beside its place."""
    return (part.strip() for part in _split(_V3))


def v2(service: str) -> Iterator[str]:
    """What a replay of dead letters writes: how often it was tried, and the newest error."""
    return (part.strip() for part in _split(_V2.format(svc=service)))


def v1(service: str) -> Iterator[str]:
    """The statements for `service`, whose database roles are `<service>_api`, `_worker` and `_relay`."""
    return (part.strip() for part in _split(_V1.format(svc=service)) if part.strip())


def _split(sql: str) -> Iterator[str]:
    """Split on semicolons outside $$ bodies."""
    part, body = "", False
    for line in sql.splitlines():
        body ^= line.count("$$") % 2 == 1
        part += line + "\n"
        if not body and line.rstrip().endswith(";"):
            yield part.rstrip().removesuffix(";")
            part = ""
    yield part
