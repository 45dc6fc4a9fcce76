"""A statement that is compiled once must be the same text for every call."""

import pytest
from sqlalchemy import select

from platformkit.db.sets import one_of
from platformkit.db.statement import Statement
from platformkit.db.tables import inbox


def test_a_list_of_values_is_refused() -> None:
    with pytest.raises(ValueError, match="one_of"):
        Statement(select(inbox).where(inbox.c.event_id.in_(["a", "b"])))
    Statement(select(inbox).where(one_of(inbox.c.event_id, "ids")))
