"""A removed signal finds its matches that had ended before: it makes them wrong (D18)."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for kolom in ("signaal_a", "signaal_b"):
        op.execute(f"create index match_beeindigd_{kolom[-1]} on match ({kolom}) where status = 'beeindigd'")
