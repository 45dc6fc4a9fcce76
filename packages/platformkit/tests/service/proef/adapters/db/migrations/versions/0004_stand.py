"""A projection of what another service told."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create table stand (id uuid primary key, versie bigint not null, status text, personen uuid[])")
    op.execute("grant select, insert, update on stand to proef_worker")
