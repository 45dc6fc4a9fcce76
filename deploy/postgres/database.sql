-- One service's database with its roles (architecture section 1: no role can connect to another's database).
-- For psql, by a superuser or a role with CREATEROLE and CREATEDB; may be run again. Used by the local stack and meant
-- for production, there with the passwords from the vault:
--
--   API_PASSWORD=.. WORKER_PASSWORD=.. RELAY_PASSWORD=.. MIGRATE_PASSWORD=.. \
--     psql --set service=signaal --file deploy/postgres/database.sql
--
-- A database that a service has beside its own is one more, with roles of its own: --set service=brp_proxy_sleutels.
--
-- api: the HTTP side, under row-level security. worker: consumers and jobs. relay: the outbox only. migrate: owner of
-- the schema and thereby of all tables; its migrations grant the others what they need, table by table.

\set ON_ERROR_STOP on
\getenv api_password API_PASSWORD
\getenv worker_password WORKER_PASSWORD
\getenv relay_password RELAY_PASSWORD
\getenv migrate_password MIGRATE_PASSWORD
\set api :service _api
\set worker :service _worker
\set relay :service _relay
\set migrate :service _migrate

SELECT format('CREATE ROLE %I', role)
  FROM unnest(ARRAY[:'api', :'worker', :'relay', :'migrate']) AS role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec

-- Stated in full, also for a role that was there: none may create roles or databases, or pass row-level security.
ALTER ROLE :"api" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'api_password';
ALTER ROLE :"worker" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'worker_password';
ALTER ROLE :"relay" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'relay_password';
ALTER ROLE :"migrate" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'migrate_password';

-- Limits of time stand with the role: PgBouncer refuses or drops what a client says at the start of a connection. Only
-- transaction_timeout ends a session whose client stopped in the middle of the protocol; it is longer than any honest
-- transaction of that role. Requests are answered within seconds, batches and sweeps within half a minute; a migration
-- may build an index for long.
ALTER ROLE :"api" SET transaction_timeout = '60s';
ALTER ROLE :"worker" SET transaction_timeout = '90s';
ALTER ROLE :"relay" SET transaction_timeout = '60s';
ALTER ROLE :"migrate" SET transaction_timeout = '4h';
ALTER ROLE :"api" SET statement_timeout = '30s';
ALTER ROLE :"worker" SET statement_timeout = '30s';
ALTER ROLE :"relay" SET statement_timeout = '30s';
ALTER ROLE :"api" SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE :"worker" SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE :"relay" SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE :"migrate" SET idle_in_transaction_session_timeout = '60s';
-- What runs again and again keeps the plans that it made when tables were empty, and would read them whole until the first
-- statistics come: a minute of a full table's worth of rows for each batch.
ALTER ROLE :"worker" SET enable_seqscan = off;
ALTER ROLE :"relay" SET enable_seqscan = off;

SELECT format('CREATE DATABASE %I', :'service')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'service')
\gexec

REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"service" TO :"api", :"worker", :"relay", :"migrate";
-- The databases that every cluster has are open to all by default.
REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;

\connect :service

-- For exclusion constraints over dates and ids together.
CREATE EXTENSION IF NOT EXISTS btree_gist;

ALTER SCHEMA public OWNER TO :"migrate";
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"api", :"worker", :"relay";
-- No default privileges: a table that a migration forgets to grant stays closed. Functions and types stay open to
-- PUBLIC, which inside this database means these four roles; a SECURITY DEFINER function has to revoke that itself.
