"""Real client programs, unchanged, take the sandbox for Kafka: what they wrote and committed."""

import json
import shutil
import subprocess
import time
from collections import Counter

import pytest
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import ConfigResource, NewTopic, OffsetSpec, ResourceType

from java_tools import digest, load, run_helper, tool
from records import CLIENT, CODECS, produce, produce_mixed, producer, read
from sandbox_process import SANDBOX_VERSIONS
from topic_admin import TIMEOUT
from waiting import eventually

NEWEST = "4.3"
PARTITIONS = 4


def committed(cluster, group: str) -> dict[tuple[str, int], int]:
    """What the group has committed, as librdkafka's admin client is told."""
    asked = cluster.admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
    return {(place.topic, place.partition): place.offset
            for place in asked[group].result(TIMEOUT).topic_partitions}


def group_state(cluster, group: str) -> str:
    return cluster.admin.describe_consumer_groups([group])[group].result(TIMEOUT).state.name


def contents(records) -> list:
    """Everything of the records but when and where they were written."""
    return [(r.partition, r.offset, r.key, r.value, r.headers) for r in records]


# ---- Java ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kafka", SANDBOX_VERSIONS)
def test_java_producer_writes_every_codec(sandboxes, name, kafka):
    cluster = sandboxes.get(kafka)
    topics = [cluster.create_topic(f"{name}-{codec}", 3, 3) for codec in CODECS]
    load(cluster, ",".join(topics), 300, shape="mixed", codec=",".join(CODECS))
    plain = contents(read(cluster, topics[0]))
    assert len(plain) == 300 and sum(value is None for *_, value, _ in plain) == 43
    for topic in topics:
        assert cluster.end_offsets(topic) == {0: 100, 1: 100, 2: 100}
        assert contents(read(cluster, topic)) == plain
    assert sum(part["records"] for part in digest(cluster, topics[-1]).values()) == 300


RANGE, STICKY = (f"org.apache.kafka.clients.consumer.{which}Assignor"
                 for which in ("Range", "CooperativeSticky"))


@pytest.mark.parametrize("kafka, how", [(NEWEST, {"assignor": RANGE}),
                                        (NEWEST, {"assignor": STICKY}),
                                        (NEWEST, {"protocol": "consumer"}),
                                        ("3.9", {"assignor": RANGE}),
                                        ("2.8", {"assignor": STICKY})])
def test_java_members_share_a_topic(sandboxes, name, kafka, how):
    cluster = sandboxes.get(kafka)
    cluster.create_topic(name, PARTITIONS, 3)
    told = run_helper("Members", bootstrap=cluster.bootstrap, topic=name, group=name, count=10,
                      **how)
    alone, shared, alone_again = told["owned"]
    assert alone == alone_again == [[0, 1, 2, 3]]
    assert sorted(shared[0] + shared[1]) == [0, 1, 2, 3] and len(shared[0]) == 2
    assert (told["written"], told["read"], told["read_twice"]) == (120, 120, 0)
    assert cluster.end_offsets(name) == dict.fromkeys(range(PARTITIONS), 30)
    assert committed(cluster, name) == {(name, p): 30 for p in range(PARTITIONS)}
    assert group_state(cluster, name) == "EMPTY"


@pytest.mark.parametrize("kafka", SANDBOX_VERSIONS)
def test_java_copies_in_transactions(sandboxes, name, kafka):
    cluster = sandboxes.get(kafka)
    source, target = (cluster.create_topic(f"{name}-{side}", 3, 3) for side in ("in", "out"))
    produce_mixed(cluster, source, "lz4", 300)
    load(cluster, source, 90, shape="mixed", transaction_records=30)  # the third is aborted
    told = run_helper("Copier", bootstrap=cluster.bootstrap, **{"from": source}, to=target,
                      group=name, records=360)
    assert told["records"] == 360 and told["aborted"] >= 5
    originals, copies = (read(cluster, topic, "read_committed") for topic in (source, target))
    for partition in range(3):
        assert [(r.key, r.value) for r in copies if r.partition == partition] == \
            [(r.key, r.value) for r in originals if r.partition == partition]
    assert len(read(cluster, target)) > 360  # those of the aborted ones are in the log
    # Offsets behind the last record; what was aborted behind it was never delivered.
    assert committed(cluster, name) == {(source, r.partition): r.offset + 1 for r in originals}


