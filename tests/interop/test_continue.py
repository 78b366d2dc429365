"""Taking over from a MirrorMaker 2 that was killed: nothing lost, nothing doubled."""

import collections
import json
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from broker import log_option, write_properties
from java_tools import SMALL_JVM
from lockstep import Link, Lockstep, run_cli
from paths import NEWEST_KAFKA, kafka_jars
from processes import end, spawn
from records import SteadyProducer, produce, producer, read
from test_exact import COMPACTING, interleaved_transactions
from test_groups import commit_from_outside, committed, wait_place
from secure_cluster import PASSWORD, USER
from waiting import eventually, holds_for

START_SECONDS = 180  # Kafka Connect takes its time
LOOK_SECONDS = 12  # two looks for mirrors that have come back


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


def wait_noted(target, alias: str, topic: str, offset: int) -> None:
    """Until MirrorMaker 2 has noted the record as copied."""
    def noted() -> bool:
        for r in read(target, f"mm2-offsets.{alias}.internal"):
            key = json.loads(r.key)
            if (key[0] == "MirrorSourceConnector" and key[1].get("topic") == topic
                    and json.loads(r.value)["offset"] >= offset):
                return True
        return False

    eventually(noted, f"{topic} is noted up to {offset}", START_SECONDS, 0.5)


def newest(cluster, topic: str) -> dict[bytes, bytes]:
    """The last value of each key."""
    return {r.key: r.value for r in read(cluster, topic)}


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
        mirrored = left.get(partition, [])
        added = copied[partition][len(mirrored):]
        assert copied[partition][:len(mirrored)] == mirrored
        assert not set(added) & set(mirrored), "none is there a second time"
        assert len(set(added)) == len(added)
        assert set(mirrored) | set(added) == set(originals), "none is missing"
        assert added == originals[len(originals) - len(added):], "in order"


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


def test_copy_that_was_emptied(source, target, lockstep, mirror, name):
    """Where nothing was noted of it, nothing tells how far it was: it is not copied anew. The rest
    is gone on with all the same, if somebody says so."""
    gone, kept = source.create_topic(f"{name}-gone"), source.create_topic(f"{name}-kept")
    alias = alias_of(name)
    for topic in (gone, kept):
        produce(source, topic, ["a", "b"])
    mm2 = mirror(source, target, f"{name}-.*", alias,
                 **{"west.offset.flush.interval.ms": "3600000"})
    for topic in (gone, kept):
        wait_mirrored(target, f"{alias}.{topic}", 2)
    mm2.kill()
    target.delete_records(f"{alias}.{gone}", 0, 2)
    written = mm2.directory / "lockstep.yaml"
    done = run_cli("import", "--continue", mm2.properties, "-o", written, timeout=300)
    told = " ".join(done.stderr.split())
    assert done.returncode == 3 and not written.exists(), told
    assert "nothing was noted of them" in told and "exclude it" in told

    done = run_cli("import", "--continue", "--draft", mm2.properties, "-o", written)
    assert done.returncode == 0, done.stderr
    config = yaml.safe_load(written.read_text())
    config["links"][0]["exclude"].append(gone)
    written.write_text(yaml.safe_dump(config))
    done = run_cli("import", "--continue", mm2.properties, "--config", written, timeout=300)
    assert done.returncode == 0, done.stderr
    process = lockstep(Continued(source, target, written.read_text()))
    for topic in (gone, kept):
        produce(source, topic, ["c"])
    process.wait_lag_zero(kept)
    assert values(target, f"{alias}.{kept}") == values(source, kept)
    assert values(target, f"{alias}.{gone}") == {}


def test_topics_that_have_expired(source, target, lockstep, mirror, name):
    """The copies have records that the source has deleted: of what it has now, they have none."""
    quiet, busy = source.create_topic(f"{name}-quiet"), source.create_topic(f"{name}-busy")
    alias = alias_of(name)
    for topic in (quiet, busy):
        produce(source, topic, [f"a{i}" for i in range(100)])
    mm2 = mirror(source, target, f"{name}-.*", alias, **{"west.offset.flush.interval.ms": "500"})
    for topic in (quiet, busy):
        wait_noted(target, alias, topic, 99)
    mm2.kill()
    produce(source, busy, [f"b{i}" for i in range(50)])
    for topic in (quiet, busy):
        source.delete_records(topic, 0, 100)
    process = lockstep(Continued(source, target, take_over(mm2)))
    produce(source, quiet, ["c"])
    process.wait_lag_zero(quiet, busy)
    for topic, added in ((quiet, ["c"]), (busy, [f"b{i}" for i in range(50)])):
        expected = [f"a{i}" for i in range(100)] + added
        copied = values(target, f"{alias}.{topic}")[0]
        assert [value.decode() for _, _, value, _ in copied] == expected


