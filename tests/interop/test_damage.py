"""A byte that a source broker's disk has changed is found, named, and copied by nobody."""

import random
from dataclasses import dataclass

import pytest

from kafka_cluster import KafkaCluster
from lockstep import Link
from paths import NEWEST_KAFKA
from records import assert_same_records, produce, producer, read
from segments import HEADER, batches, find_batch, flip
from test_blocked import has_number

RECORDS = 1500  # of 1,000 bytes in each partition: more than one segment
SEGMENT_BYTES = 1 << 20
BATCH = 20  # records


@dataclass
class Damage:
    """Bits of one byte of a batch; those of its header are counted from the batch's start."""

    byte: int
    bits: int = 1


# Not the leader epoch: Lockstep takes nothing from it, and nor does the target.
DAMAGES = {
    "record": Damage(HEADER.size + 5000),
    "checksum": Damage(18),
    "base-offset-higher": Damage(7, 0x10),
    "base-offset-lower": Damage(7, 0x40),
    "base-offset-far": Damage(5),
    "length": Damage(11, 4),
    "length-beyond-the-segment": Damage(8),
    "magic": Damage(16),
    "codec": Damage(22),
    "transactional": Damage(22, 0x10),
    "control": Damage(22, 0x20),
    "last-offset": Damage(26),
    "producer": Damage(43),
    "count": Damage(60),
}


@pytest.fixture(scope="module")
def fragile(home) -> KafkaCluster:
    """A source of its own, as it is stopped and changed."""
    cluster = KafkaCluster(NEWEST_KAFKA, "fragile", home).start()
    yield cluster
    cluster.remove()


def fill(cluster: KafkaCluster, topic: str) -> None:
    """Batches of BATCH records, as many as one closed segment and some more in each partition."""
    client = producer(cluster, batch_num_messages=BATCH, linger_ms=5000)
    values = random.Random(topic)
    for i in range(2 * RECORDS):
        client.produce(topic, values.randbytes(1000), partition=i % 2)
        client.poll(0)
    assert client.flush(60) == 0


def choose_batch(cluster: KafkaCluster, topic: str) -> int:
    """The base offset of a batch in a closed segment; one with the bits that are to be changed."""
    directory = cluster.partition_directory(topic, 0)
    assert len(list(directory.glob("*.log"))) > 1
    # 0x40 is set in it and 0x10 is not, so that each of them makes an offset lower or higher.
    found = [batch.base_offset for batch in batches(directory)
             if batch.count == BATCH and batch.base_offset & 0x40 and not batch.base_offset & 0x10]
    return found[len(found) // 8]


def test_blocks_exactly_there_and_goes_on_when_it_is_repaired(fragile, target, lockstep, name):
    """All at once, each in a topic of its own, as brokers take long to start."""
    topics = {what: f"{name}-{what}" for what in DAMAGES}
    for topic in topics.values():
        fragile.create_topic(topic, 2, config={"segment.bytes": SEGMENT_BYTES})
        fill(fragile, topic)
    original = {topic: read(fragile, topic) for topic in topics.values()}
    chosen = {topic: choose_batch(fragile, topic) for topic in topics.values()}

    fragile.end_broker()
    places = {topic: find_batch(fragile.partition_directory(topic, 0), chosen[topic])
              for topic in topics.values()}
    for what, damage in DAMAGES.items():
        flip(places[topics[what]], damage.byte, damage.bits)
    fragile.start_broker()
    process = lockstep(Link(fragile, target, [f"{name}-.*"]))
    for topic in topics.values():
        reason = process.wait_blocked(topic, 0, timeout=120)
        assert has_number(reason, chosen[topic]), reason
        process.wait(lambda t=topic: target.end_offsets(t) == {0: chosen[t], 1: RECORDS},
                     "what is before it, and the other partition, are copied", 120)
        assert read(target, topic) == [record for record in original[topic] if
                                       record.partition == 1 or record.offset < chosen[topic]]
    healthy = fragile.create_topic(f"{name}-healthy")
    produce(fragile, healthy, ["x", "y"])
    process.wait_copied(healthy)

    fragile.end_broker()
    for what, damage in DAMAGES.items():
        flip(places[topics[what]], damage.byte, damage.bits)
    fragile.start_broker()
    process.wait_copied(*topics.values(), timeout=120)
    for topic in topics.values():
        assert read(target, topic) == original[topic]
        process.wait_running(topic)
        assert process.partition(topic, 0)["filled_offsets"] == 0


def test_damage_while_it_copies(fragile, target, lockstep, name):
    """What is damaged long after it was copied is nobody's business; what comes later is."""
    topic = fragile.create_topic(name, 2, config={"segment.bytes": SEGMENT_BYTES})
    fill(fragile, topic)
    process = lockstep(Link(fragile, target, [topic]))
    process.wait_copied(topic)
    fragile.end_broker()
    place = find_batch(fragile.partition_directory(topic, 0), choose_batch(fragile, topic))
    flip(place, HEADER.size + 1000, 1)
    fragile.start_broker()
    produce(fragile, topic, ["later"])
    process.wait_copied(topic)
    process.wait_running(topic)
    fragile.end_broker()
    flip(place, HEADER.size + 1000, 1)
    fragile.start_broker()
    assert assert_same_records(fragile, target, topic) == 2 * RECORDS + 1
