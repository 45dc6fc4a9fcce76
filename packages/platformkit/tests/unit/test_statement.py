"""A statement that is compiled once must be the same text for every call."""

import pytest
from sqlalchemy import ARRAY, Column, MetaData, Table, Text, bindparam, select

from platformkit.db.sets import insert_rows, one_of
from platformkit.db.statement import Statement
from platformkit.db.tables import inbox


def test_a_list_of_values_is_refused() -> None:
    with pytest.raises(ValueError, match="one_of"):
        Statement(select(inbox).where(inbox.c.event_id.in_(["a", "b"])))
    Statement(select(inbox).where(one_of(inbox.c.event_id, "ids")))


def test_a_parameter_that_it_does_not_have_is_refused() -> None:
    """A condition that was forgotten in it would else seem to hold."""
    statement = Statement(select(inbox).where(inbox.c.consumer == bindparam("consumer")))
    assert statement.arguments({"consumer": "a"}) == ["a"]
    with pytest.raises(TypeError, match="no parameter event_id"):
        statement.arguments({"consumer": "a", "event_id": "b"})
    with pytest.raises(KeyError):
        statement.arguments({})


def test_an_array_of_texts_in_a_set_of_rows_is_refused() -> None:
    """It goes as one text, in which those of others need quotes."""
    with pytest.raises(TypeError, match="ids only"):
        insert_rows(Table("t", MetaData(), Column("texts", ARRAY(Text))))
