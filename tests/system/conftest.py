"""A black-box client of the whole system: everything through the front doors that stack.json names."""

from collections.abc import Iterator

import pytest
from driver import Driver

from lokaal.stack import Stack


@pytest.fixture(scope="session")
def driver(system: Stack) -> Iterator[Driver]:
    """The client; persons of the tests must differ, because the system lives as long as the run."""
    with Driver(system) as made:
        yield made
