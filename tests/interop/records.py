"""Records by librdkafka: written, read back, compared."""

import threading
import time
from dataclasses import dataclass

from confluent_kafka import Consumer, Message, Producer, TopicPartition

from kafka_cluster import KafkaCluster
from topic_admin import CLIENT

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
READ_TIMEOUT = 120  # seconds without any record, or until all are acknowledged


@dataclass(frozen=True)
class Record:
    """Everything a client can see of a record."""

    partition: int
    offset: int
    timestamp: tuple[int, int]  # type, milliseconds
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    @staticmethod
    def of(message: Message) -> "Record":
        return Record(message.partition(), message.offset(), message.timestamp(), message.key(),
                      message.value(), tuple(message.headers() or ()))


def producer(cluster: KafkaCluster, **settings) -> Producer:
    """An idempotent producer; underscores in the settings' names stand for dots."""
    return Producer(CLIENT | {"bootstrap.servers": cluster.bootstrap, "enable.idempotence": True,
                              "linger.ms": 5}
                    | {name.replace("_", "."): value for name, value in settings.items()})


def produce(cluster: KafkaCluster, topic: str, values: list, partition: int = 0,
            **settings) -> None:
    """Values to one partition, and waits until all are acknowledged."""
    client = producer(cluster, **settings)
    failures = []
    for value in values:
        client.produce(topic, value, partition=partition,
                       on_delivery=lambda error, _: error and failures.append(error))
        client.poll(0)
    assert client.flush(READ_TIMEOUT) == 0 and not failures, failures


def produce_mixed(cluster: KafkaCluster, topic: str, codec: str, count: int) -> None:
    """Every odd shape: keys, null and empty values, headers, timestamps that go back and forth."""
    # Full batches; flush() sends them.
    client = producer(cluster, compression_type=codec, linger_ms=60_000)
    partitions = cluster.topics()[topic]
    base_ms = int(time.time() * 1000) - 7_200_000
    failures = []
    for i in range(count):
        client.produce(
            topic, partition=i % partitions,
            key=None if i % 4 == 0 else b"" if i % 9 == 0 else f"key-{i}".encode(),
            value=None if i % 6 == 0 else b"" if i % 11 == 0 else f"value-{i}-".encode() * (i % 40),
            headers=[(f"h{n}", None if n == 2 else f"header {i} {n}".encode())
                     for n in range(i % 4)],
            timestamp=base_ms + i * 7 - (i % 5) * 500,
            on_delivery=lambda error, _: error and failures.append(error))
        client.poll(0)
    assert client.flush(READ_TIMEOUT) == 0 and not failures, failures


def read(cluster: KafkaCluster, topic: str, isolation: str = "read_uncommitted") -> list[Record]:
    """All records from the start of each partition to its present end, by partition and offset."""
    consumer = Consumer(CLIENT | {"bootstrap.servers": cluster.bootstrap, "group.id": "unused",
                                  "enable.auto.commit": False, "isolation.level": isolation,
                                  "enable.partition.eof": True, "check.crcs": True})
    starts, ends = cluster.start_offsets(topic), cluster.end_offsets(topic)
    open_partitions = {p for p in ends if ends[p] > starts[p]}
    consumer.assign([TopicPartition(topic, p, starts[p]) for p in open_partitions])
    records: list[Record] = []
    deadline = time.monotonic() + READ_TIMEOUT
    while open_partitions:
        assert time.monotonic() < deadline, f"{topic}: nothing more before {ends}"
        for message in consumer.consume(1000, timeout=0.2):
            if message.error() is None:
                records.append(Record.of(message))
            deadline = time.monotonic() + READ_TIMEOUT
        for reached in consumer.position([TopicPartition(topic, p) for p in open_partitions]):
            if reached.offset >= ends[reached.partition]:
                open_partitions.discard(reached.partition)
    consumer.close()
    return sorted(records, key=lambda record: (record.partition, record.offset))


def assert_same_records(source: KafkaCluster, target: KafkaCluster, topic: str) -> int:
    """Record by record: key, value, headers, timestamp, offset. Returns how many there are."""
    expected, copied = read(source, topic), read(target, topic)
    for one, other in zip(expected, copied):
        assert one == other
    assert len(expected) == len(copied)
    return len(copied)


def assert_true_prefix(source: KafkaCluster, target: KafkaCluster, topic: str) -> int:
    """The target may lack the end, but what it has is the source's, without any hole."""
    expected = {(r.partition, r.offset): r for r in read(source, topic)}
    copied = read(target, topic)
    next_offset = dict.fromkeys(target.end_offsets(topic), 0)
    for record in copied:
        assert record == expected[record.partition, record.offset]
        assert record.offset == next_offset[record.partition], f"a hole before {record}"
        next_offset[record.partition] += 1
    assert next_offset == target.end_offsets(topic)
    return len(copied)


FLUSH_SECONDS = 300  # brokers that restart, one after the other


class SteadyProducer:
    """Produces in the background until it is stopped; survives brokers that come and go."""

    def __init__(self, cluster: KafkaCluster, topic: str, per_second: int = 1000):
        self.acknowledged = 0
        self._failures: list = []
        self._topic = topic
        self._per_second = per_second
        self._client = producer(cluster, message_timeout_ms=FLUSH_SECONDS * 1000,
                                queue_buffering_max_messages=1_000_000)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "SteadyProducer":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> int:
        """Stops and waits for the acknowledgements; how many records there are."""
        self._stop.set()
        self._thread.join()
        left = self._client.flush(FLUSH_SECONDS)
        assert left == 0 and not self._failures, (left, self._failures[:3])
        return self.acknowledged

    def _run(self) -> None:
        started, sent = time.monotonic(), 0
        while not self._stop.wait(0.01):
            due = int((time.monotonic() - started) * self._per_second)
            for sent in range(sent, due):
                self._client.produce(self._topic, key=f"{sent}", value=f"steady {sent} " * 8,
                                     on_delivery=self._delivered)
            sent = due
            self._client.poll(0)

    def _delivered(self, error, _message) -> None:
        if error is None:
            self.acknowledged += 1
        else:
            self._failures.append(error)