# ---- Kafka's command-line tools ----------------------------------------------------------------


# Each in two versions: a JVM for each command takes its time.
@pytest.mark.parametrize("kafka", [NEWEST, "2.8"])
def test_kafka_tools(sandboxes, name, tmp_path, kafka):
    cluster = sandboxes.get(kafka)
    tool(cluster, "kafka-topics", "--create", "--topic", name, "--partitions", 2,
         "--replication-factor", 3, "--config", "segment.ms=100000")
    told = tool(cluster, "kafka-topics", "--describe", "--topic", name)
    assert "PartitionCount: 2\tReplicationFactor: 3" in told and "segment.ms=100000" in told
    assert told.count("Leader: ") == 2
    separator = "--reader-property" if kafka == NEWEST else "--property"
    tool(cluster, "kafka-console-producer", "--topic", name, separator, "parse.key=true",
         separator, "key.separator=:", words="".join(f"{i}:word {i}\n" for i in range(40)))
    told = tool(cluster, "kafka-console-consumer", "--topic", name, "--from-beginning",
                "--max-messages", 40, "--timeout-ms", 90000, "--group", name)
    assert sorted(told.splitlines()) == sorted(f"word {i}" for i in range(40))
    ends = cluster.end_offsets(name)
    assert committed(cluster, name) == {(name, p): end for p, end in ends.items()}

    told = tool(cluster, "kafka-consumer-groups", "--describe", "--group", name)
    lines = [line.split()[:6] for line in told.splitlines() if line.startswith(name)]
    assert sorted(lines) == [[name, name, str(p), str(end), str(end), "0"]
                             for p, end in ends.items()]
    tool(cluster, "kafka-consumer-groups", "--reset-offsets", "--group", name, "--topic",
         f"{name}:0", "--to-offset", 3, "--execute")
    assert committed(cluster, name) == {(name, 0): 3, (name, 1): ends[1]}

    wanted = tmp_path / "wanted.json"
    wanted.write_text(json.dumps({"version": 1, "partitions": [
        {"topic": name, "partition": 1, "offset": 4}]}))
    told = tool(cluster, "kafka-delete-records", "--offset-json-file", wanted)
    assert f"partition: {name}-1\tlow_watermark: 4" in told
    assert cluster.start_offsets(name) == {0: 0, 1: 4}


@pytest.mark.parametrize("kafka", [NEWEST, "3.9"])
def test_kafka_tools_change_topics(sandboxes, name, kafka):
    cluster = sandboxes.get(kafka)
    cluster.create_topic(name, 1, 3)
    produce(cluster, name, ["a", "b", "c"])
    tool(cluster, "kafka-topics", "--alter", "--topic", name, "--partitions", 3)
    told = tool(cluster, "kafka-get-offsets", "--topic", name)
    assert told.splitlines() == [f"{name}:0:3", f"{name}:1:0", f"{name}:2:0"]
    tool(cluster, "kafka-configs", "--alter", "--entity-type", "topics", "--entity-name", name,
         "--add-config", "retention.ms=7200000,cleanup.policy=[compact,delete]")
    told = tool(cluster, "kafka-configs", "--describe", "--entity-type", "topics",
                "--entity-name", name)
    assert "retention.ms=7200000" in told and "cleanup.policy=compact,delete" in told
    assert cluster.config(name) == {"retention.ms": "7200000", "cleanup.policy": "compact,delete"}
    tool(cluster, "kafka-topics", "--delete", "--topic", name)
    eventually(lambda: name not in cluster.topics(), "the topic is gone")


# ---- librdkafka: kcat and confluent-kafka ------------------------------------------------------


def kcat(cluster, *arguments, words: str = "") -> str:
    done = subprocess.run(["kcat", "-b", cluster.bootstrap, *map(str, arguments)], input=words,
                          capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("kcat") is None, reason="needs Debian's package kcat")
