"""Dead letters are known by what they hold."""

from alembic import op

from platformkit.db import baseline

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in baseline.v3("signaal"):
        op.execute(statement)
