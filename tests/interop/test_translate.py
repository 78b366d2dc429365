"""Offsets that are not the source's: every record once, in order, and a map of which is which."""

import os
import signal
import time

import pytest

from lockstep import Link
from paths import KAFKA_VERSIONS
from records import assert_same_records, produce, produce_mixed, producer, read
from segments import batches
from test_exact import COMPACTING, interleaved_transactions
from test_groups import Member, commit_from_outside, committed
from waiting import eventually

NOW_MS = int(time.time() * 1000)


def content(records: list) -> list[tuple]:
    return [(r.partition, r.timestamp, r.key, r.value, r.headers) for r in records]


def assert_translated(source, target, topic: str) -> int:
    """The target has what a read_committed consumer sees at the source, at dense offsets."""
    expected = read(source, topic, "read_committed")
    for isolation in ("read_uncommitted", "read_committed"):
        copied = read(target, topic, isolation)
        assert content(copied) == content(expected)
    for partition in target.topics()[topic] and range(target.topics()[topic]):
        offsets = [record.offset for record in copied if record.partition == partition]
        assert offsets == list(range(len(offsets)))
    return len(expected)


def translating(source, target, topics: list[str]) -> Link:
    return Link(source, target, topics, offsets="translate")


@pytest.mark.parametrize("version", KAFKA_VERSIONS)
def test_transactions(clusters, lockstep, name, version):
    source, target = clusters.source(version), clusters.target(version)
    topic = source.create_topic(f"{name}-topic", 1)
    produce(source, topic, [f"plain {i}" for i in range(12)])
    interleaved_transactions(source, topic, 20)
    process = lockstep(translating(source, target, [topic]))
    process.wait_lag_zero(topic)
    interleaved_transactions(source, topic, 10)  # and while it runs
    process.wait_lag_zero(topic)
    assert assert_translated(source, target, topic) > 300
    status = process.partition(topic)
    assert status["offsets"] == "translate" and status["translated_why"] == ""
    assert status["filled_offsets"] == 0


@pytest.mark.parametrize("version", KAFKA_VERSIONS)
def test_killed_again_and_again(clusters, lockstep, name, version):
    source, target = clusters.source(version), clusters.target(version)
    topic = source.create_topic(f"{name}-topic", 2)
    produce(source, topic, ["one"], partition=1)
    process = lockstep(translating(source, target, [topic]))
    for _ in range(5):
        end = target.end_offsets(topic).get(0, 0)  # it may not be there yet
        interleaved_transactions(source, topic, 10)
        process.wait(lambda: target.end_offsets(topic).get(0, 0) > end, "some more is copied", 20)
        process.kill()
        interleaved_transactions(source, topic, 3)
        process.start()
    process.wait_lag_zero(topic)
    assert assert_translated(source, target, topic) > 500


