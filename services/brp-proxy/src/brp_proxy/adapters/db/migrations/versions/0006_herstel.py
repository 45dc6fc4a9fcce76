"""Persons whom a database that was set back knows by their key alone: without data, and told to nobody (version 0)."""

from alembic import op

revision = "0006"
down_revision = "0005"

_CHANGES = """
alter table persoon drop constraint persoon_versie_check;
alter table persoon add constraint persoon_versie_check check (versie >= 0);
create index persoon_leeg on persoon (vastgelegd_op) where gegevens = ''::bytea
"""


def upgrade() -> None:
    for statement in _CHANGES.split(";\n"):
        op.execute(statement)
