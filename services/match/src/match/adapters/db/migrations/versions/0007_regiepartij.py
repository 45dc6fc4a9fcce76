"""Dead letters are known by what they hold; notificatie may ask who can have the matchregie (R111)."""

from alembic import op

from platformkit.db import baseline

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Of signals and youths no more than that answer needs.
_STATEMENTS = (
    "create policy notificatie on signaal for select to match_api using ((select app_role()) = 'notificatie')",
    "grant select (persoon_ref, organisatiesoort, status, einddatum) on signaal to match_api",
    "create policy notificatie on persoon for select to match_api using ((select app_role()) = 'notificatie')",
    "grant select (persoon_ref, status) on persoon to match_api",
)


def upgrade() -> None:
    for statement in (*baseline.v3("match"), *_STATEMENTS):
        op.execute(statement)