def test_two_workers(source, target, lockstep, name):
    topic = source.create_topic(f"{name}-topic", 1)
    produce(source, topic, ["first"])
    first = lockstep(translating(source, target, [topic]))
    second = lockstep(translating(source, target, [topic]))

    def is_copied_by(process) -> bool:
        return process.partition(topic).get("next_offset") == source.end_offsets(topic)[0]

    def wait_copied_by_one() -> None:
        eventually(lambda: is_copied_by(first) or is_copied_by(second), "one copies")

    for _ in range(4):
        interleaved_transactions(source, topic, 5)
        wait_copied_by_one()
    if not is_copied_by(first):
        first, second = second, first
    os.kill(first.pid, signal.SIGSTOP)
    interleaved_transactions(source, topic, 20)
    second.wait_lag_zero(topic)
    os.kill(first.pid, signal.SIGCONT)
    interleaved_transactions(source, topic, 5)
    wait_copied_by_one()
    second.kill()
    interleaved_transactions(source, topic, 5)
    first.wait_lag_zero(topic)
    assert assert_translated(source, target, topic) > 500


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_holes_from_compaction(source, target, lockstep, name, codec):
    topic = source.create_topic(f"{name}-topic", 1, config=COMPACTING)
    client = producer(source, compression_type=codec)
    rounds = 0

    def hole_count() -> int:
        nonlocal rounds
        for i in range(200):
            client.produce(topic, key=f"key-{(i * 7) % (11 + rounds % 13)}", value=f"{i}" * 20)
            client.produce(topic, key=f"once-{rounds}-{i}" if i % 9 == 0 else "often", value="v")
        rounds += 1
        client.flush(30)
        found = batches(source.partition_directory(topic, 0))
        return found[-1].last_offset + 1 - sum(batch.count for batch in found)

    eventually(lambda: hole_count() > 1000, "compaction made holes", 60, interval=0.3)
    target.create_topic(topic, 1)  # not compacted: what arrives stays to be seen
    process = lockstep(translating(source, target, [topic]))
    process.wait_lag_zero(topic)
    # Compaction goes on at the source: what it still has, the target has too, in order.
    copied = read(target, topic)
    assert [record.offset for record in copied] == list(range(len(copied)))
    left = content(read(source, topic))
    assert len(left) > 100
    rest = iter(content(copied))
    assert all(record in rest for record in left)


def test_log_start_append_time_and_odd_records(source, target, lockstep, name):
    append_time = source.create_topic(f"{name}-append", 2, config={
        "message.timestamp.type": "LogAppendTime"})
    started = source.create_topic(f"{name}-start", 1)
    produce_mixed(source, append_time, "lz4", 500)
    produce_mixed(source, started, "zstd", 500)
    source.delete_records(started, 0, 123)
    process = lockstep(translating(source, target, [append_time, started]))
    process.wait_lag_zero(append_time, started)
    assert assert_translated(source, target, started) == 377
    expected, copied = read(source, append_time), read(target, append_time)
    assert [(r.key, r.value, r.headers, r.timestamp[1]) for r in expected] == \
        [(r.key, r.value, r.headers, r.timestamp[1]) for r in copied]


@pytest.mark.parametrize("offsets", ["preserve", "translate"])
@pytest.mark.parametrize("codec", ["none", "lz4"])
def test_larger_batches_than_the_target_takes(source, target, lockstep, name, offsets, codec):
    topic = source.create_topic(f"{name}-topic", 1)
    produce(source, topic, [os.urandom(500).hex() + str(i) for i in range(2000)], linger_ms=60_000,
            batch_size=900_000, compression_type=codec)
    assert max(batch.size for batch in batches(source.partition_directory(topic, 0))) > 200_000
    target.create_topic(topic, 1, config={"max.message.bytes": "20000"})
    process = lockstep(Link(source, target, [topic], offsets=offsets))
    process.wait_lag_zero(topic)
    assert assert_same_records(source, target, topic) == 2000
    assert max(batch.size for batch in batches(target.partition_directory(topic, 0))) <= 20_000


def test_several_writers_in_one_topic(clusters, lockstep, name):
    """Fan-in from two clusters, with local producers."""
    versions = list(KAFKA_VERSIONS)[:2]
    sources = [clusters.source(version) for version in versions]
    target = clusters.target(versions[0])
    topic = target.create_topic(name, 1)
    for source in sources:
        source.create_topic(name, 1)
    produce(target, topic, [f"local {i}" for i in range(5)])
    links = [lockstep(translating(source, target, [topic])) for source in sources]
    for step in range(4):
        for index, source in enumerate(sources):
            produce(source, topic, [f"{index} {step} {i}" for i in range(50)])
        produce(target, topic, [f"local {step} {i}" for i in range(20)])
        if step == 2:
            links[0].kill()
            links[0].start()
    for link in links:
        link.wait_lag_zero(topic)
    values = [record.value.decode() for record in read(target, topic)]
    for index in range(2):
        own = [value for value in values if value.startswith(f"{index} ")]
        assert own == [f"{index} {step} {i}" for step in range(4) for i in range(50)]
    assert len(values) == 5 + 4 * 120


