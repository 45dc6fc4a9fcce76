"""Which former parents never were one, and what showed that a match was wrong (D18). Of youths and matches from before: none."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table persoon add column ouders_onjuist uuid[]")
    op.execute("alter table match add column beeindigd_door uuid")
