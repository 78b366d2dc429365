"""Taking over from a MirrorMaker 2 that was killed: nothing lost, nothing doubled."""

import collections
import signal
import subprocess
from pathlib import Path

import pytest

from broker import log_option, write_properties
from java_tools import SMALL_JVM
from lockstep import Link, Lockstep, run_cli
from paths import NEWEST_KAFKA, kafka_jars
from processes import end, spawn
from records import SteadyProducer, produce, read
from test_exact import interleaved_transactions
from test_groups import committed
from waiting import eventually

START_SECONDS = 180  # Kafka Connect takes its time


class MirrorMaker2:
    """Kafka's own mirror in its dedicated mode, from `alias` to "west"."""

    def __init__(self, directory: Path, source, target, topics: str, alias: str, **more: str):
        self.directory = directory / alias
        self.directory.mkdir(parents=True)
        flow = f"{alias}->west"
        self.properties = write_properties(self.directory / "mm2.properties", {
            "clusters": f"{alias}, west", f"{alias}.bootstrap.servers": source.bootstrap,
            "west.bootstrap.servers": target.bootstrap, f"{flow}.enabled": "true",
            f"{flow}.topics": topics, "replication.factor": "1",
            "refresh.topics.interval.seconds": "2",
            "checkpoints.topic.replication.factor": "1", "heartbeats.topic.replication.factor": "1",
            "offset-syncs.topic.replication.factor": "1",
            "offset.storage.replication.factor": "1", "status.storage.replication.factor": "1",
            "config.storage.replication.factor": "1"} | more)
        self.process: subprocess.Popen | None = None

    def start(self) -> "MirrorMaker2":
        command = ["java", *SMALL_JVM, log_option(NEWEST_KAFKA, self.directory), "-cp",
                   f"{kafka_jars(NEWEST_KAFKA)}/*", "org.apache.kafka.connect.mirror.MirrorMaker",
                   self.properties]
        self.process = spawn(command, self.directory / "log", append=True)
        return self

    def kill(self) -> None:
        end(self.process, signal.SIGKILL)


@pytest.fixture
def mirror(tmp_path):
    """Starts mirrors, and ends them."""
    started: list[MirrorMaker2] = []

    def start(source, target, topics: str, alias: str, **more: str) -> MirrorMaker2:
        started.append(MirrorMaker2(tmp_path, source, target, topics, alias, **more))
        return started[-1].start()

    yield start
    for one in started:
        one.kill()
        log = (one.directory / "log").read_text(errors="replace")
        print(f"--- log of {one.directory.name}\n{log[-3000:]}")


class Continued(Link):
    """What `import --continue` has written."""

    def __init__(self, source, target, text: str):
        super().__init__(source, target, [])
        self.text = text

    def yaml(self, http_port: int) -> str:
        return self.text + f"\nhttp:\n  listen: 127.0.0.1:{http_port}\n"


