"""What MirrorMaker 2's own tests show of it, shown of Lockstep where no other test here does.

docs/mm2-scenarios.md says which of its scenarios is covered by which test.
"""

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AclOperation

from lockstep import Link
from paths import NEWEST_KAFKA
from records import CLIENT, SteadyProducer, assert_same_records, produce, read
from secure_cluster import GUEST, GUEST_PASSWORD, SecureCluster
from test_around import drift, wait_config
from test_exact import interleaved_transactions
from test_groups import Member, commit_from_outside, committed
from test_settings import Told
from topic_admin import TIMEOUT
from waiting import Hopeless, eventually, holds_for

NO_OFFSET = -1001  # librdkafka's for: the group has committed nothing
MAPS = "__lockstep_offsets"
BOTH = pytest.mark.parametrize("offsets", ["preserve", "translate"])


def group_client(cluster, group: str) -> Consumer:
    return Consumer(CLIENT | {"bootstrap.servers": cluster.bootstrap, "group.id": group,
                              "enable.auto.commit": False, "auto.offset.reset": "error"})


def commit_ends(cluster, group: str, *topics: str) -> None:
    """As a group does that has read all there is, also where there is nothing."""
    client = group_client(cluster, group)
    client.commit(offsets=[TopicPartition(topic, partition, end) for topic in topics
                           for partition, end in cluster.end_offsets(topic).items()],
                  asynchronous=False)
    client.close()


def places(cluster, group: str, topic: str) -> dict[int, int]:
    """What a group has committed of each partition."""
    client = group_client(cluster, group)
    found = client.committed([TopicPartition(topic, partition)
                              for partition in range(cluster.topics()[topic])], timeout=TIMEOUT)
    client.close()
    return {place.partition: place.offset for place in found}


def wait_at_the_end(process, group: str, *topics: str) -> None:
    """Until the group is behind the last record of each partition of the target."""
    target = process.link.target
    for topic in topics:
        process.wait(lambda t=topic: places(target, group, t) == target.end_offsets(t) != {},
                     f"{group} is at the end of {topic} on the target", 60)


def assert_reads_only(cluster, group: str, topics: list[str], wanted: set[str]) -> None:
    """A member of the group gets these records, each once, and no other."""
    member = group_client(cluster, group)
    member.subscribe(topics)
    found: list[str] = []

    def has_enough() -> bool:
        for message in member.consume(100, timeout=0.2):
            assert message.error() is None, message.error()
            found.append(message.value().decode())
        return len(found) >= len(wanted)

    try:
        eventually(has_enough, f"{len(wanted)} records are read", 60)
        assert member.consume(1, timeout=1) == []
    finally:
        member.close()
    assert sorted(found) == sorted(wanted)


def produce_everywhere(cluster, topic: str, what: str) -> set[str]:
    """One record to each partition; their values."""
    values = {f"{topic} {partition} {what}" for partition in range(cluster.topics()[topic])}
    for partition in range(len(values)):
        produce(cluster, topic, [f"{topic} {partition} {what}"], partition=partition)
    return values


def all_topics(cluster) -> set[str]:
    """Also those of Kafka and Lockstep; but Kafka makes its own when it first needs them."""
    return {topic for topic in cluster.admin.list_topics(timeout=30).topics
            if topic not in ("__consumer_offsets", "__transaction_state", "__share_group_state")}


def place_on_target(source, topic: str, offset: int, offsets: str) -> int:
    """Where a group at this offset of the source belongs: so many records it does not read."""
    if offsets == "preserve":
        return offset
    return sum(record.offset < offset for record in read(source, topic, "read_committed"))


