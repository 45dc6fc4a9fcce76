"""A statement that is compiled once must be the same text for every call."""

import pytest
from sqlalchemy import select

from platformkit.db.prepared import Prepared
from platformkit.db.sets import one_of
from platformkit.db.tables import inbox


def test_a_list_of_values_is_refused() -> None:
    with pytest.raises(ValueError, match="one_of"):
        Prepared(select(inbox).where(inbox.c.event_id.in_(["a", "b"])))
    Prepared(select(inbox).where(one_of(inbox.c.event_id, "ids")))
