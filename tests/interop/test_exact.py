"""Topics that are not dense: every record arrives once, with its offset, and nothing else does."""

import time

import pytest
from confluent_kafka import Producer

from broker import TEST_SETTINGS
from java_tools import known_producers, load
from kafka_cluster import ClusterOptions, KafkaCluster
from lockstep import Link
from paths import KAFKA_VERSIONS, NEWEST_KAFKA
from records import CLIENT, assert_same_records, produce, produce_mixed, producer, read
from segments import batches
from waiting import eventually

CLIENT_PATIENCE = 120  # seconds
COMPACTING = {"cleanup.policy": "compact", "segment.ms": "100",
              "min.cleanable.dirty.ratio": "0.01", "min.compaction.lag.ms": "0",
              "max.compaction.lag.ms": "100"}


def assert_exact(source, target, topic: str) -> int:
    """The target shows every consumer what a read_committed consumer sees at the source."""
    expected = read(source, topic, "read_committed")
    for isolation in ("read_uncommitted", "read_committed"):
        copied = read(target, topic, isolation)
        for one, other in zip(expected, copied):
            assert one == other
        assert len(expected) == len(copied)
    assert target.end_offsets(topic) == source.end_offsets(topic)
    return len(expected)


def interleaved_transactions(cluster, topic: str, rounds: int, codec: str = "lz4") -> None:
    """Three producers whose transactions overlap; every fifth is aborted."""
    producers = [Producer(CLIENT | {"bootstrap.servers": cluster.bootstrap,
                                    "compression.type": codec, "linger.ms": 1,
                                    "transactional.id": f"{topic}-{i}"}) for i in range(3)]
    for one in producers:
        one.init_transactions(CLIENT_PATIENCE)
    for number in range(rounds):
        for one in producers:
            one.begin_transaction()
        for step in range(3):
            for i, one in enumerate(producers):
                for n in range(1 + (number + i) % 4):
                    one.produce(topic, f"{number}-{step}-{i}-{n}", partition=0)
                assert one.flush(CLIENT_PATIENCE) == 0
        for i, one in enumerate(producers):
            if (number * 3 + i) % 5 == 0:
                one.abort_transaction(CLIENT_PATIENCE)
            else:
                one.commit_transaction(CLIENT_PATIENCE)


@pytest.mark.parametrize("version", KAFKA_VERSIONS)
def test_transactions(clusters, lockstep, name, version):
    source, target = clusters.source(version), clusters.target(version)
    topic = source.create_topic(f"{name}-topic", 1)
    produce(source, topic, [f"plain {i}" for i in range(12)])
    interleaved_transactions(source, topic, 20)
    load(source, topic, 600, shape="json", transaction_records=10)
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    interleaved_transactions(source, topic, 10)  # and while it runs
    process.wait_copied(topic)
    assert assert_exact(source, target, topic) > 500


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_holes_from_compaction(source, target, lockstep, name, codec):
    topic = source.create_topic(f"{name}-topic", 1, config=COMPACTING)
    client = producer(source, compression_type=codec)
    keys = 0

    def hole_count() -> int:
        nonlocal keys
        for i in range(200):
            client.produce(topic, key=f"key-{(i * 7) % (11 + keys % 13)}", value=f"{i}" * 20)
            client.produce(topic, key=f"once-{keys}-{i}" if i % 9 == 0 else "often", value="v")
        keys += 1
        client.flush(30)
        found = batches(source.partition_directory(topic, 0))
        return found[-1].last_offset + 1 - sum(batch.count for batch in found)

    eventually(lambda: hole_count() > 1000, "compaction made holes", 120, interval=0.3)
    eventually(lambda: not all(  # compaction may just be exchanging the files
        b.is_dense for b in batches(source.partition_directory(topic, 0))), "they are on disk")
    target.create_topic(topic, 1)  # not compacted: what arrives stays to be seen
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    # Compaction goes on at the source: what it still has, the target has too.
    copied = {record.offset: record for record in read(target, topic)}
    left = read(source, topic)
    assert len(left) > 100
    assert all(copied[record.offset] == record for record in left)
    assert target.end_offsets(topic) == source.end_offsets(topic)
    process.wait(lambda: process.partition(topic)["filled_offsets"] > 0, "it tells of the holes")


def test_append_time_is_kept(source, target, lockstep, name):
    topic = source.create_topic(f"{name}-topic", 2, config={
        "message.timestamp.type": "LogAppendTime"})
    produce_mixed(source, topic, "lz4", 500)
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    expected, copied = read(source, topic), read(target, topic)
    assert len(expected) == len(copied) == 500
    for one, other in zip(expected, copied):
        assert (one.offset, one.key, one.value, one.headers, one.timestamp[1]) == \
            (other.offset, other.key, other.value, other.headers, other.timestamp[1])