@BOTH
def test_group_of_a_topic_with_an_empty_partition(source, target, lockstep, name, offsets):
    """It has a place there too: else a member on the target would not know where to begin."""
    topic, group = source.create_topic(name, 4), f"{name}-group"
    for partition in range(3):
        produce(source, topic, [f"old {i}" for i in range(25)], partition=partition)
    commit_ends(source, group, topic)
    process = lockstep(Link(source, target, [topic], offsets=offsets))
    process.wait_lag_zero(topic)
    wait_at_the_end(process, group, topic)
    assert places(target, group, topic) == {0: 25, 1: 25, 2: 25, 3: 0}
    wanted = produce_everywhere(source, topic, "new")
    process.wait_lag_zero(topic)
    assert_reads_only(target, group, [topic], wanted)


@BOTH
def test_group_that_takes_up_a_topic_later(source, target, lockstep, name, offsets):
    """Nothing is read again of either topic, over all partitions; one way makes no topic back."""
    first, second, group = f"{name}-1", f"{name}-2", f"{name}-group"
    source.create_topic(first, 3)
    before = all_topics(source)
    for partition in range(3):
        produce(source, first, [f"old {i}" for i in range(40 + partition)], partition=partition)
    commit_ends(source, group, first)
    process = lockstep(Link(source, target, [f"{name}-.*"], offsets=offsets))
    process.wait_lag_zero(first)
    wait_at_the_end(process, group, first)
    source.create_topic(second, 3)
    produce_everywhere(source, second, "old")
    commit_ends(source, group, first, second)
    process.wait_lag_zero(second)
    wait_at_the_end(process, group, first, second)
    wanted = produce_everywhere(source, first, "new") | produce_everywhere(source, second, "new")
    process.wait_lag_zero(first, second)
    assert_reads_only(target, group, [first, second], wanted)
    assert all_topics(source) == before | {second}


@BOTH
def test_maps_of_offsets_are_on_the_target_only(source, target, lockstep, name, offsets):
    """And where offsets are kept, there is none at all."""
    topic, group = source.create_topic(name), f"{name}-group"
    before = all_topics(source), all_topics(target)
    produce(source, topic, [str(i) for i in range(50)])
    commit_from_outside(source, group, topic, 20)
    process = lockstep(Link(source, target, [topic], offsets=offsets))
    process.wait_lag_zero(topic)
    process.wait(lambda: committed(target, group, topic) == 20, "the group is there", 60)
    assert process.terminate()[0] == 0
    assert all_topics(source) == before[0]
    made = {topic, "__lockstep_followed"} | ({MAPS} if offsets == "translate" else set())
    assert all_topics(target) - before[1] <= made
    of_this_topic = [r.key for r in read(target, MAPS) if f":{topic}:".encode() in r.key]
    assert (of_this_topic != []) == (offsets == "translate")


def test_without_groups_none_is_committed(source, target, lockstep, name):
    topic, group = source.create_topic(name), f"{name}-group"
    produce(source, topic, [str(i) for i in range(50)])
    commit_from_outside(source, group, topic, 20)
    process = lockstep(Link(source, target, [topic], around={"groups": []}))
    process.wait_lag_zero(topic)
    holds_for(lambda: committed(target, group, topic) == NO_OFFSET, "nothing is committed", 4)
    assert process.status()["groups"] == []
    assert assert_same_records(source, target, topic) == 50


@BOTH
def test_a_group_is_never_ahead_of_what_is_copied(source, target, lockstep, name, offsets):
    """At the source it has read what the target gets in the next seconds."""
    topic, group = source.create_topic(name), f"{name}-group"
    produce(source, topic, [bytes((i * j) % 251 for j in range(1000)) for i in range(1500)],
            batch_num_messages=50)
    commit_ends(source, group, topic)
    process = lockstep(Told(source, target, [topic], offsets=offsets,
                            more="    bandwidth: 96KiB\n"))
    seen = set()

    def is_there() -> bool:
        place = committed(target, group, topic)
        if place > target.end_offsets(topic).get(0, 0):  # asked later, so not less than then
            raise Hopeless(f"the group is at {place}, where nothing is yet")
        seen.add(place)
        return place == 1500

    process.wait(is_there, "the group is at the end", 120)
    assert len(seen - {NO_OFFSET, 0, 1500}) >= 2, f"it comes after the copy, by steps: {seen}"