def take_over(mirror: MirrorMaker2) -> str:
    """The configuration that is written; the mirror has ended."""
    written = mirror.directory / "lockstep.yaml"
    done = run_cli("import", "--continue", mirror.properties, "-o", written, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return written.read_text()


def values(cluster, topic: str) -> dict[int, list[tuple]]:
    """By partition, as a read_committed consumer sees them."""
    found = collections.defaultdict(list)
    for r in read(cluster, topic, "read_committed"):
        found[r.partition].append((r.timestamp, r.key, r.value, r.headers))
    return dict(found)


def alias_of(name: str) -> str:
    return f"e{name.rpartition('-')[2]}"


def wait_mirrored(target, topic: str, most: int = 1) -> None:
    eventually(lambda: target.record_count(topic) >= most, f"{topic} is being mirrored",
               START_SECONDS, 0.2)


@pytest.mark.parametrize("exactly_once", ["disabled", "enabled"])
def test_killed_under_load(source, target, lockstep, mirror, name, exactly_once):
    topic, alias = source.create_topic(name, 3), alias_of(name)
    copy = f"{alias}.{topic}"
    with SteadyProducer(source, topic, 1500) as load:
        mm2 = mirror(source, target, topic, alias,
                     **{f"{alias}->west.exactly.once.source.support": exactly_once,
                        "west.exactly.once.source.support": exactly_once,
                        "exactly.once.source.support": exactly_once,
                        "dedicated.mode.enable.internal.rest": "true", "listeners":
                        "http://127.0.0.1:0"} if exactly_once == "enabled" else {})
        wait_mirrored(target, copy, 5000)
        mm2.kill()  # in the middle, and long since it has noted how far it is
        process = lockstep(Continued(source, target, take_over(mm2)))
        process.wait(lambda: target.record_count(copy) > 20_000 or load.acknowledged > 60_000,
                     "Lockstep goes on")
        process.kill()
        process.start()
        load.stop()
    process.wait_lag_zero(topic)
    expected, copied = values(source, topic), values(target, copy)
    assert sum(map(len, expected.values())) == load.acknowledged
    assert copied == expected, "each once, and in order"


def test_begun_anew_before(source, target, lockstep, mirror, name):
    """A mirror that was killed before has doubled some itself: no more are added, none is lost."""
    topic, alias = source.create_topic(name, 2), alias_of(name)
    copy = f"{alias}.{topic}"
    with SteadyProducer(source, topic, 800) as load:
        mm2 = mirror(source, target, topic, alias)
        for _ in range(2):
            before = target.record_count(copy)
            wait_mirrored(target, copy, before + 3000)
            mm2.kill()
            mm2.start()
        before = target.record_count(copy)
        wait_mirrored(target, copy, before + 1000)
        mm2.kill()
        text = take_over(mm2)
        left = values(target, copy)  # by MirrorMaker 2
        process = lockstep(Continued(source, target, text))
        load.stop()
    process.wait_lag_zero(topic)
    expected, copied = values(source, topic), values(target, copy)
    for partition, originals in expected.items():
        mirrored = left[partition]
        added = copied[partition][len(mirrored):]
        assert copied[partition][:len(mirrored)] == mirrored
        assert not set(added) & set(mirrored), "none is there a second time"
        assert len(set(added)) == len(added)
        assert set(mirrored) | set(added) == set(originals), "none is missing"
        assert added == originals[-len(added):], "in order"


def test_transactions(source, target, lockstep, mirror, name):
    topic, alias = source.create_topic(name), alias_of(name)
    interleaved_transactions(source, topic, 10)
    mm2 = mirror(source, target, topic, alias,
                 **{f"{alias}.consumer.isolation.level": "read_committed"})
    wait_mirrored(target, f"{alias}.{topic}", len(read(source, topic, "read_committed")))
    mm2.kill()
    interleaved_transactions(source, topic, 5)
    process = lockstep(Continued(source, target, take_over(mm2)))
    process.wait_lag_zero(topic)
    assert values(target, f"{alias}.{topic}") == values(source, topic)


def test_mirror_started_again_before_lockstep(source, target, lockstep, mirror, name):
    """What MirrorMaker 2 writes after it was taken over is seen, and taken over, too."""
    topic, alias = source.create_topic(name), alias_of(name)
    copy = f"{alias}.{topic}"
    produce(source, topic, [f"a{i}" for i in range(100)])
    mm2 = mirror(source, target, topic, alias)
    wait_mirrored(target, copy, 100)
    mm2.kill()
    text = take_over(mm2)
    mm2.start()
    produce(source, topic, [f"b{i}" for i in range(100)])
    before = target.record_count(copy)
    wait_mirrored(target, copy, before + 100)
    mm2.kill()
    process = lockstep(Continued(source, target, text), wait_ready=False)
    assert "has written to it since it was taken over" in process.wait_blocked(topic)
    assert process.partition(topic)["reason_code"] == "mirror_runs"
    process.terminate()
    left = values(target, copy)
    (mm2.directory / "lockstep.yaml").unlink()
    process = lockstep(Continued(source, target, take_over(mm2)))
    produce(source, topic, ["c"])
    process.wait_lag_zero(topic)
    added = values(target, copy)[0][len(left[0]):]
    assert [value for _, _, value, _ in added] == [b"c"]


def test_copy_that_was_emptied(source, target, mirror, name):
    """Where the notes are gone, too, nothing tells how far it was: it is not copied anew."""
    topic, alias = source.create_topic(name), alias_of(name)
    produce(source, topic, ["a", "b"])
    mm2 = mirror(source, target, topic, alias,
                 **{f"{alias}->west.offset.flush.interval.ms": "3600000"})
    wait_mirrored(target, f"{alias}.{topic}", 2)
    mm2.kill()
    target.delete_records(f"{alias}.{topic}", 0, 2)
    done = run_cli("import", "--continue", mm2.properties, "-o", mm2.directory / "lockstep.yaml",
                   timeout=300)
    if done.returncode == 0:  # it was noted all the same
        assert "goes on with offset 2" in " ".join(done.stderr.split())
    else:
        assert done.returncode == 3
        assert "nothing was noted of them" in " ".join(done.stderr.split())


def test_what_still_runs_is_not_taken_over(source, target, mirror, name):
    topic, alias = source.create_topic(name), alias_of(name)
    produce(source, topic, ["a"])
    mm2 = mirror(source, target, topic, alias)
    wait_mirrored(target, f"{alias}.{topic}")
    written = mm2.directory / "lockstep.yaml"
    done = run_cli("import", "--continue", mm2.properties, "-o", written, timeout=300)
    assert done.returncode == 3, done.stderr
    assert "still running" in " ".join(done.stderr.split())
    assert not written.exists()
