"""A source that has lost what was copied of it, as after an unclean election or a power cut."""

import signal
from pathlib import Path

import pytest

from lockstep import Link
from paths import KAFKA_VERSIONS
from records import produce, producer, read
from segments import batches
from test_blocked import create_again
from waiting import eventually


def lose_from(cluster, topic: str, offset: int) -> None:
    """What the only broker has of the topic from `offset` on is lost with its crash. Whoever copies
    to it may bring that back as soon as it runs."""
    cluster.end_broker(how=signal.SIGKILL)
    directory = cluster.partition_directory(topic, 0)
    cut(directory, offset)
    assert batches(directory)[-1].last_offset + 1 == offset, "it has less"
    cluster.start_broker()


def cut(directory: Path, offset: int) -> None:
    """Takes what is from `offset` on out of a log that no broker has open."""
    (log,) = directory.glob("*.log")
    kept = sum(batch.size for batch in batches(directory) if batch.last_offset < offset)
    with log.open("r+b") as file:
        file.truncate(kept)
    for pattern in ("*.index", "*.timeindex", "*.snapshot"):
        for path in directory.glob(pattern):
            path.unlink()


# Brokers are started five times for each: not every combination, but every pair.
@pytest.mark.parametrize("version, meanwhile, offsets", [
    (KAFKA_VERSIONS[0], "running", "preserve"), (KAFKA_VERSIONS[0], "restarted", "translate"),
    (KAFKA_VERSIONS[-1], "running", "translate"), (KAFKA_VERSIONS[-1], "restarted", "preserve")])
def test_other_records_at_the_same_offsets(clusters, lockstep, name, version, meanwhile, offsets):
    source, target = clusters.source(version), clusters.target(version)
    topic = source.create_topic(name, 1)
    for i in range(40):
        produce(source, topic, [f"old {i}"])
    link = Link(source, target, [topic], offsets=offsets)
    process = lockstep(link)
    process.wait_lag_zero(topic)
    if meanwhile == "restarted":
        process.kill()
    else:
        process.pause()  # it sees the source only when that is ahead again
    lose_from(source, topic, 25)
    eventually(lambda: source.end_offsets(topic) == {0: 25}, "the broker has less")
    for i in range(30):
        produce(source, topic, [f"new {i}"])
    if meanwhile == "restarted":
        process.start(wait_ready=False)
    else:
        process.go_on()
    reason = process.wait_blocked(topic)
    assert "has lost offsets [25, 40) that were copied" in reason
    assert [r.value.decode() for r in read(target, topic)] == [f"old {i}" for i in range(40)]


@pytest.mark.parametrize("meanwhile, offsets", [
    ("running", "preserve"), ("restarted", "preserve"), ("running", "translate")])
def test_a_target_that_lost_its_tail(source, target, lockstep, name, meanwhile, offsets):
    """What the target has lost is copied again, and nothing else."""
    topic = source.create_topic(name, 1)
    process = lockstep(Link(source, target, [topic], offsets=offsets))
    for end in range(10, 50, 10):  # a batch for each
        produce(source, topic, [f"{i}" for i in range(end - 10, end)])
        eventually(lambda e=end: target.end_offsets(topic) == {0: e}, f"{end} are copied")
    if meanwhile == "restarted":
        process.kill()
    lose_from(target, topic, batches(target.partition_directory(topic, 0))[0].last_offset + 1)
    produce(source, topic, ["more"])
    if meanwhile == "restarted":
        process.start()
    process.wait_lag_zero(topic)
    eventually(lambda: target.end_offsets(topic) == {0: 41}, "all is there again")
    assert [r.value for r in read(target, topic)] == [r.value for r in read(source, topic)]


@pytest.mark.parametrize("meanwhile", ["running", "restarted"])
def test_maps_that_lost_their_end(source, target, lockstep, name, meanwhile):
    """Of where records come from, nearly all is lost: it is told from both logs again."""
    partitions = 16
    topic = source.create_topic(name, partitions)
    process = lockstep(Link(source, target, [topic], offsets="translate"))

    def write_to_all(what: str) -> None:
        """With an aborted record between: from there on offsets on the target are others."""
        for partition in range(partitions):
            produce(source, topic, [f"{what} {partition} {i}" for i in range(5)],
                    partition=partition)
        client = producer(source, transactional_id=name)
        client.init_transactions(60)
        client.begin_transaction()
        for partition in range(partitions):
            client.produce(topic, "aborted", partition=partition)
        assert client.flush(60) == 0
        client.abort_transaction(60)
        for partition in range(partitions):
            produce(source, topic, [f"{what} {partition} {i}" for i in range(5, 10)],
                    partition=partition)
        process.wait_lag_zero(topic)

    def maps() -> list[Path]:
        return [target.partition_directory("__lockstep_offsets", i) for i in range(8)]

    before = [len(batches(each)) for each in maps()] if "__lockstep_offsets" in target.topics() \
        else [0] * 8
    for what in ("first", "second"):
        write_to_all(what)
    eventually(lambda: sum(len(batches(each)) for each in maps()) >= sum(before) + 3 * partitions,
               "the maps are stored")
    if meanwhile == "restarted":
        process.kill()
    target.end_broker(how=signal.SIGKILL)
    for each, count in zip(maps(), before):
        if len(batches(each)) > count + 1:
            cut(each, batches(each)[count].last_offset + 1)
    target.start_broker()
    if meanwhile == "restarted":
        process.start()
    for what in ("third", "fourth"):
        write_to_all(what)
    wanted = read(source, topic, isolation="read_committed")
    assert [(r.partition, r.value) for r in read(target, topic)] == [
        (r.partition, r.value) for r in wanted]
    assert len(wanted) == 4 * 10 * partitions


@pytest.mark.parametrize("meanwhile", ["running", "restarted"])
def test_the_same_records_again_are_no_loss(source, target, lockstep, name, meanwhile):
    """A broker that merely restarts has lost nothing."""
    topic = source.create_topic(name, 1)
    produce(source, topic, [str(i) for i in range(40)])
    process = lockstep(Link(source, target, [topic]))
    process.wait_lag_zero(topic)
    if meanwhile == "restarted":
        process.kill()
    source.restart_broker(how=signal.SIGKILL)
    produce(source, topic, ["more"])
    if meanwhile == "restarted":
        process.start()
    process.wait_lag_zero(topic)
    assert len(read(target, topic)) == 41


@pytest.mark.parametrize("offsets", ["auto", "translate"])
def test_a_new_topic_of_the_same_name_behind_the_old_one(source, target, lockstep, name, offsets):
    topic = source.create_topic(name, 2)
    produce(source, topic, [f"old {i}" for i in range(50)], partition=1)
    link = Link(source, target, [topic], offsets=offsets, on_recreated="continue")
    process = lockstep(link)
    process.wait_lag_zero(topic)
    source.delete_topic(topic)
    create_again(source, topic)
    produce(source, topic, [f"new {i}" for i in range(80)], partition=1)
    process.wait_lag_zero(topic)
    wanted = [f"old {i}" for i in range(50)] + [f"new {i}" for i in range(80)]
    assert [r.value.decode() for r in read(target, topic)] == wanted
    process.kill()
    produce(source, topic, ["last"], partition=1)
    process.start()
    process.wait_lag_zero(topic)
    assert [r.value.decode() for r in read(target, topic)] == [*wanted, "last"]
