"""Who is recorded is who the transaction works for, and what is recorded is sealed."""

from alembic import op

from platformkit.db import baseline

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in baseline.v4("proef"):
        op.execute(statement)
