"""Whoever is older here than was told is to be read again as well; who is, is said apart from what is stored of him."""

from alembic import op

revision = "0007"
down_revision = "0006"

_CHANGES = """
drop index persoon_leeg;
alter table persoon add column herlezen boolean not null default false;
create index persoon_herlezen on persoon (vastgelegd_op) where herlezen
"""


def upgrade() -> None:
    for statement in _CHANGES.split(";\n"):
        op.execute(statement)
