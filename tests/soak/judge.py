"""The verdict: what an independent consumer reads on both sides, held against what was written.

    lost        at the source, not at the target (compacted topics: the newest record of a key)
    doubled     at the target more than once
    reordered   at the target behind a record that it stands before at the source
    changed     another key, value, header, timestamp or (offsets: preserve) offset
    phantom     at the target only: aborted, or nobody's
"""

import hashlib
import struct
import time
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import Iterator

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from kafka_cluster import KafkaCluster
from topic_admin import CLIENT
from waiting import Hopeless
from workload import Content, Truth, TopicPlan, identity_of

KINDS = ("lost", "doubled", "reordered", "changed", "phantom")
MOST_EXAMPLES = 10  # of each kind, for each topic
PATIENCE = 60       # seconds without a record before the end
ABSENT = -1


def read_partition(cluster: KafkaCluster, topic: str, partition: int,
                   isolation: str = "read_committed") -> Iterator[Message]:
    """A partition's records from its start to its end."""
    consumer = Consumer(CLIENT | {
        "bootstrap.servers": cluster.bootstrap, "group.id": "judge", "enable.auto.commit": False,
        "isolation.level": isolation, "enable.partition.eof": True, "check.crcs": True,
        "auto.offset.reset": "error"})
    try:
        start = cluster.start_offsets(topic)[partition]
        consumer.assign([TopicPartition(topic, partition, start)])
        last = time.monotonic()
        while time.monotonic() - last < PATIENCE:
            for message in consumer.consume(2000, 0.2):
                last = time.monotonic()
                if message.error() is None:
                    yield message
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    return
                elif not message.error().retriable():
                    raise Hopeless(f"{cluster.name}: {topic}-{partition}: {message.error()}")
        raise Hopeless(f"{cluster.name}: {topic}-{partition}: no end within {PATIENCE} s")
    finally:
        consumer.close()


@dataclass
class Verdict:
    """How one topic did."""

    topic: str
    records: int = 0           # that a consumer sees at the source
    written: int = 0
    counts: Counter = field(default_factory=Counter)
    source_problems: int = 0   # what the source itself does not hold against the truth
    examples: list[str] = field(default_factory=list)
    note: str = ""

    @property
    def is_good(self) -> bool:
        return not any(self.counts.values()) and self.source_problems == 0

    def report(self) -> dict:
        return vars(self) | {"counts": {kind: self.counts[kind] for kind in KINDS}}

    def add(self, kind: str, what: str) -> None:
        self.counts[kind] += 1
        if self.counts[kind] <= MOST_EXAMPLES:
            self.examples.append(f"{kind}: {self.topic}{what}")

    def blame_source(self, what: str) -> None:
        self.source_problems += 1
        if self.source_problems <= MOST_EXAMPLES:
            self.examples.append(f"source: {self.topic}{what}")


class Side:
    """Where each record stands on one cluster, by writer and number."""

    def __init__(self, truths: list[Truth]):
        self.offsets = [array("q", [ABSENT]) * len(truth) for truth in truths]
        self.timestamps = [array("q", [ABSENT]) * len(truth) for truth in truths]
        self.newest: dict[tuple[int, bytes], tuple[int, bool]] = {}  # by key: offset, has a value


def content_of(message: Message) -> Content:
    return Content(message.key(), message.value(), tuple(message.headers() or ()))


class Digest:
    """The same SHA-256 as the Java helper's."""

    def __init__(self):
        self.records = 0
        self._sha = hashlib.sha256()

    def add(self, offset: int, message: Message) -> None:
        self.records += 1
        content = content_of(message)
        parts = [struct.pack(">qq", offset, message.timestamp()[1])]
        named = [part for name, value in content.headers for part in (name.encode(), value)]
        for part in (content.key, content.value, *named):
            parts.append(struct.pack(">q", -1 if part is None else len(part)))
            parts.append(part or b"")
        self._sha.update(b"".join(parts))

    def line(self) -> dict:
        return {"records": self.records, "sha256": self._sha.hexdigest()}