def test_active_active(source, target, lockstep, name):
    topic = source.create_topic(name, 1)
    target.create_topic(name, 1)
    links = [lockstep(translating(source, target, [topic])),
             lockstep(translating(target, source, [topic]))]
    for step in range(5):
        produce(source, topic, [f"east {step} {i}" for i in range(30)])
        produce(target, topic, [f"west {step} {i}" for i in range(30)])
    for link in links:
        link.wait_lag_zero(topic)
    for cluster in (source, target):
        values = [record.value.decode() for record in read(cluster, topic)]
        assert len(values) == 300
        for side in ("east", "west"):
            assert [v for v in values if v.startswith(side)] == \
                [f"{side} {step} {i}" for step in range(5) for i in range(30)]


@pytest.mark.parametrize("version", KAFKA_VERSIONS)
def test_groups_find_their_record(clusters, lockstep, name, version):
    source, target = clusters.source(version), clusters.target(version)
    topic = source.create_topic(name, 1)
    interleaved_transactions(source, topic, 20)
    visible = read(source, topic, "read_committed")
    places = {percent: visible[len(visible) * percent // 100].offset
              for percent in (0, 10, 50, 90, 99)} | {100: source.end_offsets(topic)[0]}
    groups = {percent: f"{name}-at-{percent}" for percent in places}
    for percent, offset in places.items():
        commit_from_outside(source, groups[percent], topic, offset)
    process = lockstep(translating(source, target, [topic]))
    process.wait_lag_zero(topic)
    copied = read(target, topic)

    def is_exact(percent: int) -> bool:
        index = len(visible) * percent // 100
        return committed(target, groups[percent], topic) == index

    for percent in places:
        eventually(lambda p=percent: is_exact(p), f"the group at {percent} % is there")
    assert [r.value for r in copied] == [r.value for r in visible]

    # They go on on the target, and come back.
    with Member(target, groups[50], topic) as member:
        read_there = member.read(10)
        index = len(visible) // 2
        assert read_there == list(range(index, index + 10))
        member.commit(read_there[-1] + 1)
        eventually(lambda: committed(source, groups[50], topic) == visible[index + 10].offset,
                   "the source follows")

    def inexact() -> list[dict]:
        report = {g["group"]: g for g in process.status()["groups"]}
        return [report[group] for group in groups.values()
                if not report[group]["exact"] == report[group]["partitions"] == 1]

    process.wait(lambda: inexact() == [], "they are reported to be exact")


def test_auto_says_where_and_why(source, target, lockstep, name):
    clean = source.create_topic(f"{name}-clean", 1)
    taken = source.create_topic(f"{name}-taken", 1)
    started = source.create_topic(f"{name}-started", 1)
    target.create_topic(taken, 1)
    for topic in (clean, taken, started):
        produce(source, topic, [str(i) for i in range(50)])
    source.delete_records(started, 0, 20)
    produce(target, taken, ["someone else's"])
    link = Link(source, target, [clean, taken, started], offsets="auto", max_filler="10")
    process = lockstep(link)
    process.wait_lag_zero(clean, taken, started)
    assert process.partition(clean)["offsets"] == "preserve"
    assert process.partition(taken)["offsets"] == "translate"
    assert "are not the source's" in process.partition(taken)["translated_why"]
    assert process.partition(started)["offsets"] == "translate"
    assert "max_filler" in process.partition(started)["translated_why"]
    assert assert_same_records(source, target, clean) == 50
    assert len(read(target, taken)) == 51 and len(read(target, started)) == 30
    # It goes on as it began.
    process.kill()
    for topic in (clean, taken, started):
        produce(source, topic, ["more"])
    process.start()
    process.wait_lag_zero(clean, taken, started)
    assert len(read(target, taken)) == 52 and len(read(target, started)) == 31
    assert target.end_offsets(clean) == {0: 51}


def test_a_second_start_reads_little(source, target, lockstep, name):
    """Where the map is stored, and the log ends with Lockstep's own, nothing is read again."""
    topic = source.create_topic(name, 1)
    produce(source, topic, [str(i) for i in range(1000)])
    process = lockstep(translating(source, target, [topic]))
    process.wait_lag_zero(topic)
    assert process.terminate()[0] == 0
    produce(source, topic, ["more"])
    process.start()
    process.wait_lag_zero(topic)
    assert assert_translated(source, target, topic) == 1001
    assert process.partition(topic)["copied_records"] == 1


MAP_TOPIC = "__lockstep_offsets"


def has_map_topic(target) -> bool:
    return MAP_TOPIC in target.admin.list_topics(timeout=60).topics


def delete_maps(target) -> None:
    target.admin.delete_topics([MAP_TOPIC], request_timeout=60)[MAP_TOPIC].result(120)
    eventually(lambda: not has_map_topic(target), "the topic is gone")


def test_a_lost_map_is_told_from_both_logs(source, target, lockstep, name):
    """Records and groups find their place although `__lockstep_offsets` was deleted."""
    topic, group = source.create_topic(name, 1), f"{name}-group"
    interleaved_transactions(source, topic, 20)
    process = lockstep(translating(source, target, [topic]))
    process.wait_lag_zero(topic)
    assert process.terminate()[0] == 0
    delete_maps(target)
    interleaved_transactions(source, topic, 5)  # not copied yet
    visible = read(source, topic, "read_committed")
    middle = len(visible) // 2
    commit_from_outside(source, group, topic, visible[middle].offset)
    process.start()
    process.wait_lag_zero(topic)
    assert assert_translated(source, target, topic) == len(visible)
    assert process.log_text().count("the map of its offsets is lost; reading both logs") == 1
    eventually(lambda: committed(target, group, topic) == middle, "the group is there")
    # It is stored again.
    process.kill()
    interleaved_transactions(source, topic, 5)
    process.start()
    process.wait_lag_zero(topic)
    assert assert_translated(source, target, topic) > len(visible)
    assert process.log_text().count("the map of its offsets is lost") == 1


def test_a_map_that_is_deleted_under_it_is_stored_again(source, target, lockstep, name):
    topic, group = source.create_topic(name, 1), f"{name}-group"
    interleaved_transactions(source, topic, 20)
    process = lockstep(translating(source, target, [topic]))
    process.wait_lag_zero(topic)
    delete_maps(target)
    eventually(lambda: has_map_topic(target) and sum(target.end_offsets(MAP_TOPIC).values()) > 0,
               "it is there again")
    interleaved_transactions(source, topic, 5)
    process.wait_lag_zero(topic)
    process.kill()
    visible = read(source, topic, "read_committed")
    commit_from_outside(source, group, topic, visible[10].offset)
    process.start()
    process.wait_lag_zero(topic)
    assert assert_translated(source, target, topic) == len(visible)
    eventually(lambda: committed(target, group, topic) == 10, "the group is there")
    assert "is lost" not in process.log_text()


def test_a_lost_map_is_not_guessed(source, target, lockstep, name):
    """Where records look the same, copying stops rather than to copy one twice or not at all."""
    topic = source.create_topic(name, 1)
    client = producer(source, batch_num_messages=5)
    for _ in range(20):
        client.produce(topic, "same", timestamp=NOW_MS)
    assert client.flush(30) == 0
    process = lockstep(translating(source, target, [topic]))
    process.wait_lag_zero(topic)
    assert process.terminate()[0] == 0
    delete_maps(target)
    for _ in range(5):
        client.produce(topic, "same", timestamp=NOW_MS)
    assert client.flush(30) == 0
    process.start()
    reason = process.wait_blocked(topic, 0)
    assert "the map of its offsets is lost" in reason and "looks like several" in reason
    assert target.end_offsets(topic) == {0: 20}
