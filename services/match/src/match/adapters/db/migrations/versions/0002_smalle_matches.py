"""A match keeps what its signals do not say, and indexes that each answer a question (ADR 0007).

What a match told of its two sides stands in their signals; the end of one whose signal is destroyed is told in the
transaction that destroys it. `match_id` is made from kind and signals, so its key is already the key on those three.
A client match has one youth, so it is found by the first.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

_STATEMENTS = (
    "alter table match drop constraint match_soort_signaal_a_signaal_b_key",
    "drop index match_persoon_b",
    "create index match_persoon_b on match (persoon_b) where status = 'actief' and soort = 'gezin'",
    *(
        f"alter table match drop column {kolom}_a, drop column {kolom}_b"
        for kolom in ("professional", "organisatie", "organisatiesoort", "convenant", "gemeente")
    ),
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
