"""What a batch touches costs the same among ten million signals (D15, ADR 0003 and 0007).

Keys are there to be locked: a crash ends all who hold one (there are no prepared transactions), and who needs one makes it.
So they need not be logged, and the first lock on a page after a checkpoint does not write all of it. The parents of a youth
are read from the index alone, as the children of a parent are, as long as vacuum comes by.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATEMENTS = (
    "truncate matchsleutel",
    "alter table matchsleutel set unlogged",
    "alter table ouder drop constraint ouder_pkey, add constraint ouder_pkey primary key (persoon_ref, ouder_ref)"
    " include (sinds, sinds_versie, sinds_gewijzigd)",
    "alter table ouder set (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 10000,"
    " autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
