"""Workers that share a link: the load is even, and a dead one's partitions soon go on."""

import threading
import time
from collections import Counter

import pytest

from kafka_cluster import ClusterOptions, KafkaCluster
from lockstep import Link, Lockstep, run_cli
from paths import NEWEST_KAFKA
from records import assert_same_records, produce, producer
from waiting import eventually

PARTITIONS = 24
TICK_SECONDS = 0.05
HEAVY = 8
RECORD_BYTES = 1000
EVEN = 0.20  # of an even share
LOAD_SECONDS = 15
SESSION_SECONDS = 6
GAP_SECONDS = SESSION_SECONDS + 1
OTHERS_GAP_SECONDS = 2
DYING_SECONDS = 1  # until all that a dead worker had sent is there
SHARING_SECONDS = 60  # until loads have been measured, and are even
MANY_TOPICS, MANY_PARTITIONS = 12, 50
START_SECONDS = 5


class UnevenWriter:
    """Writes to all partitions of a topic, to the heavy ones eight times as much as to others. At
    first, no split by the numbers of the partitions is even."""

    def __init__(self, cluster: KafkaCluster, topic: str):
        self.heavy = {0, 2, 4, 6, 8, 10}
        self._client = producer(cluster)
        self._topic = topic
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "UnevenWriter":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        self._thread.join()
        assert self._client.flush(60) == 0

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(TICK_SECONDS):
            for partition in range(PARTITIONS):
                for _ in range(HEAVY if partition in self.heavy else 1):
                    self._client.produce(self._topic, f"{number} ".ljust(RECORD_BYTES, "."),
                                         partition=partition)
                    number += 1
            self._client.poll(0)


def owned(worker: Lockstep, topic: str) -> set[int]:
    """The partitions that the worker says are its own."""
    status = worker.status()
    name = status["fleet"]["worker"]
    return {p["partition"] for p in status["partitions"] if p["topic"] == topic
            and p["worker"] == name and p["state"] != "elsewhere"}


def are_shared(workers: list[Lockstep], topic: str, partitions: int) -> bool:
    """Each of the partitions is one worker's, and all workers know of each other."""
    all_owned = Counter(partition for worker in workers for partition in owned(worker, topic))
    fleets = [worker.status()["fleet"] for worker in workers]
    return (len(all_owned) == partitions and set(all_owned.values()) == {1}
            and all(fleet["workers"] == len(workers) for fleet in fleets)
            and sum(fleet["owned"] for fleet in fleets) == partitions
            and all(owned(worker, topic) for worker in workers))


def wait_shared(workers: list[Lockstep], topic: str, partitions: int) -> None:
    workers[0].wait(lambda: are_shared(workers, topic, partitions),
                    f"{len(workers)} workers share {topic}")


def given_by(workers: list[Lockstep]) -> int:
    """How many partitions have moved from one of them to another."""
    return sum(worker.status()["fleet"]["given"] for worker in workers)


def copied_bytes(worker: Lockstep) -> int:
    return sum(p["copied_bytes"] for p in worker.status()["partitions"])


def loads(workers: list[Lockstep]) -> list[int]:
    """Bytes that each worker copies within LOAD_SECONDS."""
    before = [copied_bytes(worker) for worker in workers]
    time.sleep(LOAD_SECONDS)  # measures, does not wait for anything
    return [copied_bytes(worker) - was for worker, was in zip(workers, before)]


def wait_even(workers: list[Lockstep]) -> None:
    deadline = time.monotonic() + SHARING_SECONDS
    loads(workers)  # until loads are known, numbers of partitions are even
    while True:
        copied = loads(workers)
        even = sum(copied) / len(copied)
        if even > 0 and max(abs(one - even) for one in copied) <= EVEN * even:
            print(f"loads over {LOAD_SECONDS} s: {copied}")
            return
        assert time.monotonic() < deadline, f"loads are uneven: {copied}"


class GapWatch:
    """For how long each partition of a topic was without a new record, while it is watched."""

    def __init__(self, cluster: KafkaCluster, topic: str):
        self.longest: dict[int, float] = {}
        self._cluster, self._topic = cluster, topic
        self._ends: dict[int, int] = {}
        self._moved_at: dict[int, float] = {}

    def look(self) -> None:
        ends, now = self._cluster.end_offsets(self._topic), time.monotonic()
        for partition, end in ends.items():
            if partition not in self._ends or end > self._ends[partition]:
                gap = now - self._moved_at.get(partition, now)
                self.longest[partition] = max(gap, self.longest.get(partition, 0))
                self._ends[partition], self._moved_at[partition] = end, now

    def have_moved_since(self, when: float) -> bool:
        self.look()
        return min(self._moved_at.values()) > when