@pytest.mark.parametrize("offsets", ["preserve", "translate"])
@pytest.mark.parametrize("kind", ["CreateTime", "LogAppendTime"])
def test_append_time_may_be_cleared(source, target, lockstep, name, kind, offsets):
    """Records get their producers' times, or those of a target that gives its own."""
    topic = source.create_topic(name, 1, config={"message.timestamp.type": "LogAppendTime"})
    target.create_topic(name, 1, config={"message.timestamp.type": kind})
    first_ms = int(time.time() * 1000) - 60_000
    client = producer(source, compression_type="lz4")
    for i in range(300):
        client.produce(topic, key=f"{i}", value="v" * (i % 60), timestamp=first_ms + i)
        if i % 50 == 0:
            client.flush(30)  # tiny batches and larger ones
    assert client.flush(30) == 0
    process = lockstep(Link(source, target, [topic], offsets=offsets, append_time="clear"))
    process.wait_lag_zero(topic)
    expected, copied = read(source, topic), read(target, topic)
    assert [(r.offset, r.key, r.value) for r in copied] == \
        [(r.offset, r.key, r.value) for r in expected]
    if kind == "CreateTime":
        assert [r.timestamp[1] for r in copied] == [first_ms + i for i in range(300)]
    else:
        assert all(r.timestamp[1] > first_ms + 50_000 for r in copied)
    process.wait(lambda: (process.partition(topic)["verified"] or {}).get("to") == 300, "proved")
    assert process.partition(topic)["verified"]["differences"] == 0
    process.kill()  # what is there is known again
    produce(source, topic, ["more"])
    process.start()
    process.wait_lag_zero(topic)
    assert len(read(target, topic)) == 301


@pytest.fixture(scope="module")
def forgetful(home) -> KafkaCluster:
    """A target that forgets producers after a second, not a day."""
    settings = TEST_SETTINGS | {"producer.id.expiration.ms": "1000",
                                "producer.id.expiration.check.interval.ms": "500"}
    cluster = KafkaCluster(NEWEST_KAFKA, "forgetful", home, ClusterOptions(settings=settings))
    yield cluster.start()
    cluster.remove()


@pytest.mark.parametrize("offsets", ["preserve", "translate"])
@pytest.mark.parametrize("are_records_deleted", [False, True], ids=["idle", "deleted"])
def test_forgotten_producers(source, forgetful, lockstep, name, offsets, are_records_deleted):
    topic = source.create_topic(name, 1)
    interleaved_transactions(source, topic, 10)
    process = lockstep(Link(source, forgetful, [topic], offsets=offsets))
    process.wait_lag_zero(topic)
    copied = forgetful.end_offsets(topic)[0]
    first = len(read(forgetful, topic))
    if are_records_deleted:
        forgetful.delete_records(topic, 0, copied)
    eventually(lambda: known_producers(forgetful, topic) == [], "producers are forgotten", 120)
    interleaved_transactions(source, topic, 10)  # to the worker that goes on
    process.wait_lag_zero(topic)
    process.kill()
    eventually(lambda: known_producers(forgetful, topic) == [], "producers are forgotten", 120)
    interleaved_transactions(source, topic, 10)  # and to one that begins
    process.start()
    process.wait_lag_zero(topic)
    expected = read(source, topic, "read_committed")[first if are_records_deleted else 0:]
    found = read(forgetful, topic, "read_committed")
    assert [r.value for r in found] == [r.value for r in expected]
    if offsets == "preserve":
        assert [r.offset for r in found] == [r.offset for r in expected]


def test_killed_between_markers(source, target, lockstep, name):
    topic = source.create_topic(f"{name}-topic", 1)
    interleaved_transactions(source, topic, 60)
    process = lockstep(Link(source, target, [topic]), wait_ready=False)
    for end in range(100, 900, 100):
        process.wait(lambda: topic in target.topics() and target.end_offsets(topic)[0] >= end or
                     target.end_offsets(topic)[0] >= source.end_offsets(topic)[0],
                     "some more is copied", 60)
        process.kill()
        process.start(wait_ready=False)
    process.wait_copied(topic)
    assert_exact(source, target, topic)


