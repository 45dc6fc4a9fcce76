"""Dead letters are known by what they hold, because a topic that is made anew counts from the start again."""

from alembic import op

from platformkit.db import baseline

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in baseline.v3("notificatie"):
        op.execute(statement)
