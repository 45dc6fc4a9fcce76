"""Dead letters can be replayed (`python -m match dead-letters`)."""

from alembic import op

from platformkit.db import baseline

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in baseline.v2("match"):
        op.execute(statement)
