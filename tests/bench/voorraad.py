"""Fills an outbox with events as signaal writes them: many keys, rising versions, each with a trace of its own."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import text

from contracts.signaal import Bron, Organisatiesoort, SignaalAfgegeven, SignaalStatus
from platformkit.db.database import Database
from platformkit.db.statement import Statement
from platformkit.envelope import encode

SLEUTELS = 5_000
"""Aggregates among which the events are divided."""
_NU = datetime(2025, 6, 1, 12, tzinfo=UTC)
_ID = UUID(int=0)
# Row n is version n / SLEUTELS of aggregate n % SLEUTELS; ids are derived, so that the statement runs in one go.
_VUL = Statement(
    text("""
insert into outbox (event_id, topic, key, headers, payload, traceparent, created_at)
select gen_random_uuid(), :topic, sleutel,
  cast(:headers as jsonb) || jsonb_build_object('ce_id', gen_random_uuid(), 'ce_subject', sleutel,
    'ce_sequence', (n / :sleutels + 1)::text),
  convert_to(replace(:payload, :nul, sleutel), 'UTF8'),
  '00-' || md5(n::text) || '-' || left(md5(n::text), 16) || '-01', now()
from (select n, md5((n % :sleutels)::text)::uuid::text as sleutel from generate_series(0, :aantal - 1) n) rij order by n
""")
)


def voorbeeld(persoon_ref: UUID = _ID, signaal_id: UUID = _ID) -> SignaalAfgegeven:
    """A signal as it is issued; accounts and professionals differ as the signals do."""
    return SignaalAfgegeven(
        signaal_id=signaal_id,
        persoon_ref=persoon_ref,
        professional=signaal_id,
        account=signaal_id,
        organisatie=UUID(int=3),
        organisatiesoort=Organisatiesoort.JEUGDHULP,
        locatie=UUID(int=4),
        convenant="zuid-kennemerland",
        gemeente="0392",
        afgegeven_op=_NU,
        begindatum=_NU.date(),
        einddatum=date(2027, 6, 1),
        bron=Bron.PORTAAL,
        landelijk=True,
        status=SignaalStatus.ACTIEF,
    )


async def vul(worker: Database, topic: str, aantal: int) -> None:
    """Put `aantal` events for `topic` in the outbox."""
    headers, payload = encode(
        voorbeeld(), event_id=_ID, subject=_ID, source="urn:nld:oin:00000099000000001000:systeem", version=1, time=_NU
    )
    await worker.execute(
        _VUL,
        topic=topic,
        headers=json.dumps(headers),
        payload=payload.decode(),
        nul=str(_ID),
        sleutels=SLEUTELS,
        aantal=aantal,
    )


def in_volgorde(berichten: Sequence[tuple[bytes | None, Sequence[tuple[str, bytes]]]], aantal: int) -> bool:
    """Whether records (key, headers), in the order of their partitions, hold every version of every key in order."""
    versies: dict[bytes | None, list[int]] = {}
    for key, headers in berichten:
        versies.setdefault(key, []).append(int(dict(headers)["ce_sequence"]))
    volledig = sum(len(each) for each in versies.values()) == aantal
    return volledig and all(each == list(range(1, len(each) + 1)) for each in versies.values())
