"""A header name that is no UTF-8: aiokafka stands still on it, our reader gives it out between its neighbours."""

import struct
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchBuilderPy

from platformkit.envelope import PoisonError, decode
from platformkit.messaging import unreadable

PER_BATCH = 3
NAMES = ["heel", "heel", "heel", "heel", "kap\udcff\udcfe", "heel", "heel", "heel", "heel"]


def fetched(compression: int, offset: int) -> bytes:
    """Batches of three records as the broker sends them, from the one with `offset` on; the fifth record is broken."""
    raw = b""
    for first in range(offset // PER_BATCH * PER_BATCH, len(NAMES), PER_BATCH):
        batch: Any = _DefaultRecordBatchBuilderPy(2, compression, 0, -1, -1, 0, 100_000)
        for number in range(PER_BATCH):
            name = "kapot" if first + number == 4 else "heel"
            batch.append(number, timestamp=None, key=b"k", value=b"v", headers=[(name, b"x")])
        batch._buffer = batch._buffer.replace(b"kapot", b"kap\xff\xfe")
        made = bytearray(batch.build())
        struct.pack_into(">q", made, 0, first)
        raw += made
    return raw


def records(raw: bytes, offset: int) -> list[Any]:
    """What a consumer at `offset` gets of it."""
    part = TopicPartition("proef", 0)
    return list(fetcher.PartitionRecords(part, fetcher.MemoryRecords(raw), [], offset, None, None, True, 0))


@pytest.mark.parametrize("compression", [DefaultRecordBatch.CODEC_NONE, DefaultRecordBatch.CODEC_LZ4])
@pytest.mark.parametrize("offset", [0, 2, 4, 5, 8])
def test_every_record_is_given_out_once_and_in_order(compression: int, offset: int) -> None:
    unreadable.install()
    given = [(record.offset, record.headers[0][0]) for record in records(fetched(compression, offset), offset)]
    assert given == list(enumerate(NAMES))[offset:]


def test_it_is_poison_even_where_the_rest_is_sound() -> None:
    names = ["ce_specversion", "ce_id", "ce_source", "ce_type", NAMES[4]]
    with pytest.raises(PoisonError, match="header name"):
        decode([(name, b"1.0") for name in names], b"k", b"{}")