class TopicJudge:
    """One topic: `judge()` reads both sides once, whatever their size, in bounded memory."""

    def __init__(self, plan: TopicPlan, truths: list[Truth], is_translated: bool):
        self._plan = plan
        self._truths = truths
        self._is_translated = is_translated
        self._source, self._target = Side(truths), Side(truths)
        self.verdict = Verdict(plan.name, written=sum(map(len, truths)))
        self.digests: dict[str, dict] = {}  # what Java should find on the target

    def judge(self, source: KafkaCluster, target: KafkaCluster, target_keeps_all: bool) -> Verdict:
        starts = source.start_offsets(self._plan.name)
        for partition in range(self._plan.partitions):
            self._read_source(source, partition)
        self._believe_source()
        self._check_source(starts)
        for partition in range(self._plan.partitions):
            self._read_target(target, partition)
        if self._plan.is_compacted and not target_keeps_all:
            self._compare_newest()
        else:
            self._find_lost()
        return self.verdict

    # ---- the source against the truth ----

    def _read_source(self, cluster: KafkaCluster, partition: int) -> None:
        digest = Digest()
        for message in read_partition(cluster, self._plan.name, partition):
            digest.add(digest.records if self._is_translated else message.offset(), message)
            self.verdict.records += 1
            known = self._known(message)
            if known is None:
                self.verdict.blame_source(f"-{partition} offset {message.offset()}: not written "
                                          f"by us: {content_of(message)}")
                continue
            writer, number = known
            told = self._truths[writer].offsets[number]
            if self._source.offsets[writer][number] != ABSENT or told not in (-1, -2,
                                                                              message.offset()):
                self.verdict.blame_source(
                    f"-{partition} offset {message.offset()}: record {writer}.{number} was "
                    f"acknowledged at {told}, seen at {self._source.offsets[writer][number]}")
            self._note(self._source, known, message, message.offset())
        self.digests[str(partition)] = digest.line()

    def _known(self, message: Message) -> tuple[int, int] | None:
        """Writer and number, where the record is in all that it should be."""
        identity = identity_of(message.value(), message.headers())
        if identity is None or identity[0] >= len(self._truths):
            return None
        writer, number = identity
        if number >= len(self._truths[writer]):
            return None
        is_right = (self._plan.content(writer, number) == content_of(message)
                    and self._plan.partition_of(number) == message.partition())
        if not self._plan.has_append_time:
            is_right &= message.timestamp()[1] == self._truths[writer].timestamps[number]
        return identity if is_right else None

    def _note(self, side: Side, identity: tuple[int, int], message: Message, place: int) -> None:
        """`place` is its offset at the source."""
        writer, number = identity
        side.offsets[writer][number] = message.offset()
        side.timestamps[writer][number] = message.timestamp()[1]
        if self._plan.is_compacted:
            key = (message.partition(), message.key())
            side.newest[key] = (place, message.value() is not None)

    def _believe_source(self) -> None:
        """A client may be told another end of a transaction than it has at the source (a broker
        that restarts; KAFKA-17754). Where all of it is there, or nothing, the source counts."""
        contradictions = 0
        for writer, truth in enumerate(self._truths):
            seen: dict[int, set[bool]] = {}
            for number, transaction in enumerate(truth.transactions):
                if truth.offsets[number] >= 0:
                    is_there = self._source.offsets[writer][number] != ABSENT
                    seen.setdefault(transaction, set()).add(is_there)
            for transaction, found in seen.items():
                told = truth.outcomes[transaction]
                if told == Truth.COMMITTED and found == {False}:
                    truth.outcomes[transaction] = Truth.ABORTED
                elif told == Truth.ABORTED and found == {True}:
                    truth.outcomes[transaction] = Truth.COMMITTED
                contradictions += truth.outcomes[transaction] != told
        if contradictions:
            self.verdict.note = f"{contradictions} transactions ended otherwise than told"

    def _check_source(self, starts: dict[int, int]) -> None:
        """Whatever was acknowledged and committed is there, and nothing else."""
        newest: dict[tuple[int, bytes], tuple[int, int, int]] = {}
        for writer, truth in enumerate(self._truths):
            seen = self._source.offsets[writer]
            for number in range(len(truth)):
                partition, offset = self._plan.partition_of(number), truth.offsets[number]
                if truth.is_aborted(number) and seen[number] != ABSENT:
                    self.verdict.blame_source(f"-{partition} offset {seen[number]}: record "
                                              f"{writer}.{number} was aborted")
                if not truth.is_certain(number) or offset < starts[partition]:
                    continue
                if self._plan.is_compacted:
                    key = (partition, self._plan.content(writer, number).key)
                    newest[key] = max(newest.get(key, (-1, 0, 0)), (offset, writer, number))
                elif seen[number] == ABSENT:
                    self.verdict.blame_source(f"-{partition} offset {offset}: record "
                                              f"{writer}.{number} was acknowledged, and is gone")
        for (partition, key), (offset, writer, number) in newest.items():
            there, _ = self._source.newest.get((partition, key), (ABSENT, False))
            has_value = self._plan.content(writer, number).value is not None
            if there < offset and (has_value or there != ABSENT):
                self.verdict.blame_source(f"-{partition} key {key}: the newest is at {offset}, "
                                          f"but {there} was read")

    # ---- the target against the source ----

    def _read_target(self, cluster: KafkaCluster, partition: int) -> None:
        """Uncommitted, too: there is nothing on the target that is not committed."""
        last, expected = ABSENT, 0
        for message in read_partition(cluster, self._plan.name, partition, "read_uncommitted"):
            where = f"-{partition} offset {message.offset()}"
            if self._is_translated and not self._plan.is_compacted and message.offset() != expected:
                self.verdict.add("changed", f"{where}: not dense, {expected} was expected")
            expected = message.offset() + 1
            place = self._judge_one(message, where)
            if place is not None and place >= 0:
                if place < last:
                    self.verdict.add("reordered", f"{where}: {place} at the source, behind {last}")
                last = place

    def _judge_one(self, message: Message, where: str) -> int | None:
        """Its offset at the source, where it has one."""
        identity = self._known(message)
        if identity is None:
            told = identity_of(message.value(), message.headers())
            self.verdict.add("phantom" if told is None else "changed",
                             f"{where}: {told}: {content_of(message)}, {message.timestamp()}")
            return None
        writer, number = identity
        where += f": record {writer}.{number}"
        if self._target.offsets[writer][number] != ABSENT:
            self.verdict.add("doubled", f"{where} is at {self._target.offsets[writer][number]} too")
            return None
        place = self._place_at_source(identity, message)
        if place is None or self._truths[writer].is_aborted(number):
            self.verdict.add("phantom", f"{where} is not at the source")
            return None
        self._note(self._target, identity, message, place)
        if not self._is_translated and place != message.offset():
            self.verdict.add("changed", f"{where} is at {place} at the source")
        told, kept = (side.timestamps[writer][number] for side in (self._source, self._target))
        if self._plan.has_append_time and told != kept:
            self.verdict.add("changed", f"{where} was appended at {told}, the target says {kept}")
        return place

    def _place_at_source(self, identity: tuple[int, int], message: Message) -> int | None:
        """Its offset there; of a compacted topic it may be gone, but was acknowledged."""
        writer, number = identity
        seen = self._source.offsets[writer][number]
        if seen != ABSENT:
            return seen
        if not self._plan.is_compacted:
            return None
        told = self._truths[writer].offsets[number]
        return told if told >= 0 or self._is_translated else message.offset()

    def _find_lost(self) -> None:
        for writer, source in enumerate(self._source.offsets):
            for number, offset in enumerate(source):
                if offset != ABSENT and self._target.offsets[writer][number] == ABSENT:
                    self.verdict.add("lost", f"-{self._plan.partition_of(number)} offset {offset}:"
                                             f" record {writer}.{number}")

    def _compare_newest(self) -> None:
        """Each side compacts when it likes; but the newest record of each key is on both."""
        self.verdict.note = "newest of each key"
        source, target = self._live(self._source), self._live(self._target)
        for key in source.keys() | target.keys():
            if source.get(key) != target.get(key):
                self.verdict.add("lost", f"-{key[0]} key {key[1]}: newest record at the source "
                                         f"{source.get(key)}, at the target {target.get(key)}")

    def _live(self, side: Side) -> dict[tuple[int, bytes], int]:
        """Newest offsets at the source, of keys that are not deleted; in the source's counting."""
        live = {}
        for key, (offset, has_value) in side.newest.items():
            if has_value:
                live[key] = offset
        return live
