"""What is written to the source, six topics of six kinds, and the truth about every record.

A record follows from its topic, its writer and its number alone, so that the truth needs 20 bytes
for each: where it was acknowledged, its timestamp, its transaction.
"""

from array import array
from dataclasses import dataclass, field
from typing import NamedTuple

IN_FLIGHT, UNKNOWN = -1, -2  # instead of an offset: not told yet; failed, so that it may be there
ID_HEADER = "id"
LOG_START = 1_000_000  # topics with a high start begin above it


class Content(NamedTuple):
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True)
class TopicPlan:
    """One topic: what it is like, and how it is written to."""

    name: str
    partitions: int
    per_second: int  # records, over all writers
    codec: str = "none"
    writers: int = 1
    config: dict[str, str] = field(default_factory=dict)
    is_transactional: bool = False
    is_compacted: bool = False
    has_append_time: bool = False
    starts_high: bool = False
    has_headers: bool = False  # and null values

    def partition_of(self, number: int) -> int:
        return number % self.partitions

    def content(self, writer: int, number: int) -> Content:
        """Key, value and headers of a writer's record."""
        chance = mixed(writer, number)
        identity = f"{writer}.{number}.".encode()
        if self.is_compacted:
            return self._compacted_content(identity, number, chance)
        padding = b"abcdefgh" * (chance % 32)
        if not self.has_headers:
            return Content(f"key-{chance % 1000}".encode(), identity + padding, ())
        key = (None, b"", b"key-%d" % (chance % 50))[chance % 3]
        more = ((), (("empty", b""),), (("null", None), ("n", b"%d" % chance)))[chance // 3 % 3]
        value = None if chance % 7 == 0 else b"" if chance % 11 == 0 else identity + padding
        return Content(key, value, ((ID_HEADER, identity), *more))

    def _compacted_content(self, identity: bytes, number: int, chance: int) -> Content:
        kind = chance % 20
        if kind < 10:
            key = b"hot-%d" % (chance // 20 % 20)
        elif kind < 19:
            key = b"warm-%d" % (chance // 20 % 500)
        else:
            key = b"once-%d" % number
        is_tombstone = kind in (9, 18) and chance // 10_000 % 3 == 0
        value = None if is_tombstone else identity + b"x" * (chance % 100)
        return Content(key, value, ((ID_HEADER, identity),))


def mixed(writer: int, number: int) -> int:
    """Numbers that look random, and are the same every time."""
    return ((number + 1) * 2654435761 ^ (writer + 1) * 40503 * (number | 1)) % (1 << 32) >> 5


def identity_of(value: bytes | None, headers) -> tuple[int, int] | None:
    """Whose record it is, and which; None where a writer of ours did not write it."""
    told = next((text for name, text in headers or () if name == ID_HEADER), value)
    parts = (told or b"").split(b".", 2)
    if len(parts) < 3 or not parts[0].isdigit() or not parts[1].isdigit():
        return None
    return int(parts[0]), int(parts[1])


class Truth:
    """What became of each record of one writer, by number. Written by the writer's thread only."""

    COMMITTED, ABORTED, OPEN = 1, 2, 0  # and OPEN for a transaction whose end nobody was told

    def __init__(self):
        self.offsets = array("q")
        self.timestamps = array("q")
        self.transactions = array("i")  # of each record, where there are transactions
        self.outcomes = array("b")      # of each transaction
        self.settled = 0

    def __len__(self) -> int:
        return len(self.offsets)

    def sent(self, timestamp_ms: int) -> int:
        """Notes that a record is about to be sent; its number."""
        self.offsets.append(IN_FLIGHT)
        self.timestamps.append(timestamp_ms)
        if self.outcomes:
            self.transactions.append(len(self.outcomes) - 1)
        return len(self.offsets) - 1

    def delivered(self, number: int, offset: int | None) -> None:
        """The producer's word on a record; no offset where it failed, or was told as there."""
        self.offsets[number] = UNKNOWN if offset is None or offset < 0 else offset
        self.settled += 1

    def begin_transaction(self) -> None:
        self.outcomes.append(self.OPEN)

    def end_transaction(self, outcome: int) -> None:
        self.outcomes[-1] = outcome

    def is_certain(self, number: int) -> bool:
        """Acknowledged, and committed where it is part of a transaction: it must be there."""
        return self.offsets[number] >= 0 and self._outcome(number) == self.COMMITTED

    def is_aborted(self, number: int) -> bool:
        """It must never be seen."""
        return self._outcome(number) == self.ABORTED

    def _outcome(self, number: int) -> int:
        if not self.transactions:
            return self.COMMITTED
        return self.outcomes[self.transactions[number]]


REPLICATED = {"retention.ms": "-1"}
COMPACTING = {"cleanup.policy": "compact", "segment.ms": "1500", "segment.bytes": str(1 << 20),
              "min.cleanable.dirty.ratio": "0.01", "min.compaction.lag.ms": "0",
              "max.compaction.lag.ms": "1000",
              # Longer than any lag here: who lags more may miss that a key was deleted.
              "delete.retention.ms": "180000"}

TOPICS = (
    TopicPlan("dense", 3, 300),
    TopicPlan("transactions", 3, 300, "lz4", writers=3, is_transactional=True),
    TopicPlan("compacted", 2, 300, is_compacted=True, config=COMPACTING),
    TopicPlan("high-start", 2, 200, "snappy", starts_high=True),
    TopicPlan("append-time", 2, 200, "gzip", has_append_time=True,
              config={"message.timestamp.type": "LogAppendTime"}),
    TopicPlan("headers", 3, 300, "zstd", has_headers=True),
)
