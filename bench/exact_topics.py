"""The source topics of `./dev bench exact`: each is made once, and counted as it lies there."""

import random
import time
from collections.abc import Iterable

from confluent_kafka import Producer

from filler import raise_log
from java_tools import load
from kafka_cluster import KafkaCluster
from records import produce, producer, read
from segments import Batch, batches
from waiting import eventually

COMPACT_AT_ONCE = {"cleanup_policy": "compact", "segment_ms": "100",
                   "min_cleanable_dirty_ratio": "0.01", "max_compaction_lag_ms": "100"}
# Both clusters shall leave the topic as it is while it is copied: the target gets these too.
COMPACT_NO_MORE = {"segment_ms": str(7 * 86_400_000), "min_cleanable_dirty_ratio": "0.5",
                   "max_compaction_lag_ms": str(2**63 - 1), "min_compaction_lag_ms": str(2**62)}
PRODUCE_TIMEOUT = 300  # seconds
COMPACTION_TIMEOUT = 180
YOUNG_RECORDS = 10  # in segments that were not there yet when a cleaning began

LONG_GAP = 10_000


def make_tiny(source: KafkaCluster, topic: str, records: int) -> dict:
    """Batches of one record, as a producer makes them that does not wait."""
    source.create_topic(topic, 1)
    produce_keyed(producer(source, batch_num_messages=1, linger_ms=0), topic,
                  (None for _ in range(records)))
    found = on_disk(source, topic)
    assert [batch.count for batch in found] == [1] * records, "not one record in each batch"
    return {"records": records, "batches": len(found)}


def make_far_start(source: KafkaCluster, topic: str, start: int) -> dict:
    """A log whose first record has the offset `start`."""
    source.create_topic(topic, 1)
    begun = time.monotonic()
    raise_log(source, topic, start)
    made_in = time.monotonic() - begun
    produce(source, topic, [json_of(number) for number in range(1000)])
    assert source.start_offsets(topic) == {0: start}
    return {"records": source.record_count(topic) - start, "log_start": start,
            "made_in_seconds": made_in}


def make_many_gaps(source: KafkaCluster, topic: str, records: int) -> dict:
    """Random keys, 2 for 13 records: a gap for every other record that compaction leaves."""
    chance = random.Random(1)
    keys = records * 2 // 13
    return make_compacted(source, topic,
                          (f"key-{chance.randrange(keys)}" for _ in range(records)))


def make_long_gaps(source: KafkaCluster, topic: str, records: int) -> dict:
    """One key again and again, and every now and then one that stays."""
    return make_compacted(source, topic, (
        f"stays-{number}" if number % LONG_GAP == 0 else "again" for number in range(records)))


def make_compacted(source: KafkaCluster, topic: str, keys: Iterable[str]) -> dict:
    """Records with these keys, of which compaction has left each key's last one."""
    source.create_topic(topic, 1)
    client = producer(source, compression_type="lz4", linger_ms=20)
    distinct = len(produce_keyed(client, topic, keys))
    source.alter_config(topic, **COMPACT_AT_ONCE)

    def is_compacted() -> bool:
        produce_keyed(client, topic, ["roll"])  # a new segment: the one before may be cleaned
        return sum(batch.count for batch in on_disk(source, topic)) <= distinct + YOUNG_RECORDS

    eventually(is_compacted, f"{topic} is compacted", COMPACTION_TIMEOUT, interval=1)
    source.alter_config(topic, **COMPACT_NO_MORE)
    eventually(lambda: is_left_alone(source, topic), f"{topic} stays as it is", COMPACTION_TIMEOUT)
    return gaps_of(source, topic)


def is_left_alone(source: KafkaCluster, topic: str) -> bool:
    """A cleaning that had begun before it was forbidden may still be under way."""
    before = on_disk(source, topic)
    time.sleep(3)
    return on_disk(source, topic) == before


def gaps_of(source: KafkaCluster, topic: str) -> dict:
    """What consumers see of partition 0: records, offsets without one, and in how many gaps."""
    end = source.end_offsets(topic)[0]
    offsets = [-1, *(record.offset for record in read(source, topic)), end]
    steps = [after - before - 1 for before, after in zip(offsets, offsets[1:])]
    return {"records": len(offsets) - 2, "holes": sum(steps),
            "gaps": sum(1 for step in steps if step > 0), "longest_gap": max(steps),
            "batches": len(on_disk(source, topic))}


def make_dense(source: KafkaCluster, topic: str, records: int) -> dict:
    """The workload (a) of `replicate`."""
    source.create_topic(topic, 6)
    load(source, topic, records, shape="random", codec="none")
    return {"records": source.record_count(topic)}


def produce_keyed(client: Producer, topic: str, keys: Iterable[str | None]) -> set:
    """One record for each key to partition 0, all acknowledged; which keys there were."""
    distinct = set()
    failures = []
    for number, key in enumerate(keys):
        distinct.add(key)
        while True:
            try:
                client.produce(topic, key=key, value=json_of(number), partition=0,
                               on_delivery=lambda error, _: error and failures.append(error))
                break
            except BufferError:
                client.poll(0.1)
    assert client.flush(PRODUCE_TIMEOUT) == 0 and not failures, failures
    return distinct


def json_of(number: int) -> str:
    """About 100 bytes, as events have them."""
    return (f'{{"id": {number}, "user": "user-{number * 7919 % 10_000}", "amount": '
            f'{number * 31 % 100_000 / 100}, "state": "accepted", "attempt": {number % 7}}}')


def on_disk(source: KafkaCluster, topic: str) -> list[Batch]:
    return batches(source.partition_directory(topic, 0))
