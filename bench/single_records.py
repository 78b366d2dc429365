"""Single records, one after the other: how long each takes from one cluster to the other."""

import random
import time
from collections.abc import Sequence

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import OffsetSpec

from kafka_cluster import KafkaCluster
from topic_admin import CLIENT, TIMEOUT
from waiting import Hopeless

PATIENCE = 30  # seconds, for a record
LONGEST_PAUSE = 0.1  # seconds between records: a fetch is met at any time of its waiting


class SingleRecords:
    """Writes a record to a random one of some partitions, waits until a consumer at the other end
    has it, pauses for a random time, and writes the next.

    The consumer reads only these partitions: one that read all of them would load its broker with
    as many as the replicator does.
    """

    def __init__(self, source: KafkaCluster, partitions: Sequence[tuple[str, int]]):
        self._partitions = partitions
        self._producer = Producer(CLIENT | {"bootstrap.servers": source.bootstrap,
                                            "linger.ms": 0, "acks": "all"})

    def measure(self, target: KafkaCluster, name_at_target, records: int, warm_up: int) -> dict:
        """Percentiles over `records`, in ms; `name_at_target` says what a topic is called there."""
        ends = log_ends(target, [(name_at_target(topic), partition)
                                 for topic, partition in self._partitions])
        consumer = Consumer(CLIENT | {
            "bootstrap.servers": target.bootstrap, "group.id": "single-records",
            "enable.auto.commit": False, "auto.offset.reset": "error"})
        try:
            consumer.assign([TopicPartition(topic, partition, end)
                             for (topic, partition), end in ends.items()])
            for number in range(warm_up):
                self._copy_one(consumer, number)
            return percentiles([self._copy_one(consumer, warm_up + number)
                                for number in range(records)])
        finally:
            consumer.close()

    def _copy_one(self, consumer: Consumer, number: int) -> float:
        """How many seconds it took from produce() until poll() had it."""
        time.sleep(random.uniform(0, LONGEST_PAUSE))
        topic, partition = random.choice(self._partitions)
        value = number.to_bytes(8, "big") + random.randbytes(92)
        began = time.monotonic()
        self._producer.produce(topic, value, partition=partition)
        while time.monotonic() < began + PATIENCE:
            found = consumer.poll(began + PATIENCE - time.monotonic())
            if found is not None and found.error() is None and found.value() == value:
                taken = time.monotonic() - began
                self._producer.flush()
                return taken
        raise Hopeless(f"a record of {topic}-{partition} did not come within {PATIENCE} s")


def percentiles(seconds: list[float]) -> dict:
    """In ms: the value that so many of them do not exceed."""
    ordered = sorted(seconds)

    def at(percent: int) -> float:
        return ordered[-(-len(ordered) * percent // 100) - 1] * 1000

    return {"records": len(ordered), "p50_ms": at(50), "p90_ms": at(90), "p99_ms": at(99),
            "max_ms": at(100)}


def log_ends(cluster: KafkaCluster, partitions: list[tuple[str, int]]) -> dict:
    """Where each of the partitions ends, asked for all together; they exist."""
    asked = cluster.admin.list_offsets(
        {TopicPartition(*each): OffsetSpec.latest() for each in partitions},
        request_timeout=TIMEOUT)
    return {(each.topic, each.partition): future.result(TIMEOUT).offset
            for each, future in asked.items()}
