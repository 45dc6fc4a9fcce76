"""Kafka records with a header name that is no UTF-8: given out like all others, to be put aside like other poison (D5).

aiokafka decodes header names while it unpacks a fetch, and what it raises there loses the records that were unpacked
before: the partition stands still for ever, with its good messages. The records of such a fetch are unpacked again by
aiokafka's own Python code, with each byte that is no UTF-8 as a lone surrogate (PEP 383). The fast road stays as it is.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy


class _Bytes(bytearray):
    """Bytes whose text is never an error."""

    def __getitem__(self, at: Any) -> Any:
        part = super().__getitem__(at)
        return _Bytes(part) if isinstance(at, slice) else part

    def decode(self, encoding: str = "utf-8", _errors: str = "strict") -> str:
        return super().decode(encoding, "surrogateescape")


class _Batch(_DefaultRecordBatchPy):  # type: ignore[misc]
    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer: bytearray = _Bytes(self._buffer)


class _Fetch(MemoryRecords):  # type: ignore[misc]
    """What the broker sent, with a way to begin again."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(raw)
        self.raw = raw


class _Rest(_MemoryRecordsPy):  # type: ignore[misc]
    """The batches of a fetch from the one on that holds `offset`."""

    def __init__(self, raw: bytes, offset: int) -> None:
        super().__init__(raw)
        # The reader takes an earlier batch for a reason to go back.
        while self._next_slice is not None and _Batch(self._next_slice).next_offset <= offset:
            self._cache_next()

    def next_batch(self, *_: Any) -> Any:
        here = self._next_slice
        super().next_batch()
        return _Batch(here)


class _Records(fetcher.PartitionRecords):  # type: ignore[misc]
    def _unpack_records(self) -> Iterator[Any]:
        raw = self._records.raw
        try:
            yield from super()._unpack_records()
        except UnicodeDecodeError:
            self._records: Any = _Rest(raw, self.next_fetch_offset)
            yield from super()._unpack_records()


def install() -> None:
    """Let every consumer of this process read such records. aiokafka has no place to say so."""
    fetcher.MemoryRecords = _Fetch
    fetcher.PartitionRecords = _Records