@pytest.fixture(scope="module")
def patient_target(home) -> KafkaCluster:
    """A target whose new groups wait for more members, as brokers do by default."""
    settings = {"group.initial.rebalance.delay.ms": "3000"}
    options = ClusterOptions(settings=settings)
    cluster = KafkaCluster(NEWEST_KAFKA, "patient-target", home, options).start()
    yield cluster
    cluster.remove()


def test_two_share_evenly_and_one_dies(lockstep, source, target, name):
    source.create_topic(name, PARTITIONS)
    with UnevenWriter(source, name) as writer:
        workers = [lockstep(Link(source, target, [name])) for _ in range(2)]
        wait_shared(workers, name, PARTITIONS)
        wait_even(workers)
        writer.heavy = owned(workers[0], name)  # all at once
        wait_even(workers)

        wait_shared(workers, name, PARTITIONS)
        orphaned = owned(workers[1], name)
        watch = GapWatch(target, name)
        watch.look()
        killed_at = time.monotonic()
        workers[1].kill()
        eventually(lambda: watch.have_moved_since(killed_at + DYING_SECONDS),
                   "the dead worker's partitions go on")
        print(f"gaps: {sorted((round(g, 2), p in orphaned) for p, g in watch.longest.items())}")
        assert max(watch.longest[p] for p in orphaned) <= GAP_SECONDS
        kept = set(range(PARTITIONS)) - orphaned
        assert max(watch.longest[p] for p in kept) <= OTHERS_GAP_SECONDS
        assert owned(workers[0], name) == set(range(PARTITIONS))
    workers[0].wait_copied(name)
    assert assert_same_records(source, target, name) > 0


def test_one_that_was_suspended_does_no_harm(lockstep, source, target, name):
    source.create_topic(name, PARTITIONS)
    with UnevenWriter(source, name):
        workers = [lockstep(Link(source, target, [name])) for _ in range(2)]
        wait_shared(workers, name, PARTITIONS)
        workers[1].pause()
        workers[0].wait(lambda: owned(workers[0], name) == set(range(PARTITIONS)),
                        "it takes over")
        workers[1].go_on()
        wait_shared(workers, name, PARTITIONS)
    workers[0].wait_copied(name)
    assert assert_same_records(source, target, name) > 0


def test_a_third_takes_only_its_share(lockstep, source, target, name):
    partitions = 60
    source.create_topic(name, partitions)
    workers = [lockstep(Link(source, target, [name])) for _ in range(2)]
    wait_shared(workers, name, partitions)
    before = [owned(worker, name) for worker in workers]
    given_before = given_by(workers)
    workers.append(lockstep(Link(source, target, [name])))
    wait_shared(workers, name, partitions)
    after = [owned(worker, name) for worker in workers]
    assert after[0] <= before[0] and after[1] <= before[1], "only to the third one"
    assert len(after[2]) <= partitions / 3
    assert all(abs(len(each) - partitions / 3) <= EVEN * partitions / 3 for each in after)
    assert given_by(workers) - given_before == len(after[2])


def test_a_third_takes_only_its_share_under_load(lockstep, source, target, name):
    source.create_topic(name, PARTITIONS)
    with UnevenWriter(source, name):
        workers = [lockstep(Link(source, target, [name])) for _ in range(2)]
        wait_shared(workers, name, PARTITIONS)
        wait_even(workers)
        before = [owned(worker, name) for worker in workers]
        workers.append(lockstep(Link(source, target, [name])))
        wait_shared(workers, name, PARTITIONS)
        wait_even(workers)
        after = [owned(worker, name) for worker in workers]
        assert after[0] <= before[0] and after[1] <= before[1], "only to the third one"
    workers[0].wait_copied(name)
    assert assert_same_records(source, target, name) > 0


def test_who_leaves_hands_over_at_once(lockstep, source, target, name):
    source.create_topic(name, PARTITIONS)
    with UnevenWriter(source, name):
        workers = [lockstep(Link(source, target, [name])) for _ in range(2)]
        wait_shared(workers, name, PARTITIONS)
        watch = GapWatch(target, name)
        watch.look()
        workers[1].terminate()
        left_at = time.monotonic()
        eventually(lambda: watch.have_moved_since(left_at), "all goes on")
        print(f"gaps: {sorted(round(gap, 2) for gap in watch.longest.values())}")
        assert max(watch.longest.values()) <= OTHERS_GAP_SECONDS
    workers[0].wait_copied(name)
    assert assert_same_records(source, target, name) > 0


