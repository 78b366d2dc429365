"""What cannot be copied with its offsets is blocked, says why and where, and stops no other."""

import re

import pytest
from confluent_kafka import KafkaException

from lockstep import Link
from records import assert_same_records, produce, producer, read
from waiting import eventually


def has_number(text: str, number: int) -> bool:
    """Is the number in the text as a whole, whatever the thousands separator?"""
    plain = re.sub(r"(?<=\d)[,_'](?=\d{3})", "", text)
    return re.search(rf"(?<!\d){number}(?!\d)", plain) is not None


def assert_others_go_on(process, source, target, name: str) -> None:
    """A healthy topic that lockstep finds after all the trouble is copied."""
    healthy = source.create_topic(f"{name}-healthy")
    produce(source, healthy, ["x", "y"])
    process.wait_copied(healthy)
    assert assert_same_records(source, target, healthy) == 2


def test_deleted_before_it_was_copied(source, target, lockstep, name):
    topic = source.create_topic(f"{name}-topic", 2)
    for partition in (0, 1):
        produce(source, topic, [str(i) for i in range(5)], partition=partition)
    process = lockstep(Link(source, target, [f"{name}-.*"]))
    process.wait_copied(topic)
    process.terminate()
    produce(source, topic, [str(i) for i in range(20)], partition=0)
    source.delete_records(topic, 0, 12)
    process.start()
    reason = process.wait_blocked(topic, 0)
    assert has_number(reason, 5) and has_number(reason, 12), reason
    assert_others_go_on(process, source, target, name)
    assert target.end_offsets(topic) == {0: 5, 1: 5}


def test_foreign_writer_on_the_target(source, target, lockstep, name):
    topic = source.create_topic(f"{name}-topic", 2)
    for partition in (0, 1):
        produce(source, topic, ["one", "two", "three"], partition=partition)
    process = lockstep(Link(source, target, [f"{name}-.*"]))
    process.wait_copied(topic)
    produce(target, topic, ["not from the source"], partition=0)
    for partition in (0, 1):
        produce(source, topic, ["four", "five"], partition=partition)
    reason = process.wait_blocked(topic, 0)
    assert has_number(reason, 3) or has_number(reason, 4), reason
    # What was in flight may have landed behind the foreign record; nothing follows.
    stuck = target.end_offsets(topic)[0]
    produce(source, topic, ["six", "seven"], partition=0)
    process.wait(lambda: target.end_offsets(topic)[1] == 5, "partition 1 goes on")
    assert_others_go_on(process, source, target, name)
    assert target.end_offsets(topic)[0] == stuck
    assert [r.value for r in read(target, topic) if r.partition == 0][:4] == [
        b"one", b"two", b"three", b"not from the source"]


def test_target_with_more_than_the_source(source, target, lockstep, name):
    topic = f"{name}-topic"
    source.create_topic(topic)
    target.create_topic(topic)
    produce(source, topic, ["one"])
    produce(target, topic, [f"foreign {i}" for i in range(9)])
    process = lockstep(Link(source, target, [f"{name}-.*"]))
    reason = process.wait_blocked(topic)
    assert has_number(reason, 8) or has_number(reason, 9), reason
    assert target.end_offsets(topic) == {0: 9}
    assert_others_go_on(process, source, target, name)


def test_target_refuses_large_records(source, target, lockstep, name):
    topic = f"{name}-topic"
    source.create_topic(topic, 2)
    target.create_topic(topic, 2, config={"max.message.bytes": "1000"})
    produce(source, topic, ["small"] * 3, partition=0)
    produce(source, topic, ["large" * 1000], partition=0)
    produce(source, topic, ["small"] * 4, partition=1)
    process = lockstep(Link(source, target, [f"{name}-.*"]))
    process.wait(lambda: has_number(process.partition(topic, 0).get("reason", ""), 3),
                 "the refusal is told")
    process.wait(lambda: all(word in process.log_text() for word in
                             ("east-to-west", f"{topic}-0", "offset 3")),
                 "the log names link, topic, partition and offset")
    process.wait(lambda: target.end_offsets(topic) == {0: 3, 1: 4}, "the rest is copied")
    assert_others_go_on(process, source, target, name)


def test_record_without_a_key_in_a_compacted_topic(source, target, lockstep, name):
    topic = source.create_topic(f"{name}-topic")
    target.create_topic(topic, config={"cleanup.policy": "compact"})
    client = producer(source)
    for i in range(3):
        client.produce(topic, "has a key", key=f"{i}")
    assert client.flush(30) == 0
    produce(source, topic, ["has none"])
    process = lockstep(Link(source, target, [f"{name}-.*"]))
    reason = process.wait_blocked(topic)
    assert "INVALID_RECORD" in reason and "the record at offset 3" in reason, reason
    assert target.end_offsets(topic) == {0: 3}
    assert_others_go_on(process, source, target, name)
    target.alter_config(topic, cleanup_policy="delete")
    process.wait_copied(topic)  # it looks again by itself


@pytest.mark.parametrize("again", [False, True], ids=["deleted", "recreated"])
def test_source_topic_vanishes_in_the_middle(source, target, lockstep, name, again):
    topic = source.create_topic(f"{name}-topic", 2)
    produce(source, topic, [f"old {i}" for i in range(50)], partition=1)
    process = lockstep(Link(source, target, [f"{name}-.*"]))
    process.wait_copied(topic)
    source.delete_topic(topic)
    if again:
        create_again(source, topic)
        produce(source, topic, [f"new {i}" for i in range(80)], partition=1)
    reason = process.wait_blocked(topic, 1)
    assert reason
    assert_others_go_on(process, source, target, name)
    assert target.end_offsets(topic) == {0: 0, 1: 50}, "what was copied stays as it was"


def create_again(cluster, topic: str) -> None:
    def created() -> bool:
        try:
            cluster.create_topic(topic, 2)
        except KafkaException:  # still being deleted
            return False
        return True

    eventually(created, f"{topic} is created again")