@pytest.mark.parametrize("kafka", SANDBOX_VERSIONS)
def test_kcat(sandboxes, name, kafka):
    cluster = sandboxes.get(kafka)
    cluster.create_topic(name, 2, 3)
    words = "".join(f"{i}:value {i}\n" for i in range(50))
    kcat(cluster, "-P", "-t", name, "-K:", "-z", "zstd", "-H", "from=kcat", words=words)
    told = kcat(cluster, "-C", "-t", name, "-e", "-o", "beginning", "-f", "%p %o %k %s %h\n")
    lines = [line.split(" ", 2) for line in told.splitlines()]
    assert Counter(int(partition) for partition, *_ in lines) == cluster.end_offsets(name)
    assert sorted(rest for *_, rest in lines) == sorted(f"{i} value {i} from=kcat"
                                                        for i in range(50))
    topics = {topic["topic"]: topic["partitions"]
              for topic in json.loads(kcat(cluster, "-L", "-J"))["topics"]}
    assert [len(p["replicas"]) for p in topics[name]] == [3, 3]
    told = kcat(cluster, "-G", name, "-e", "-o", "beginning", "-X", "auto.offset.reset=earliest",
                name)
    assert len(told.splitlines()) == 50
    assert committed(cluster, name) == {(name, p): end
                                        for p, end in cluster.end_offsets(name).items()}


@pytest.mark.parametrize("kafka", SANDBOX_VERSIONS)
def test_librdkafka_writes_and_reads(sandboxes, name, kafka):
    cluster = sandboxes.get(kafka)
    topics = [cluster.create_topic(f"{name}-{codec}", 3, 3) for codec in CODECS]
    for topic, codec in zip(topics, CODECS):
        produce_mixed(cluster, topic, codec, 300)
    plain = contents(read(cluster, topics[0]))
    assert [sum(p == partition for p, *_ in plain) for partition in range(3)] == [100] * 3
    assert all(contents(read(cluster, topic)) == plain for topic in topics)


@pytest.mark.parametrize("kafka", SANDBOX_VERSIONS)
def test_librdkafka_transactions(sandboxes, name, kafka):
    cluster = sandboxes.get(kafka)
    source, target = (cluster.create_topic(f"{name}-{side}", 2, 3) for side in ("in", "out"))
    produce(cluster, source, [f"{i}" for i in range(10)])
    consumer = Consumer(CLIENT | {"bootstrap.servers": cluster.bootstrap, "group.id": name})
    writer = producer(cluster, transactional_id=name)
    writer.init_transactions(30)
    for first, commits in ((0, True), (5, False), (5, True)):
        writer.begin_transaction()
        for i in range(first, first + 5):
            writer.produce(target, f"{i} {commits}", partition=i % 2)
        writer.send_offsets_to_transaction([TopicPartition(source, 0, first + 5)],
                                           consumer.consumer_group_metadata(), 30)
        if commits:
            writer.commit_transaction(30)
        else:
            writer.flush(30)
            writer.abort_transaction(30)
            assert committed(cluster, name) == {(source, 0): 5}
    assert sorted(r.value for r in read(cluster, target, "read_committed")) == \
        [f"{i} True".encode() for i in range(10)]
    assert len(read(cluster, target)) == 15
    assert cluster.end_offsets(target) == {0: 3 + 2 + 2 + 3, 1: 2 + 3 + 3 + 3}
    assert committed(cluster, name) == {(source, 0): 10}


def test_librdkafka_fences_the_older_producer(sandboxes, name):
    cluster = sandboxes.get(NEWEST)
    cluster.create_topic(name, 1, 3)
    older, newer = (producer(cluster, transactional_id=name) for _ in range(2))
    older.init_transactions(30)
    older.begin_transaction()
    older.produce(name, "lost")
    older.flush(30)
    newer.init_transactions(30)
    with pytest.raises(Exception, match="fenced|_FENCED|newer|epoch"):
        older.commit_transaction(30)
    newer.begin_transaction()
    newer.produce(name, "kept")
    newer.commit_transaction(30)
    assert [r.value for r in read(cluster, name, "read_committed")] == [b"kept"]


