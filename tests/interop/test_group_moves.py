"""Consumer groups that move to the other cluster and back: nothing again, nothing passed over."""

import pytest

from broker import TEST_SETTINGS
from kafka_cluster import ClusterOptions, KafkaCluster
from lockstep import Link
from paths import KAFKA_VERSIONS, NEWEST_KAFKA
from records import produce, read
from test_exact import interleaved_transactions
from test_groups import Member, commit_from_outside, committed, wait_place
from test_strategies import plain_links
from waiting import eventually, holds_for

NOBODY = -1001  # librdkafka's word for: no offset
PERCENT = (0, 10, 50, 90, 99, 100)  # of the records, where groups stand


@pytest.mark.parametrize("offsets", ["preserve", "translate"])
@pytest.mark.parametrize("version", KAFKA_VERSIONS)
def test_every_position_there_and_back(clusters, lockstep, name, version, offsets):
    """In a log with transactions, so that offsets differ where they are translated."""
    source, target = clusters.source(version), clusters.target(version)
    topic = source.create_topic(name, 1)
    interleaved_transactions(source, topic, 20)
    at_first = [r.offset for r in read(source, topic, "read_committed")]
    index_of = {percent: len(at_first) * percent // 100 for percent in PERCENT}
    groups = {percent: f"{name}-at-{percent}" for percent in PERCENT}
    for percent, group in groups.items():
        index = index_of[percent]
        commit_from_outside(source, group, topic, at_first[index] if index < len(at_first)
                            else source.end_offsets(topic)[0])
    process = lockstep(Link(source, target, [topic], offsets=offsets))
    process.wait_lag_zero(topic)

    def wait_exact() -> None:
        def exact() -> set[str]:
            return {entry["group"] for entry in process.status()["groups"]
                    if entry["exact"] == entry["partitions"] == 1}

        process.wait(lambda: set(groups.values()) <= exact(), "all groups are exact")

    wait_exact()
    produce(source, topic, [f"late {i}" for i in range(20)])
    process.wait_lag_zero(topic)
    visible = [r.offset for r in read(source, topic, "read_committed")]
    copied = [r.offset for r in read(target, topic, "read_committed")]
    assert len(copied) == len(visible)
    for percent, group in groups.items():  # there
        index = index_of[percent]
        with Member(target, group, topic) as member:
            assert member.read(7) == copied[index:index + 7], f"{percent} %"
            member.commit(copied[index + 7])
    for percent, group in groups.items():
        wait_place(source, group, topic, visible[index_of[percent] + 7])
    wait_exact()
    for percent, group in groups.items():  # and back
        index = index_of[percent] + 7
        with Member(source, group, topic) as member:
            assert member.read(5) == visible[index:index + 5], f"{percent} %"
            member.commit(visible[index + 5])
        wait_place(target, group, topic, copied[index + 5])


@pytest.fixture(scope="module")
def oblivious(home) -> KafkaCluster:
    """A target that forgets the offsets of groups a minute after they were committed."""
    settings = TEST_SETTINGS | {"offsets.retention.minutes": "1",
                                "offsets.retention.check.interval.ms": "1000"}
    cluster = KafkaCluster(NEWEST_KAFKA, "oblivious", home, ClusterOptions(settings=settings))
    yield cluster.start()
    cluster.remove()


def test_places_are_committed_again_before_the_target_forgets_them(source, oblivious, lockstep,
                                                                   name):
    topic, group = source.create_topic(name), f"{name}-group"
    produce(source, topic, [str(i) for i in range(100)])
    commit_from_outside(source, group, topic, 40)
    process = lockstep(Link(source, oblivious, [topic]))
    process.wait_copied(topic)
    wait_place(oblivious, group, topic, 40)
    others = f"{name}-others"  # whom nobody looks after
    commit_from_outside(oblivious, others, topic, 40)
    eventually(lambda: committed(oblivious, others, topic) == NOBODY, "others' is forgotten", 180)
    assert committed(oblivious, group, topic) == 40
    process.kill()
    eventually(lambda: committed(oblivious, group, topic) == NOBODY, "so is it without Lockstep",
               180)


def test_topics_that_both_clusters_write_to(source, target, lockstep, name):
    """Their records are in another order on each: whoever moved by one cluster's would pass over
    the other's. Where only one cluster writes, both directions do no harm."""
    mixed, plain = f"{name}-mixed", f"{name}-plain"
    for cluster in (source, target):
        for topic in (mixed, plain):
            cluster.create_topic(topic, 1)
        produce(cluster, mixed, [f"{cluster.name} {i}" for i in range(5)])
    produce(source, plain, [str(i) for i in range(10)])
    for topic, place in ((mixed, 5), (plain, 4)):  # it has read all of its own cluster's
        commit_from_outside(source, f"{topic}-group", topic, place)
    process = lockstep(plain_links({"eu": source, "us": target}, [mixed, plain],
                                   ("eu", "us"), ("us", "eu")))

    def told() -> list[dict]:
        return [entry for link in process.links() for entry in link["groups"]
                if entry["group"] == f"{mixed}-group"]

    process.wait(lambda: source.record_count(mixed) == target.record_count(mixed) == 10,
                 "both have all", 30)
    process.wait(lambda: "another order" in "".join(e["note"] for e in told()), "it is told", 30)
    wait_place(target, f"{plain}-group", plain, 4)
    commit_from_outside(source, f"{mixed}-group", mixed, 7)
    commit_from_outside(source, f"{plain}-group", plain, 6)
    wait_place(target, f"{plain}-group", plain, 6)  # it has looked at both
    holds_for(lambda: committed(target, f"{mixed}-group", mixed) == NOBODY
              and committed(source, f"{mixed}-group", mixed) == 7, "it is left alone", 3)
    process.kill()  # and also by one that begins
    process.start()
    process.wait(lambda: "another order" in "".join(e["note"] for e in told()), "it is told", 30)
    assert committed(target, f"{mixed}-group", mixed) == NOBODY