@BOTH
def test_groups_go_on_after_a_restart(source, target, lockstep, name, offsets):
    """And never back on the way, which a group that moves just then would have to pay for."""
    topic, group = source.create_topic(name), f"{name}-group"
    interleaved_transactions(source, topic, 10)
    end = source.end_offsets(topic)[0]  # markers may still come behind it
    commit_from_outside(source, group, topic, end)
    process = lockstep(Link(source, target, [topic], offsets=offsets))
    process.wait_lag_zero(topic)
    first = place_on_target(source, topic, end, offsets)
    process.wait(lambda: committed(target, group, topic) == first, "the group is there", 60)
    process.kill()
    interleaved_transactions(source, topic, 10)
    visible = [r.offset for r in read(source, topic, "read_committed") if r.offset >= end]
    place = visible[len(visible) * 3 // 4]
    commit_from_outside(source, group, topic, place)
    wanted, last = place_on_target(source, topic, place, offsets), first
    assert wanted > first
    process.start()

    def is_there() -> bool:
        nonlocal last
        now = committed(target, group, topic)
        if now < last:
            raise Hopeless(f"the group went back from {last} to {now}")
        last = now
        return now == wanted

    process.wait(is_there, "the group follows", 60)
    with Member(target, group, topic) as member:
        assert member.read(1) == [wanted]


@BOTH
def test_a_group_far_behind_moves_on_and_back(source, target, lockstep, name, offsets):
    """All that it passes was copied long ago, in one life of Lockstep."""
    topic, group = source.create_topic(name), f"{name}-group"
    produce(source, topic, ["first"])
    process = lockstep(Link(source, target, [topic], offsets=offsets))
    commit_from_outside(source, group, topic, 1)
    process.wait(lambda: committed(target, group, topic) == 1, "the group is there", 60)
    for i in range(4):
        produce(source, topic, [f"{i} {j}" for j in range(2500)])
        interleaved_transactions(source, topic, 3)
    process.wait_lag_zero(topic)
    visible = [record.offset for record in read(source, topic, "read_committed")]
    assert len(visible) > 10_000
    for percent in (90, 10, 50, 49):
        place = visible[len(visible) * percent // 100]
        wanted = place_on_target(source, topic, place, offsets)
        commit_from_outside(source, group, topic, place)
        process.wait(lambda w=wanted: committed(target, group, topic) == w,
                     f"the group is at {percent} %", 60)
    with Member(target, group, topic) as member:
        assert member.read(1) == [wanted]


def test_configs_of_the_source_win_where_all_are_followed(source, target, lockstep, name):
    source.create_topic(name, config={"delete.retention.ms": "3600000",
                                      "retention.bytes": "100000000"})
    produce(source, name, ["one"])
    rules = {"follow": "all", "never": ["delete.retention.ms"]}
    process = lockstep(Link(source, target, [name], around={"topic_config": rules}))
    process.wait_copied(name)
    wait_config(process, target, name, retention_bytes="100000000", delete_retention_ms=None)
    target.alter_config(name, delete_retention_ms="7200000", retention_bytes="200000000",
                        segment_bytes="20000000")
    wait_config(process, target, name, retention_bytes="100000000", delete_retention_ms="7200000")
    # What the source leaves to its brokers is not the target's, and nothing is taken away.
    process.wait(lambda: drift(process) == {(name, "segment.bytes", None, "20000000")},
                 "what only the target sets is shown", 60)
    assert target.config(name)["segment.bytes"] == "20000000"


def test_three_workers_roll_to_another_configuration(source, target, lockstep, name):
    """Topics appear while three run; then one after the other is told more, under load."""
    topics = [f"{name}-{i}" for i in range(3)]
    link = Link(source, target, [f"{name}-[0-9]"])
    workers = [lockstep(link) for _ in range(3)]
    for topic in topics:
        source.create_topic(topic, 2)
        produce_everywhere(source, topic, "early")
        workers[0].wait_copied(topic)
    other = source.create_topic(f"{name}-other")
    produce(source, other, [f"{i}" for i in range(10)])
    told = Link(source, target, [f"{name}-.*"])
    with SteadyProducer(source, topics[0], per_second=500) as steady:
        for worker in workers:
            begun = target.record_count(topics[0])
            assert worker.terminate()[0] == 0
            worker.config.write_text(told.yaml(worker.port))
            worker.start()
            worker.wait(lambda b=begun: target.record_count(topics[0]) > b, "copying goes on", 60)
        produced = steady.stop()
    for worker in workers:
        worker.wait_copied(*topics, other)
    workers[0].wait(lambda: sorted(worker.partition(other)["state"] for worker in workers)
                    == ["elsewhere", "elsewhere", "running"], "one of them copies it")
    assert assert_same_records(source, target, topics[0]) == produced + 2
    for topic in topics[1:]:
        assert assert_same_records(source, target, topic) == 2
    assert assert_same_records(source, target, other) == 10


def test_a_copy_that_is_deleted_is_made_anew(source, target, lockstep, name):
    """The one way to have records copied again; none is there twice, and groups find theirs."""
    topic, group = source.create_topic(name, 2), f"{name}-group"
    for partition in (0, 1):
        produce(source, topic, [f"{partition} {i}" for i in range(200)], partition=partition)
    commit_from_outside(source, group, topic, 70)
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    process.wait(lambda: committed(target, group, topic) == 70, "the group is there", 60)
    assert process.terminate()[0] == 0
    target.delete_topic(topic)
    process.start()
    process.wait_copied(topic)
    assert assert_same_records(source, target, topic) == 400
    process.wait(lambda: process.partition(topic, 1)["target_log_end"] == 200, "it is all there")
    assert process.partition(topic, 1)["copied_records"] == 200
    process.wait(lambda: committed(target, group, topic) == 70, "the group is there again", 60)


@pytest.fixture(scope="module")
def guarded_target(home):
    cluster = SecureCluster(NEWEST_KAFKA, "mm2-guarded", home).start()
    yield cluster
    cluster.remove()


def test_where_topics_are_made_by_somebody_else(guarded_target, source, lockstep, name):
    """Lockstep may write there, and neither create nor alter: it waits for whoever may."""
    target = guarded_target.at("SASL_PLAINTEXT", sasl={
        "mechanism": "PLAIN", "username": GUEST, "password": GUEST_PASSWORD})
    topic = source.create_topic(name, 2)
    produce_everywhere(source, topic, "early")
    for operation in (AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE,
                      AclOperation.DESCRIBE_CONFIGS):
        guarded_target.allow(GUEST, topic, operation)
    process = lockstep(Link(source, target, [topic], around={"topic_config": {"follow": "off"}}))
    process.wait(lambda: "AUTHORIZATION_FAILED" in process.partition(topic).get("reason", ""),
                 "it says that it may not create the topic", 30)
    assert topic not in guarded_target.topics()
    guarded_target.create_topic(topic, 2)
    process.wait_copied(topic)
    source.add_partitions(topic, 3)
    produce_everywhere(source, topic, "late")
    process.wait(lambda: "AUTHORIZATION_FAILED" in process.partition(topic, 2).get("reason", ""),
                 "it says that it may not add the partition", 30)
    process.wait(lambda: [(d["resource"], d["key"], d["wanted"], d["found"])
                          for d in process.status()["growth"]["drift"]]
                 == [(topic, "partitions", "3", "2")], "the status has it, too")
    process.wait(lambda: guarded_target.end_offsets(topic) == {0: 2, 1: 2}, "the others go on", 60)
    guarded_target.add_partitions(topic, 3)
    process.wait(lambda: process.status()["growth"]["state"] == "in_step", "all is there")
    process.wait_copied(topic)
    assert assert_same_records(source, guarded_target, topic) == 5
