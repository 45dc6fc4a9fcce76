"""Signals that lasted a day at most, by the day on which they ended (D10)."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create index signaal_kort on signaal (inactief_sinds, professional) where inactief_sinds <= begindatum + 1"
    )