@pytest.mark.parametrize("version", KAFKA_VERSIONS)
def test_log_start_above_zero(clusters, lockstep, name, version):
    source, target = clusters.source(version), clusters.target(version)
    topic = source.create_topic(f"{name}-topic", 2)
    produce(source, topic, [str(i) for i in range(20)], partition=0)
    produce(source, topic, [str(i) for i in range(5)], partition=1)
    source.delete_records(topic, 0, 7)
    source.delete_records(topic, 1, 5)  # everything
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    process.wait(lambda: target.start_offsets(topic) == {0: 7, 1: 5}, "the filler is deleted")
    produce(source, topic, ["after"], partition=1)
    process.wait_copied(topic)
    assert assert_same_records(source, target, topic) == 14
    # What the source deletes from now on is deleted on the target too.
    source.delete_records(topic, 0, 11)
    process.wait(lambda: target.start_offsets(topic) == {0: 11, 1: 5}, "the log start follows")
    process.wait_running(topic)


def test_log_start_of_a_compacted_topic(source, target, lockstep, name):
    topic = source.create_topic(f"{name}-topic", 1, config={"cleanup.policy": "compact,delete",
                                                            "retention.ms": "86400000000"})
    for i in range(20):
        produce_keyed(source, topic, f"key-{i}")
    source.delete_records(topic, 0, 7)
    source.alter_config(topic, cleanup_policy="compact")
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    assert assert_same_records(source, target, topic) == 13
    assert target.start_offsets(topic) == {0: 7}
    process.wait(lambda: "retention.bytes" not in target.config(topic), "the policy is put back")
    config = target.config(topic)
    assert config["cleanup.policy"] == "compact" and config["retention.ms"] == "86400000000"


def produce_keyed(cluster, topic: str, key: str) -> None:
    client = producer(cluster)
    client.produce(topic, key=key, value="v")
    assert client.flush(30) == 0


def test_killed_while_the_log_start_is_raised(source, target, lockstep, name):
    topic = source.create_topic(f"{name}-topic", 1)
    load(source, topic, 3_000_000, shape="json", codec="lz4")
    source.delete_records(topic, 0, 2_999_000)
    process = lockstep(Link(source, target, [topic]), wait_ready=False)
    for part in (1, 2):
        process.wait(lambda: topic in target.topics() and
                     target.end_offsets(topic)[0] >= part * 500_000, "a part is filled", 120)
        process.kill()
        process.start(wait_ready=False)
    process.wait_copied(topic)
    assert target.start_offsets(topic) == {0: 2_999_000}
    assert assert_same_records(source, target, topic) == 1000


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_tiny_batches_are_merged(source, target, lockstep, name, codec):
    topic = source.create_topic(name, 2)
    for partition in (0, 1):
        produce(source, topic, [f"value {i}" for i in range(3000)], partition=partition,
                batch_num_messages=1, compression_type=codec)
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    assert assert_same_records(source, target, topic) == 6000
    assert len(batches(source.partition_directory(topic, 0))) == 3000
    assert len(batches(target.partition_directory(topic, 0))) < 300


def test_goes_on_behind_what_the_source_has_deleted(source, target, lockstep, name):
    topic = source.create_topic(name)
    produce(source, topic, ["early"] * 5)
    process = lockstep(Link(source, target, [topic], on_overrun="continue"))
    process.wait_copied(topic)
    process.terminate()
    produce(source, topic, ["never seen"] * 20)
    source.delete_records(topic, 0, 25)
    produce(source, topic, ["late"] * 3)
    process.start()
    process.wait_copied(topic)
    assert assert_same_records(source, target, topic) == 3
    assert target.start_offsets(topic) == {0: 25}
    assert process.partition(topic)["lost_offsets"] == 20


def test_open_transaction_holds_back_and_is_named(source, target, lockstep, name):
    topic = source.create_topic(name)
    produce(source, topic, ["before"])
    hanging = Producer(CLIENT | {"bootstrap.servers": source.bootstrap, "linger.ms": 1,
                                 "transactional.id": name, "transaction.timeout.ms": 600_000})
    hanging.init_transactions(CLIENT_PATIENCE)
    hanging.begin_transaction()
    hanging.produce(topic, "not decided yet")
    assert hanging.flush(CLIENT_PATIENCE) == 0
    produce(source, topic, ["behind it"])
    process = lockstep(Link(source, target, [topic]))

    def told() -> bool:
        seen = process.partition(topic)["open_transaction"]
        return seen and seen["first_offset"] == 1 and seen["producer_id"] >= 0

    process.wait(told, "the open transaction is named")
    process.wait(lambda: target.end_offsets(topic) == {0: 1}, "what is before it is copied")
    hanging.commit_transaction(CLIENT_PATIENCE)
    process.wait_copied(topic)
    assert assert_exact(source, target, topic) == 3
    process.wait(lambda: process.partition(topic)["open_transaction"] is None, "it is over")