def test_mirror_that_comes_back(source, target, lockstep, mirror, name):
    """A MirrorMaker 2 that somebody starts again, behind what Lockstep has copied: it is seen, also
    where the source rests, and what both have written is taken over once more."""
    topic, alias = source.create_topic(name), alias_of(name)
    copy = f"{alias}.{topic}"
    produce(source, topic, [f"a{i}" for i in range(100)])
    mm2 = mirror(source, target, topic, alias)
    wait_mirrored(target, copy, 100)
    mm2.kill()
    process = lockstep(Continued(source, target, take_over(mm2)))
    produce(source, topic, [f"b{i}" for i in range(50)])
    process.wait_lag_zero(topic)
    assert values(target, copy) == values(source, topic), "each once, and in order"

    mm2.start()
    assert "has written to it since" in process.wait_blocked(topic, timeout=START_SECONDS)
    assert process.partition(topic)["reason_code"] == "mirror_runs"
    process.kill()
    process.start(wait_ready=False)
    assert "has written to it since" in process.wait_blocked(topic)
    produce(source, topic, ["c"])
    eventually(lambda: b"c" in [value for _, _, value, _ in values(target, copy)[0]],
               "MirrorMaker 2 copies on", START_SECONDS, 0.3)  # Lockstep must not, too
    mm2.kill()
    left = values(target, copy)[0]

    done = run_cli("import", "--continue", mm2.properties, "--config",
                   mm2.directory / "lockstep.yaml", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    produce(source, topic, [f"d{i}" for i in range(50)])
    process.wait_running(topic)  # by itself
    process.wait_lag_zero(topic)
    copied = values(target, copy)[0]
    assert copied[:len(left)] == left
    assert [value for _, _, value, _ in copied[len(left):]] == [b"d%d" % i for i in range(50)]
    assert set(copied) == set(values(source, topic)[0]), "none is missing"
    process.kill()
    process.start()
    produce(source, topic, ["e"])
    process.wait_lag_zero(topic)
    assert values(target, copy)[0][len(copied):] == values(source, topic)[0][-1:]


def test_same_names_and_records_of_others(source, target, lockstep, mirror, name):
    """IdentityReplicationPolicy. Who writes to the copy afterwards is no mirror that comes back."""
    topic, alias = source.create_topic(name), alias_of(name)
    produce(source, topic, [f"a{i}" for i in range(100)])
    mm2 = mirror(source, target, topic, alias, **{
        "replication.policy.class": "org.apache.kafka.connect.mirror.IdentityReplicationPolicy"})
    wait_mirrored(target, topic, 100)
    mm2.kill()
    process = lockstep(Continued(source, target, take_over(mm2)))
    expected = []
    for letter in "bcd":
        produce(target, topic, [f"own-{letter}"])
        produce(source, topic, [f"{letter}{i}" for i in range(50)])
        process.wait_lag_zero(topic)
        expected += [f"own-{letter}"] + [f"{letter}{i}" for i in range(50)]
    produce(target, topic, ["own-e"])
    holds_for(lambda: process.partition(topic)["state"] == "running", "it is copied",
              LOOK_SECONDS, 0.2)
    process.kill()
    process.start()
    produce(source, topic, ["f"])
    process.wait_lag_zero(topic)
    copied = values(target, topic)[0]
    assert copied[:100] == values(source, topic)[0][:100]
    assert [value.decode() for _, _, value, _ in copied[100:]] == expected + ["own-e", "f"]


def test_compacted(source, target, lockstep, mirror, name):
    """The copy has records that the source has lost to compaction since."""
    topic, alias = source.create_topic(name, config=COMPACTING), alias_of(name)
    copy = f"{alias}.{topic}"

    def put(keys: range, letter: str) -> None:
        client = producer(source)
        for i in keys:
            client.produce(topic, f"{letter}{i}", f"key-{i % 40}", partition=0)
        assert client.flush(120) == 0

    def is_compacted() -> bool:
        put(range(1), "d")  # closes the segment before
        return b"b80" not in [r.value for r in read(source, topic)]

    put(range(200), "a")
    target.create_topic(copy)  # which is not compacted
    mm2 = mirror(source, target, topic, alias,
                 **{f"{alias}->west.sync.topic.configs.enabled": "false"})
    wait_mirrored(target, copy)
    put(range(100), "b")
    eventually(lambda: newest(target, copy) == newest(source, topic), "all is mirrored",
               START_SECONDS, 0.3)
    mm2.kill()
    left = target.record_count(copy)
    assert left == 300
    put(range(30), "c")
    eventually(is_compacted, "the source is compacted", 120, 0.3)
    process = lockstep(Continued(source, target, take_over(mm2)))
    put(range(50), "e")
    process.wait_lag_zero(topic)
    assert newest(target, copy) == newest(source, topic)
    assert b"b" not in {r.value[:1] for r in read(target, copy)[left:]}, "none comes once more"


def test_group_goes_on_at_its_record(source, target, lockstep, mirror, name):
    """A group that MirrorMaker 2 has synced, and that Lockstep carries from then on."""
    topic, alias = source.create_topic(name), alias_of(name)
    copy, group = f"{alias}.{topic}", f"{name}-group"
    produce(source, topic, [f"a{i}" for i in range(100)])
    commit_from_outside(source, group, topic, 50)
    mm2 = mirror(source, target, topic, alias, **{
        "sync.group.offsets.enabled": "TRUE", "groups": group, "offset.lag.max": "0",
        "sync.group.offsets.interval.seconds": "1", "emit.checkpoints.interval.seconds": "1",
        "refresh.groups.interval.seconds": "1"})
    wait_mirrored(target, copy, 100)
    produce(source, topic, [f"b{i}" for i in range(10)])  # places are told with what is mirrored
    commit_from_outside(source, group, topic, 105)
    eventually(lambda: 0 < committed(target, group, copy) <= 105, "MirrorMaker 2 syncs the group",
               START_SECONDS, 0.3)
    mm2.kill()
    before = committed(target, group, copy)
    process = lockstep(Continued(source, target, take_over(mm2)))
    produce(source, topic, [f"c{i}" for i in range(100)])
    process.wait_lag_zero(topic)
    assert committed(target, group, copy) == before, "as long as it is before the take-over"
    commit_from_outside(source, group, topic, 173)
    wait_place(target, group, copy, 173)
    commit_from_outside(target, group, copy, 190)
    wait_place(source, group, topic, 190)


def test_both_directions(source, target, lockstep, mirror, name):
    """Two links: of each topic, each cluster has a copy."""
    topic, alias = source.create_topic(name), alias_of(name)
    target.create_topic(name)
    clusters = {source: (f"west.{topic}", target), target: (f"{alias}.{topic}", source)}
    for cluster in clusters:
        produce(cluster, topic, [f"a{i}" for i in range(100)])
    mm2 = mirror(source, target, topic, alias, **{
        f"west->{alias}.enabled": "true", f"west->{alias}.topics": topic})
    for cluster, (copy, _) in clusters.items():
        wait_mirrored(cluster, copy, 100)
    mm2.kill()
    for cluster in clusters:
        produce(cluster, topic, [f"b{i}" for i in range(100)])
    process = lockstep(Continued(source, target, take_over(mm2)))
    for cluster in clusters:
        produce(cluster, topic, [f"c{i}" for i in range(100)])
    for cluster, (copy, other) in clusters.items():
        process.wait(lambda c=cluster, t=copy: c.record_count(t) >= 300, f"{copy} is copied")
        assert values(cluster, copy) == values(other, topic), "each once, and in order"
    audit = [json.loads(r.value) for r in read(target, "__lockstep_audit")]
    taken, = (a for a in audit if a["action"] == "take over" and f"{alias}-mm2" in a["value"])
    assert taken["partitions"] == 1


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


STRIMZI = """
apiVersion: kafka.strimzi.io/v1
kind: KafkaMirrorMaker2
metadata: {{name: mirror}}
spec:
  target:
    alias: west
    bootstrapServers: {target}
    groupId: {alias}-mm2
    offsetStorageTopic: mm2-offsets.{alias}.internal
  mirrors:
    - source:
        alias: {alias}
        bootstrapServers: {source}
        tls: {{trustedCertificates: [{{secretName: ca, pattern: "*.crt"}}]}}
        authentication:
          {{type: scram-sha-512, username: {user}, passwordSecret: {{secretName: s, password: p}}}}
      topicsPattern: {topic}
"""


def test_finished_by_hand(secure, target, lockstep, mirror, name, tmp_path):
    """Secrets that Kubernetes keeps are put into the draft."""
    topic, alias = secure.create_topic(name), alias_of(name)
    copy = f"{alias}.{topic}"
    produce(secure, topic, [f"a{i}" for i in range(100)])
    secured = secure.at("SASL_SSL", sasl={"mechanism": "SCRAM-SHA-512", "username": USER,
                                          "password": PASSWORD},
                        tls={"ca": str(secure.authority.certificate)})
    login = "org.apache.kafka.common.security.scram.ScramLoginModule"
    mm2 = mirror(secure, target, topic, alias,
                 **{f"{alias}.{key}": value for key, value in {
                     "bootstrap.servers": secured.secured_at, "security.protocol": "SASL_SSL",
                     "ssl.truststore.type": "PEM",
                     "ssl.truststore.location": str(secure.authority.certificate),
                     "sasl.mechanism": "SCRAM-SHA-512",
                     "sasl.jaas.config":
                         f'{login} required username="{USER}" password="{PASSWORD}";'}.items()})
    wait_mirrored(target, copy, 100)
    mm2.kill()
    produce(secure, topic, [f"b{i}" for i in range(100)])

    resource, draft = tmp_path / "mirror.yaml", tmp_path / "draft.yaml"
    resource.write_text(STRIMZI.format(source=secured.secured_at, target=target.bootstrap,
                                       alias=alias, user=USER, topic=topic))
    done = run_cli("import", "--continue", "--draft", resource, "-o", draft)
    assert done.returncode == 0 and "by hand" in done.stderr, done.stderr
    config = yaml.safe_load(draft.read_text())
    one, = (cluster for cluster in config["clusters"] if cluster["name"] == alias)
    one["security"] = secured.security
    draft.write_text(yaml.safe_dump(config))
    done = run_cli("import", "--continue", resource, "--config", draft, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    process = lockstep(Continued(secured, target, draft.read_text()))
    process.wait_lag_zero(topic)
    assert values(target, copy) == values(secure, topic), "each once, and in order"
