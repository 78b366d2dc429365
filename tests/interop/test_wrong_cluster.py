"""Another cluster than before answers at the address of the source."""

import pytest

from kafka_cluster import KafkaCluster
from lockstep import Link
from paths import NEWEST_KAFKA
from records import produce, read
from topic_admin import TopicAdmin
from waiting import holds_for


@pytest.fixture
def swapped(home, name):
    """A cluster, and one that takes its place: `swap()` ends one and starts the other."""
    both = [KafkaCluster(NEWEST_KAFKA, f"{name}-{which}", home) for which in ("right", "wrong")]
    both[1].brokers[0].port = both[0].brokers[0].port
    TopicAdmin.__init__(both[1], both[1].bootstrap)
    both[0].start()

    def swap() -> KafkaCluster:
        both[0].stop()
        both.reverse()
        return both[0].start()

    yield both[0], swap
    for cluster in both:
        cluster.remove()


def fill(cluster, topic: str, word: str, count: int) -> None:
    cluster.create_topic(topic, 1)
    produce(cluster, topic, [f"{word} {i}" for i in range(count)])


def assert_only_right(target, topic: str, count: int) -> None:
    assert [r.value.decode() for r in read(target, topic)] == [f"right {i}" for i in range(count)]


@pytest.mark.parametrize("offsets", ["auto", "translate"])
def test_while_it_runs(swapped, target, lockstep, name, offsets):
    right, swap = swapped
    fill(right, name, "right", 20)
    process = lockstep(Link(right, target, [name], offsets=offsets))
    process.wait_lag_zero(name)
    wrong = swap()
    fill(wrong, name, "wrong", 50)
    problem = process.wait(
        lambda: [p for p in [process.status()["problem"]] if "belongs to cluster id" in p],
        "the link says so")[0]
    assert wrong.cluster_id in problem and f"not {right.cluster_id} as before" in problem
    assert process.get("/readyz").code == 503
    assert 'lockstep_link_up{link="east-to-west",source="east",target="west"} 0' in \
        process.get("/metrics").text
    holds_for(lambda: target.end_offsets(name) == {0: 20}, "nothing of it is copied", 3)
    swap()
    produce(right, name, [f"right {i}" for i in range(20, 30)])
    process.wait_lag_zero(name)
    process.wait(lambda: process.status()["problem"] == "", "all is well again")
    assert_only_right(target, name, 30)


def test_after_a_restart_nothing_is_put_behind_the_copy(swapped, target, lockstep, name):
    """Nobody remembers the former cluster, but whose records the target has can be told."""
    right, swap = swapped
    fill(right, name, "right", 20)
    process = lockstep(Link(right, target, [name], offsets="auto"))
    process.wait_copied(name)
    process.kill()
    wrong = swap()
    fill(wrong, name, "wrong", 50)
    process.start()
    reason = process.wait_blocked(name)
    assert "keeps the offsets of another cluster" in reason and "(offset 19)" in reason
    assert process.partition(name)["reason_code"] == "other_source"
    process.kill()
    swap()
    produce(right, name, [f"right {i}" for i in range(20, 30)])
    process.start()
    process.wait_copied(name)
    assert_only_right(target, name, 30)


def test_it_may_be_told_which_cluster_it_has_to_be(swapped, target, lockstep, name):
    """Nothing is done on either side before that is certain; also with translated offsets."""
    right, swap = swapped
    fill(right, name, "right", 20)
    right.more = {"id": right.cluster_id}
    process = lockstep(Link(right, target, [name, f"{name}-.*"], offsets="translate"))
    process.wait_lag_zero(name)
    process.kill()
    wrong = swap()
    fill(wrong, name, "wrong", 50)
    fill(wrong, f"{name}-more", "wrong", 5)
    process.start(wait_ready=False)
    told = f"not {right.cluster_id} as clusters.id says"
    process.wait(lambda: told in process.status()["problem"], "the link says so")
    assert process.status()["partitions"] == []
    holds_for(lambda: target.end_offsets(name) == {0: 20}, "nothing of it is copied", 2)
    assert f"{name}-more" not in target.topics(), "nor created"
    assert_only_right(target, name, 20)
