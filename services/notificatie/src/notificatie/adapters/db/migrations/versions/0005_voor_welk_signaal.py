"""Why a match ended decides whether it is still told, and a mail says for which of the reader's signals (D10, D18).

Of what was stored before neither is known: an ended match is not told, as before, and a mail says no date.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table match_stand add column reden text")
    op.execute("alter table notificatie_match add column signaal_op timestamptz")
