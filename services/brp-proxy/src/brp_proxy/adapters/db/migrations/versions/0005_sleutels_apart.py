"""Keys stand in a database of their own; a person is marked before they are destroyed."""

from alembic import op

revision = "0005"
down_revision = "0004"

# A marked row keeps the index of its BSN, so that whoever asks for that BSN meanwhile sees whose key it is that he finds.
# persoonssleutel stays until `sleutels-verplaatsen` has emptied it everywhere.
_CHANGES = """
alter table verwijzing drop constraint verwijzing_soort_check;
alter table verwijzing add constraint verwijzing_soort_check check (soort in ('jeugdige', 'ouder', 'weg'));
alter table verwijzing add column reden text;
alter table verwijzing add constraint verwijzing_reden_check check ((soort = 'weg') = (reden is not null));
create unique index verwijzing_van_bsn on verwijzing (soort, bsn_index) where soort <> 'weg';
create index verwijzing_weg on verwijzing (bsn_index) where soort = 'weg';
alter table verwijzing drop constraint verwijzing_soort_bsn_index_key;
create index verwijzing_sleutelversie on verwijzing (sleutelversie, persoon_ref)
"""

# Jobs store persons as well: they read again who changed in the BRP, or was lost. What protects the data of persons from
# the consumer, which has the same role, is that it does not reach the keys.
_GRANTS = """
grant select, insert, update (soort, reden, bsn_index, sleutelversie) on verwijzing to brp_proxy_worker;
grant select, insert, update on persoon to brp_proxy_worker;
grant select, insert, delete on ouder to brp_proxy_worker;
grant select, delete on persoonssleutel to brp_proxy_worker
"""


def upgrade() -> None:
    for statement in (*_CHANGES.split(";\n"), *_GRANTS.split(";\n")):
        op.execute(statement)
