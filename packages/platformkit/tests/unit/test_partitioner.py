"""Where a key goes: written by hand because there is one per event, and never elsewhere than the library sends it."""

from random import Random

import pytest
from aiokafka.partitioner import DefaultPartitioner

from platformkit.outbox.partitioner import partition_of


@pytest.mark.parametrize("length", range(42))
def test_a_key_goes_where_the_library_sends_it(length: int) -> None:
    chance = Random(length)
    for partitions in (1, 2, 24, 1000):
        for _ in range(20):
            key, all_ = chance.randbytes(length), list(range(partitions))
            assert partition_of(key, partitions) == DefaultPartitioner()(key, all_, all_)