class Members:
    """Consumers of one group in this process, polled in turn; what they were given and read."""

    def __init__(self, cluster, topic: str, **settings):
        self.cluster, self.topic = cluster, topic
        self.read: Counter = Counter()
        self.settings = {name.replace("_", "."): value for name, value in settings.items()}
        self.consumers: list[Consumer] = []

    def join(self) -> Consumer:
        consumer = Consumer(CLIENT | {
            "bootstrap.servers": self.cluster.bootstrap, "group.id": self.topic,
            "auto.offset.reset": "earliest", "enable.auto.offset.store": True} | self.settings)
        consumer.subscribe([self.topic])
        self.consumers.append(consumer)
        return consumer

    def leave(self) -> None:
        self.consumers.pop().close()

    def poll_until(self, check, what: str) -> None:
        def checked() -> bool:
            for consumer in self.consumers:
                for message in consumer.consume(100, 0.05):
                    assert message.error() is None, message.error()
                    self.read[message.value()] += 1
            return check()

        eventually(checked, what, 120)

    def owned(self) -> list[list[int]]:
        return [sorted(p.partition for p in consumer.assignment()) for consumer in self.consumers]

    def share(self) -> bool:
        return sorted(sum(self.owned(), [])) == list(range(PARTITIONS)) and all(self.owned())


@pytest.mark.parametrize("kafka, settings", [
    *((kafka, {"partition_assignment_strategy": "cooperative-sticky",
               "heartbeat_interval_ms": 200}) for kafka in SANDBOX_VERSIONS),
    (NEWEST, {"group_protocol": "consumer"})])
def test_librdkafka_members_share_a_topic(sandboxes, name, kafka, settings):
    cluster = sandboxes.get(kafka)
    cluster.create_topic(name, PARTITIONS, 3)
    members = Members(cluster, name, **settings)
    for round_, change in enumerate((members.join, members.join, members.leave)):
        change()
        members.poll_until(members.share, f"{len(members.consumers)} members have all partitions")
        for partition in range(PARTITIONS):
            produce(cluster, name, [f"{round_} {partition} {i}" for i in range(10)], partition)
        members.poll_until(lambda: len(members.read) == (round_ + 1) * 40, "all is read")
        if round_ == 1:
            members.poll_until(lambda: group_state(cluster, name) == "STABLE", "all have joined")
    members.leave()
    assert set(members.read.values()) == {1}
    assert committed(cluster, name) == {(name, p): 30 for p in range(PARTITIONS)}
    assert group_state(cluster, name) == "EMPTY"


@pytest.mark.parametrize("kafka", SANDBOX_VERSIONS)
def test_librdkafka_admin(sandboxes, name, kafka):
    cluster = sandboxes.get(kafka)
    admin = cluster.admin
    cluster.create_topic(name, 1, 2, {"cleanup.policy": "compact,delete"})
    with pytest.raises(Exception, match="TOPIC_ALREADY_EXISTS"):
        admin.create_topics([NewTopic(name, 1, 1)])[name].result(TIMEOUT)
    cluster.add_partitions(name, 3)
    cluster.alter_config(name, retention_ms="3600000")
    assert cluster.config(name) == {"cleanup.policy": "compact,delete", "retention.ms": "3600000"}
    client = producer(cluster)
    at = int(time.time() * 1000) - 1000
    for i in range(10):
        client.produce(name, f"{i}", f"key {i}", partition=2, timestamp=at + i)
    client.flush(TIMEOUT)
    cluster.delete_records(name, 2, 4)
    assert (cluster.start_offsets(name)[2], cluster.end_offsets(name)[2]) == (4, 10)
    place = TopicPartition(name, 2)
    asked = admin.list_offsets({place: OffsetSpec.for_timestamp(at + 7)})
    assert asked[place].result(TIMEOUT).offset == 7
    brokers = ConfigResource(ResourceType.BROKER, "1")
    assert "log.retention.hours" in admin.describe_configs([brokers])[brokers].result(TIMEOUT)
    described = admin.describe_cluster().result(TIMEOUT)
    assert [node.id for node in described.nodes] == [1, 2, 3] and described.cluster_id
    offsets = ConsumerGroupTopicPartitions(name, [TopicPartition(name, 2, 5)])
    admin.alter_consumer_group_offsets([offsets])[name].result(TIMEOUT)
    assert committed(cluster, name) == {(name, 2): 5}
    groups = admin.list_consumer_groups().result(TIMEOUT).valid
    assert name in [group.group_id for group in groups]
    admin.delete_consumer_groups([name])[name].result(TIMEOUT)
    assert group_state(cluster, name) == "DEAD"
    cluster.delete_topic(name)
