"""Share groups (KIP-932) that move between clusters pass nothing over."""

import json

import pytest

from java_tools import helper_command, run_helper
from lockstep import Link
from paths import NEWEST_KAFKA
from processes import end, spawn
from records import produce, read
from test_exact import interleaved_transactions
from test_groups import commit_from_outside, wait_place
from waiting import Hopeless, eventually

RECORDS = 100
EARLIEST = "share.auto.offset.reset=earliest"


class ShareGroup:
    """A share group by name; it may be on several clusters."""

    def __init__(self, name: str, topic: str):
        self.name = name
        self.topic = topic

    def admin(self, cluster, **options) -> dict[int, int]:
        """Start offsets by partition, as Kafka's own client tells them."""
        found = run_helper("ShareAdmin", bootstrap=cluster.bootstrap, group=self.name,
                           topic=self.topic, **options)
        return {int(key.rpartition("-")[2]): start for key, start in found.items()
                if key.rpartition("-")[0] == self.topic}

    def deliver(self, cluster, count: int, **options) -> list[int]:
        """A member is delivered `count` records and leaves; their offsets.

        Those of `leave` it does not acknowledge.
        """
        delivered = run_helper("ShareRead", **self._member(cluster, count), **options)
        return [offset for _partition, offset in delivered]

    def deliver_partitions(self, cluster, count: int) -> list[tuple[int, int]]:
        """The same with partitions, where a poll may bring some more than `count`."""
        delivered = run_helper("ShareRead", **self._member(cluster, count), at_once=10)
        return [(partition, offset) for partition, offset in delivered]

    def wait_start(self, cluster, **starts: int) -> None:
        """Until the group begins there: p0=30, p1=..."""
        wanted = {int(key[1:]): start for key, start in starts.items()}

        def is_there() -> bool:
            found = self.admin(cluster)
            assert found == wanted
            return True

        eventually(is_there, f"{self.name} is at {wanted}")

    def _member(self, cluster, count: int) -> dict:
        return {"bootstrap": cluster.bootstrap, "group": self.name, "topic": self.topic,
                "count": count}


class Member:
    """A member that has been delivered some records, acknowledged them, and stays."""

    def __init__(self, group: ShareGroup, cluster, count: int, log):
        command = helper_command("ShareRead", bootstrap=cluster.bootstrap, group=group.name,
                                 topic=group.topic, count=count, hold="true")
        self._log = log
        self._process = spawn(command, log)

    def __enter__(self) -> list[int]:
        """The offsets."""
        def lines() -> list[str]:
            if self._process.poll() is not None:
                raise Hopeless(self._log.read_text())
            return [line for line in self._log.read_text().splitlines()
                    if line.startswith("[[") and line.endswith("]]")]

        return [offset for _, offset in json.loads(eventually(lines, "it is delivered")[0])]

    def __exit__(self, *_) -> None:
        end(self._process)


def fresh_group(source, name: str, partitions: int = 1) -> ShareGroup:
    """A share group that begins at the start, with a topic of its own that has records."""
    topic = source.create_topic(name, partitions)
    for partition in range(partitions):
        produce(source, topic, [str(i) for i in range(RECORDS)], partition=partition)
    group = ShareGroup(f"{name}-group", topic)
    group.admin(source, set=EARLIEST)  # and nothing on the target: there it would begin at the end
    return group


def report_of(process, group: ShareGroup) -> dict:
    found = [entry for entry in process.status()["groups"] if entry["group"] == group.name]
    return found[0] if found else {}


def test_goes_on_where_it_was(source, target, lockstep, name):
    group = fresh_group(source, name)
    assert group.deliver(source, 30) == list(range(30))
    process = lockstep(Link(source, target, [group.topic]))
    process.wait_copied(group.topic)
    group.wait_start(target, p0=30)
    process.wait(lambda: report_of(process, group).get("exact") == 1, "it is told", 10)
    report = report_of(process, group)
    assert (report["type"], report["partitions"], report["note"]) == ("share", 1, "")
    assert group.deliver(target, 70) == list(range(30, 100))


def test_all_that_was_there_is_done(source, target, lockstep, name):
    group = fresh_group(source, name)
    assert group.deliver(source, RECORDS) == list(range(RECORDS))
    # Kafka stores the start offset of the acknowledgement before the last: it is not enough.
    assert group.admin(source)[0] < RECORDS
    process = lockstep(Link(source, target, [group.topic]))
    process.wait_copied(group.topic)
    group.wait_start(target, p0=RECORDS)
    produce(source, group.topic, ["one more"])
    assert group.deliver(target, 1) == [RECORDS]


