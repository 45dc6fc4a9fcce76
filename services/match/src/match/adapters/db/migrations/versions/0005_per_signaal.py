"""Indexes that each answer a question of a batch from memory: matches by signal, the dead, and children whole (ADR 0007)."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "create index match_signaal_a on match (signaal_a)",
    "create index match_signaal_b on match (signaal_b)",
    "drop index match_persoon_a, match_persoon_b, match_beeindigd_a, match_beeindigd_b",
    "create index persoon_niet_in_leven on persoon (persoon_ref) where status <> 'in-leven'",
    "create index ouder_kinderen_heel on ouder (ouder_ref) include (persoon_ref, sinds, sinds_versie, sinds_gewijzigd)",
    "drop index ouder_kinderen",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
