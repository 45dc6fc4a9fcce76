"""One correction may take back what was told of several matches that one fact showed to be wrong (D18)."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table notificatie_match add column herroept uuid")
