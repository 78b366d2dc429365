"""What a group's commit says besides the offset, and which commits are nobody's business."""

import pytest
from confluent_kafka import Consumer, TopicPartition

from lockstep import Link
from records import CLIENT, produce
from test_groups import Member, commit_from_outside, committed, wait_place
from topic_admin import TIMEOUT
from waiting import eventually, holds_for

RECORDS = 100


def client_of(cluster, group: str) -> Consumer:
    return Consumer(CLIENT | {"bootstrap.servers": cluster.bootstrap, "group.id": group,
                              "enable.auto.commit": False})


def commit(cluster, group: str, place: TopicPartition) -> None:
    client = client_of(cluster, group)
    eventually(lambda: client.commit(offsets=[place], asynchronous=False),
               f"{group} commits {place.offset}")
    client.close()


def commit_of(cluster, group: str, topic: str) -> tuple[int, str | None, int | None]:
    """Offset, metadata and leader epoch, as the group's coordinator has them."""
    client = client_of(cluster, group)
    found = client.committed([TopicPartition(topic, 0)], timeout=TIMEOUT)[0]
    client.close()
    return found.offset, found.metadata, found.leader_epoch


def wait_commit(cluster, group: str, topic: str, offset: int, metadata: str) -> None:
    """Never with a leader epoch: those of another cluster would make consumers wait for ever."""
    eventually(lambda: commit_of(cluster, group, topic) == (offset, metadata, None),
               f"{group} is at {offset} with {metadata!r}", 60)


def fresh_topic(cluster, name: str) -> str:
    topic = cluster.create_topic(name)
    produce(cluster, topic, [str(i) for i in range(RECORDS)])
    return topic


def test_metadata_is_kept_and_leader_epochs_are_not(source, target, lockstep, name):
    topic, group = fresh_topic(source, name), f"{name}-group"
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    commit(source, group, TopicPartition(topic, 0, 30, metadata="Zürich: 30 ✓", leader_epoch=0))
    assert commit_of(source, group, topic) == (30, "Zürich: 30 ✓", 0)
    wait_commit(target, group, topic, 30, "Zürich: 30 ✓")
    commit(target, group, TopicPartition(topic, 0, 50, metadata="back", leader_epoch=0))
    wait_commit(source, group, topic, 50, "back")
    assert commit_of(target, group, topic) == (50, "back", 0), "its own stays as it is"


def test_new_metadata_at_the_same_offset(source, target, lockstep, name):
    topic, group = fresh_topic(source, name), f"{name}-group"
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    commit(source, group, TopicPartition(topic, 0, 30, metadata="first"))
    wait_commit(target, group, topic, 30, "first")
    commit(source, group, TopicPartition(topic, 0, 30, metadata="second"))
    wait_commit(target, group, topic, 30, "second")
    commit(target, group, TopicPartition(topic, 0, 30, metadata="third"))
    wait_commit(source, group, topic, 30, "third")


def test_offsets_of_other_topics_are_left_alone(source, target, lockstep, name):
    topic, other = fresh_topic(source, f"{name}-in"), fresh_topic(source, f"{name}-out")
    fresh_topic(target, other)  # of the same name, and another topic
    both, only_other, own = (f"{name}-{what}" for what in ("both", "only-other", "own"))
    commit_from_outside(source, both, topic, 30)
    commit_from_outside(source, both, other, 40)
    commit_from_outside(source, only_other, other, 50)
    commit_from_outside(target, both, other, 7)
    commit_from_outside(target, own, other, 8)
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    wait_place(target, both, topic, 30)
    commit_from_outside(source, both, other, 60)  # moves on while Lockstep looks
    commit_from_outside(source, both, topic, 70)
    wait_place(target, both, topic, 70)
    commit_from_outside(target, both, other, 9)
    commit_from_outside(target, both, topic, 80)
    wait_place(source, both, topic, 80)
    assert committed(target, both, other) == 9 and committed(source, both, other) == 60
    assert committed(target, own, other) == 8
    nobody = -1001  # librdkafka's for: no offset
    assert committed(target, only_other, other) == committed(source, own, other) == nobody
    told = {entry["group"]: entry["partitions"] for entry in process.status()["groups"]}
    assert told[both] == 1 and only_other not in told and own not in told


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_rewinds_of_members(source, target, lockstep, name, protocol):
    topic, group = fresh_topic(source, name), f"{name}-group"
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    commit_from_outside(source, group, topic, 0)
    with Member(source, group, topic, protocol) as member:
        member.read(1)
        member.commit(80)
        wait_place(target, group, topic, 80)
        member.commit(20)
        wait_place(target, group, topic, 20)
    with Member(target, group, topic, protocol) as member:
        assert member.read(1) == [20]
        member.commit(70)
        wait_place(source, group, topic, 70)
        member.commit(10)
        wait_place(source, group, topic, 10)
    commit_from_outside(source, group, topic, 5)  # without members, and still of that protocol
    wait_place(target, group, topic, 5)
    commit_from_outside(target, group, topic, 3)
    wait_place(source, group, topic, 3)
    types = {entry["group"]: entry["type"] for entry in process.status()["groups"]}
    assert types[group] == protocol
    holds_for(lambda: committed(source, group, topic) == committed(target, group, topic) == 3,
              "both stay where they are", 3)
