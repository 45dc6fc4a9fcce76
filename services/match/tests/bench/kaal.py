"""The peer: one statement that makes the same rows as the handler, on the same tables and indexes.

No locks, contract, trace, rules or versions, and invented match ids: less than which no engine can do in this database.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.ids import uuid7

_INBOX = Statement(text("insert into inbox select 'kaal', unnest(cast(:events as text[])), '2025-06-01'"))
_KAAL = Statement(
    text("""
with nieuw as (
  insert into signaal select id, 1, persoon_ref, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),
    'jeugdhulp', 'zuid-kennemerland', '0392', '2025-05-01', '2026-05-01', 'actief', null
  from unnest(cast(:ids as uuid[]), cast(:personen as uuid[])) as t(id, persoon_ref) returning *
), al as (
  select n.signaal_id nieuw, s.*, case when s.persoon_ref = n.persoon_ref then 'client' else 'gezin' end soort
  from nieuw n join lateral (
    select n.persoon_ref union select z.persoon_ref from ouder y join ouder z using (ouder_ref)
    where y.persoon_ref = n.persoon_ref) kring on true
  join signaal s on s.persoon_ref = kring.persoon_ref and s.status = 'actief' and s.einddatum > '2025-06-01'
), samen as (
  select gen_random_uuid() match_id, a.soort soort, n.signaal_id signaal_a, a.signaal_id signaal_b,
    n.persoon_ref persoon_a, a.persoon_ref persoon_b, n.account account_a, a.account account_b,
    n.professional professional_a, a.professional professional_b, n.organisatie organisatie_a, a.organisatie organisatie_b,
    n.organisatiesoort soort_a, a.organisatiesoort soort_b, n.convenant convenant_a, a.convenant convenant_b,
    n.gemeente gemeente_a, a.gemeente gemeente_b, n.afgegeven_op, n.einddatum
  from al a join nieuw n on n.signaal_id = a.nieuw
), gemaakt as (
  insert into match select match_id, soort, least(signaal_a, signaal_b), greatest(signaal_a, signaal_b), persoon_a,
    persoon_b, account_a, account_b, 'signaal-afgegeven', signaal_a, afgegeven_op, einddatum, 'actief', null, 1,
    '2025-06-01', null
  from samen
)
insert into outbox (event_id, topic, key, headers, payload, traceparent, created_at)
select uuidv7(), 'match', match_id::text, cast(:headers as jsonb), convert_to(row_to_json(samen)::text, 'UTF8'),
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '2025-06-01' from samen
""")
)


async def kaal(worker: Database, personen: Sequence[UUID], headers: str) -> None:
    """Store signals on these youths, their matches, and what the handler would leave in inbox and outbox."""
    ids = [uuid7() for _ in personen]
    events = [f"urn:nld:oin:00000099000000001000:systeem:signaal#{uuid7()}" for _ in personen]
    async with worker.transaction() as connection:
        await connection.execute(_INBOX, events=events)
        await connection.execute(_KAAL, ids=ids, personen=list(personen), headers=headers)
