"""What is typed at `lockstep sandbox`: brokers that die, compaction, unclean elections; and what
real clients see of it.
"""

import pytest

from records import produce, producer, read
from sandbox_process import Sandbox
from waiting import eventually


@pytest.fixture
def sandbox(tmp_path):
    one = Sandbox(tmp_path, options=("--brokers", 2)).start()
    yield one
    one.stop()


def values(cluster, topic: str) -> list[str]:
    return [record.value.decode() for record in read(cluster, topic)]


def test_writing_goes_on_where_a_leader_is_killed(sandbox, name):
    cluster = sandbox.clusters[0]
    cluster.create_topic(name, 1, 2)
    client = producer(cluster, linger_ms=0)
    failures = []

    def write(first: int) -> None:
        for i in range(first, first + 100):
            client.produce(name, f"{i}", on_delivery=lambda e, _: e and failures.append(e))
            client.poll(0)
        assert client.flush(90) == 0 and not failures, failures

    write(0)
    first = cluster.leader(name)
    assert sandbox.say(f"kill {first}") == f"broker {first} of cluster-1 is killed"
    write(100)
    second = cluster.leader(name)
    assert second != first
    assert sandbox.say(f"restart {first}") == f"broker {first} of cluster-1 is back"
    assert sandbox.say(f"kill {second}") == f"broker {second} of cluster-1 is killed"
    write(200)
    assert cluster.leader(name) == first
    assert values(cluster, name) == [f"{i}" for i in range(300)]


def test_compacted_topic_has_the_newest_of_each_key(sandbox, name):
    cluster = sandbox.clusters[0]
    cluster.create_topic(name, 1, 2)
    assert sandbox.say(f"compact {name}").startswith(
        f"error: {name} of cluster-1 has cleanup.policy=delete; topics with compact: ")
    cluster.alter_config(name, **{"cleanup.policy": "compact"})
    client = producer(cluster, linger_ms=0)
    for i in range(30):
        client.produce(name, f"{i}", key=f"key-{i % 3}")
        assert client.flush(90) == 0  # a batch for each
    assert sandbox.say(f"compact {name}").startswith(f"{name} of cluster-1 is compacted: ")
    assert [(r.offset, r.key, r.value) for r in read(cluster, name)] == [
        (i, f"key-{i % 3}".encode(), f"{i}".encode()) for i in (27, 28, 29)]


def test_unclean_election_loses_what_only_the_dead_leader_had(sandbox, name):
    cluster = sandbox.clusters[0]
    cluster.create_topic(name, 1, 2)
    produce(cluster, name, ["both"])
    leader = cluster.leader(name)
    other = 3 - leader
    assert "has a leader" in sandbox.say(f"elect {name}/0")
    sandbox.say(f"kill {other}")
    produce(cluster, name, ["one", "two"])
    sandbox.say(f"kill {leader}")
    sandbox.say(f"restart {other}")
    assert sandbox.say(f"elect {name}/0") == (
        f"broker {other} leads {name}/0 of cluster-1, which ends at 1 now: 2 offsets are lost")
    eventually(lambda: cluster.leader(name) == other, "clients see the new leader")
    assert values(cluster, name) == ["both"]


def test_what_cannot_be_done_is_said(sandbox, name):
    cluster = sandbox.clusters[0]
    assert sandbox.say("stop") == ("error: there is no \"stop\"; there are kill, restart, compact, "
                                   "elect, help")
    assert sandbox.say("kill 7") == "error: cluster-1 has no broker 7; it has 1 to 2"
    assert sandbox.say("compact") == "error: write: compact TOPIC [CLUSTER]"
    assert sandbox.say("kill 1 paris") == ("error: there is no cluster \"paris\"; there are "
                                           "cluster-1")
    assert sandbox.say("help").startswith("kill BROKER [CLUSTER]")
    cluster.create_topic(name, 1, 2)
    produce(cluster, name, ["before"])
    sandbox.end_input()
    produce(cluster, name, ["after"])
    assert values(cluster, name) == ["before", "after"]