def test_only_what_is_not_acknowledged_comes_again(source, target, lockstep, name):
    group = fresh_group(source, name)
    group.deliver(source, 20)
    assert group.deliver(source, 20, leave="25,33") == list(range(20, 40))
    process = lockstep(Link(source, target, [group.topic]))
    process.wait_copied(group.topic)
    group.wait_start(target, p0=25)  # and what is acknowledged behind it comes again too
    assert group.deliver(target, 75) == list(range(25, 100))


def test_there_and_back(source, target, lockstep, name, tmp_path):
    group = fresh_group(source, name)
    process = lockstep(Link(source, target, [group.topic]))
    process.wait_copied(group.topic)
    with Member(group, source, 30, tmp_path / "at-source") as offsets:
        assert offsets == list(range(30))
        group.wait_start(target, p0=30)  # while it is active at the source
    with Member(group, target, 20, tmp_path / "at-target") as offsets:
        assert offsets == list(range(30, 50))
        group.wait_start(source, p0=50)  # and back, while it is active on the target
    assert group.deliver(source, 10) == list(range(50, 60))
    group.wait_start(target, p0=60)
    assert group.deliver(target, 40) == list(range(60, 100))


def test_rewind(source, target, lockstep, name):
    group = fresh_group(source, name)
    group.deliver(source, 80)
    process = lockstep(Link(source, target, [group.topic]))
    process.wait_copied(group.topic)
    group.wait_start(target, p0=80)
    group.admin(source, start=20)
    group.wait_start(target, p0=20)
    group.admin(target, start=10)
    group.wait_start(source, p0=10)
    assert group.deliver(source, 5) == list(range(10, 15))


def test_members_on_both_clusters_are_left_alone(source, target, lockstep, name, tmp_path):
    group = fresh_group(source, name)
    group.deliver(source, 5)
    process = lockstep(Link(source, target, [group.topic]))
    process.wait_copied(group.topic)
    group.wait_start(target, p0=5)
    with Member(group, source, 10, tmp_path / "here") as here:
        assert here == list(range(5, 15))
        group.wait_start(target, p0=15)
        with Member(group, target, 20, tmp_path / "there") as there:
            assert there == list(range(15, 35))
            process.wait(lambda: report_of(process, group)["note"] ==
                         "the group has members on both clusters", "the conflict is told", 10)


def test_several_partitions(source, target, lockstep, name):
    group = fresh_group(source, name, 3)
    begun = group.deliver_partitions(source, 100)
    assert len(begun) < 3 * RECORDS
    process = lockstep(Link(source, target, [group.topic]))
    process.wait_copied(group.topic)
    process.wait(lambda: report_of(process, group).get("exact") == 3, "it is in step", 20)
    rest = group.deliver_partitions(target, 3 * RECORDS - len(begun))
    assert sorted(begun + rest) == [(p, o) for p in range(3) for o in range(RECORDS)]


def test_place_behind_transactions(source, target, lockstep, name):
    topic = source.create_topic(name)
    group = ShareGroup(f"{name}-group", topic)
    group.admin(source, set=f"{EARLIEST},share.isolation.level=read_committed")
    interleaved_transactions(source, topic, 10)
    committed = [record.offset for record in read(source, topic, "read_committed")]
    begun = group.deliver(source, 60)
    assert begun == committed[:len(begun)] != committed  # a poll may bring some more
    process = lockstep(Link(source, target, [topic]))
    process.wait_copied(topic)
    process.wait(lambda: report_of(process, group).get("exact") == 1, "it is in step", 20)
    rest = committed[len(begun):]
    assert group.deliver(target, len(rest)) == rest


@pytest.mark.parametrize("version", ["3.9.1"])
def test_target_without_share_groups(clusters, lockstep, name, version):
    source, target = clusters.source(NEWEST_KAFKA), clusters.target(version)
    group = fresh_group(source, name)
    group.deliver(source, 10)
    commit_from_outside(source, f"{name}-other", group.topic, 40)
    process = lockstep(Link(source, target, [group.topic]))
    process.wait_copied(group.topic)
    wait_place(target, f"{name}-other", group.topic, 40)  # other groups are not held up
    note = process.wait(lambda: report_of(process, group).get("note"), "it is told", 10)
    assert "does not offer AlterShareGroupOffsets" in note
