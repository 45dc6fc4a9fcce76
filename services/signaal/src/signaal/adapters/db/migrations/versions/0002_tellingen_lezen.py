"""The worker reads the counts, to tell them again (`python -m signaal republish`)."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create policy worker on signaal_telling for select to signaal_worker using (true)")
    op.execute("grant select on signaal_telling to signaal_worker")