def test_a_pause_counts_on_all(lockstep, source, target, name):
    """Whichever worker is asked, for whoever has the partitions, and for who comes later."""
    source.create_topic(name, PARTITIONS)
    produce(source, name, ["before"])

    def order(worker: Lockstep, what: str) -> None:
        done = run_cli(what, name, "--url", worker.url)
        assert done.returncode == 0, done.stdout + done.stderr

    def states(worker: Lockstep) -> set[str]:
        return {p["state"] for p in worker.status()["partitions"] if p["topic"] == name}

    workers = [lockstep(Link(source, target, [name])) for _ in range(2)]
    wait_shared(workers, name, PARTITIONS)
    workers[0].wait_copied(name)
    order(workers[0], "pause")
    for worker in workers:
        worker.wait(lambda: states(worker) <= {"paused", "elsewhere"}, "both pause")
    for partition in range(PARTITIONS):
        produce(source, name, ["paused"], partition=partition)
    late = lockstep(Link(source, target, [name]))
    for worker in workers:
        worker.kill()
    late.wait(lambda: owned(late, name) == set(range(PARTITIONS)), "the late one has all")
    late.wait(lambda: states(late) == {"paused"}, "and all of it is paused")
    assert target.record_count(name) == 1
    workers[0].start()
    wait_shared([workers[0], late], name, PARTITIONS)
    assert target.record_count(name) == 1
    order(workers[0], "resume")
    late.wait_copied(name)
    assert_same_records(source, target, name)


def test_each_says_what_others_have_to_be_asked(lockstep, source, target, name):
    """A partition that is blocked on one worker: the other one does not say that all is well."""
    source.create_topic(name, PARTITIONS)
    workers = [lockstep(Link(source, target, [name])) for _ in range(2)]
    wait_shared(workers, name, PARTITIONS)
    blocked = min(owned(workers[1], name))
    produce(target, name, ["not from the source"], partition=blocked)
    produce(source, name, ["from the source"], partition=blocked)
    workers[1].wait_blocked(name, blocked)

    def asked(worker: Lockstep, *command: str) -> tuple[int, str]:
        done = run_cli(*command, "--url", worker.url)
        return done.returncode, done.stdout

    there = workers[1].status()["fleet"]["worker"]
    others = f"{len(owned(workers[1], name))} partitions are with worker {there}: ask it\n"
    for command in (["explain", "blocked"], ["lag", "--max", "1000"], ["topics"], ["status"]):
        code, text = asked(workers[0], *command)
        assert code == 4 and others in text, (command, text)
    for command in (["explain", "blocked"], ["topics"], ["status"]):
        assert asked(workers[1], *command)[0] == 3, command
    assert "no partition of its own is blocked" in asked(workers[0], "explain", "blocked")[1]
    assert others in asked(workers[0], "links")[1]


def test_three_start_with_600_partitions(lockstep, source, patient_target, name):
    topics = [source.create_topic(f"{name}-{i}", MANY_PARTITIONS) for i in range(MANY_TOPICS)]
    link = Link(source, patient_target, topics)
    total = MANY_TOPICS * MANY_PARTITIONS

    def running(workers: list[Lockstep]) -> set:
        return {(p["topic"], p["partition"]) for worker in workers
                for p in worker.status()["partitions"] if p["state"] == "running"}

    first = lockstep(link)  # creates the topics, which takes brokers a while
    first.wait(lambda: len(running([first])) == total, "all are copied")
    first.terminate()

    begun = time.monotonic()
    workers = [lockstep(link, wait_ready=False) for _ in range(3)]
    workers[0].wait(lambda: len(running(workers)) == total, "all are copied")
    started = time.monotonic() - begun

    def are_even() -> bool:
        fleets = [worker.status()["fleet"] for worker in workers]
        counts = [fleet["owned"] for fleet in fleets]
        return sum(counts) == total and min(counts) >= (1 - EVEN) * total / 3

    workers[0].wait(are_even, "all are shared")
    shared = time.monotonic() - begun
    print(f"{total} partitions copied after {started:.1f} s, shared after {shared:.1f} s")
    assert started <= START_SECONDS
