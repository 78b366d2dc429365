"""Consumer groups that move between clusters find exactly their place."""

import pytest
from confluent_kafka import Consumer, TopicPartition

from lockstep import Link
from paths import KAFKA_VERSIONS
from records import CLIENT, produce
from test_exact import interleaved_transactions
from topic_admin import TIMEOUT
from waiting import eventually

RECORDS = 1000
POSITIONS = [0, 100, 500, 900, 990, 1000]  # of the records


class Member:
    """A member of a group that reads one record after the other."""

    def __init__(self, cluster, group: str, topic: str, protocol: str = "classic"):
        settings = {} if protocol == "consumer" else {"session.timeout.ms": 30_000}
        self.consumer = Consumer(CLIENT | settings | {
            "bootstrap.servers": cluster.bootstrap, "group.id": group, "group.protocol": protocol,
            "enable.auto.commit": False, "auto.offset.reset": "error",
            "isolation.level": "read_committed"})
        self.consumer.subscribe([topic])
        self.topic = topic

    def __enter__(self) -> "Member":
        return self

    def __exit__(self, *_) -> None:
        self.consumer.close()

    def read(self, count: int) -> list[int]:
        offsets = []

        def enough() -> bool:
            for message in self.consumer.consume(count - len(offsets), timeout=0.2):
                assert message.error() is None, message.error()
                offsets.append(message.offset())
            return len(offsets) == count

        eventually(enough, f"{count} records are read", TIMEOUT)
        return offsets

    def commit(self, offset: int) -> None:
        place = TopicPartition(self.topic, 0, offset)
        eventually(lambda: self.consumer.commit(offsets=[place], asynchronous=False),
                   f"a member commits {offset}")


def commit_from_outside(cluster, group: str, topic: str, offset: int) -> None:
    client = Consumer(CLIENT | {"bootstrap.servers": cluster.bootstrap, "group.id": group,
                                "enable.auto.commit": False})
    place = TopicPartition(topic, 0, offset)
    eventually(lambda: client.commit(offsets=[place], asynchronous=False),
               f"{group} commits {offset}")  # its coordinator may be starting
    client.close()


def committed(cluster, group: str, topic: str) -> int:
    client = Consumer(CLIENT | {"bootstrap.servers": cluster.bootstrap, "group.id": group})
    place = client.committed([TopicPartition(topic, 0)], timeout=TIMEOUT)[0].offset
    client.close()
    return place


def wait_place(cluster, group: str, topic: str, offset: int) -> None:
    eventually(lambda: committed(cluster, group, topic) == offset, f"{group} is at {offset}", 60)


@pytest.mark.parametrize("version", KAFKA_VERSIONS)
def test_every_position(clusters, lockstep, name, version):
    source, target = clusters.source(version), clusters.target(version)
    topic = source.create_topic(name)
    produce(source, topic, [str(i) for i in range(RECORDS)])
    groups = {position: f"{name}-at-{position}" for position in POSITIONS}
    for position, group in groups.items():
        commit_from_outside(source, group, topic, position)
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    for position, group in groups.items():
        wait_place(target, group, topic, position)
    produce(source, topic, ["one more"])
    process.wait_copied(topic)
    for position, group in groups.items():  # nothing is read again, nothing is passed over
        with Member(target, group, topic) as member:
            assert member.read(1) == [position]

    def exact() -> set[str]:
        return {entry["group"] for entry in process.status()["groups"]
                if entry["exact"] == entry["partitions"] == 1}

    process.wait(lambda: set(groups.values()) <= exact(), "they are reported to be exact")


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_there_and_back(source, target, lockstep, name, protocol):
    topic, group = source.create_topic(name), f"{name}-group"
    produce(source, topic, [str(i) for i in range(100)])
    commit_from_outside(source, group, topic, 0)
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    with Member(source, group, topic, protocol) as member:
        assert member.read(30) == list(range(30))
        member.commit(30)
        wait_place(target, group, topic, 30)  # while it is active at the source
    with Member(target, group, topic, protocol) as member:
        assert member.read(20) == list(range(30, 50))
        member.commit(50)
        wait_place(source, group, topic, 50)  # and back, while it is active on the target
    with Member(source, group, topic, protocol) as member:
        assert member.read(10) == list(range(50, 60))


def test_rewind(source, target, lockstep, name):
    topic, group = source.create_topic(name), f"{name}-group"
    produce(source, topic, [str(i) for i in range(100)])
    commit_from_outside(source, group, topic, 80)
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    wait_place(target, group, topic, 80)
    commit_from_outside(source, group, topic, 20)
    wait_place(target, group, topic, 20)
    commit_from_outside(target, group, topic, 10)
    wait_place(source, group, topic, 10)


def test_place_behind_transactions(source, target, lockstep, name):
    topic, group = source.create_topic(name), f"{name}-group"
    produce(source, topic, ["first"])
    commit_from_outside(source, group, topic, 0)
    interleaved_transactions(source, topic, 10)
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    with Member(source, group, topic) as member:
        read = member.read(40)
        member.commit(read[-1] + 1)
        following = member.read(1)
    wait_place(target, group, topic, read[-1] + 1)
    with Member(target, group, topic) as member:
        assert member.read(1) == following


def test_members_on_both_clusters_are_left_alone(source, target, lockstep, name):
    topic, group = source.create_topic(name), f"{name}-group"
    produce(source, topic, [str(i) for i in range(100)])
    commit_from_outside(source, group, topic, 5)
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    wait_place(target, group, topic, 5)
    with Member(source, group, topic) as here, Member(target, group, topic) as there:
        here.read(1)
        there.read(1)
        here.commit(40)
        there.commit(60)

        def told() -> bool:
            notes = [entry["note"] for entry in process.status()["groups"]
                     if entry["group"] == group]
            return notes == ["the group has members on both clusters"]

        process.wait(told, "the conflict is told")
        assert committed(source, group, topic) == 40
        assert committed(target, group, topic) == 60
