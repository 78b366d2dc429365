"""Clients of other makers take the sandbox for Kafka: franz-go, kafka-python, aiokafka."""

import asyncio
import json
import shutil
import subprocess
from collections import Counter

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from paths import ROOT
from records import produce, read
from sandbox_process import SANDBOX_VERSIONS
from test_sandbox_clients import committed, group_state

NEWEST = "4.3"
PARTITIONS = 4


@pytest.fixture(scope="module")
def kgo():
    if shutil.which("go") is None:
        pytest.skip("needs Go 1.26")
    binary = ROOT / "build" / "bench" / "kgo"
    binary.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-trimpath", "-o", binary, "."], check=True,
                   cwd=ROOT / "bench" / "peers" / "kgo")
    return binary


@pytest.mark.parametrize("kafka", SANDBOX_VERSIONS)
def test_franz_go(sandboxes, kgo, name, kafka):
    cluster = sandboxes.get(kafka)
    done = subprocess.run([kgo, "--bootstrap", cluster.bootstrap, "--prefix", name,
                           "--records", "200"], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["brokers"] == 3
    assert told["owned"][0] == [0, 1, 2, 3] and sorted(sum(told["owned"][1:], [])) == [0, 1, 2, 3]
    assert (told["read"], told["read_twice"], told["lag"]) == (200, 0, 0)
    assert told["state"] == "Stable" and told["aborts"] >= 3

    source, target, group = f"{name}-in", f"{name}-out", f"{name}-copier"
    wanted = sorted(f"{i}".encode() for i in range(200))
    assert sorted(record.value for record in read(cluster, source)) == wanted
    assert sorted(record.value for record in read(cluster, target, "read_committed")) == wanted
    assert len(read(cluster, target)) > 200
    ends = {(source, p): end for p, end in cluster.end_offsets(source).items()}
    assert committed(cluster, group) == committed(cluster, f"{name}-members") == ends
    assert group_state(cluster, group) == group_state(cluster, f"{name}-members") == "EMPTY"


@pytest.mark.parametrize("kafka", SANDBOX_VERSIONS)
def test_kafka_python(sandboxes, name, kafka):
    cluster = sandboxes.get(kafka)
    servers = cluster.bootstrap.split(",")
    admin = KafkaAdminClient(bootstrap_servers=servers)
    admin.create_topics([NewTopic(name, PARTITIONS, 3)])
    for i, codec in enumerate((None, "gzip")):
        client = KafkaProducer(bootstrap_servers=servers, compression_type=codec)
        for n in range(i * 50, i * 50 + 50):
            client.send(name, key=b"%d" % n, value=b"value %d" % n, headers=[("n", b"%d" % n)],
                        partition=n % PARTITIONS)
        client.close()
    assert [(r.offset, r.key, r.headers) for r in read(cluster, name) if r.partition == 1] == \
        [(i, b"%d" % n, (("n", b"%d" % n),)) for i, n in enumerate(range(1, 100, PARTITIONS))]
    reader = KafkaConsumer(name, bootstrap_servers=servers, group_id=name,
                           auto_offset_reset="earliest", enable_auto_commit=False,
                           consumer_timeout_ms=90000)
    seen = [next(reader).value for _ in range(100)]
    assert sorted(seen) == sorted(b"value %d" % n for n in range(100))
    assert group_state(cluster, name) == "STABLE"
    reader.commit()
    place = TopicPartition(name, 2)
    assert reader.end_offsets([place]) == {place: 25} and reader.committed(place) == 25
    reader.close()
    assert committed(cluster, name) == {(name, p): 25 for p in range(PARTITIONS)}
    assert group_state(cluster, name) == "EMPTY"
    admin.delete_topics([name])
    admin.close()
    assert name not in cluster.topics()


def test_kafka_python_transactions(sandboxes, name):
    cluster = sandboxes.get(NEWEST)
    cluster.create_topic(name, 2, 3)
    client = KafkaProducer(bootstrap_servers=cluster.bootstrap.split(","), transactional_id=name)
    client.init_transactions()
    for number in range(3):
        client.begin_transaction()
        for partition in range(2):
            client.send(name, b"%d" % number, partition=partition)
        client.flush()
        if number == 1:
            client.abort_transaction()
        else:
            client.commit_transaction()
    client.close()
    assert [r.value for r in read(cluster, name, "read_committed")] == [b"0", b"2"] * 2
    assert cluster.end_offsets(name) == {0: 6, 1: 6}  # three records and their markers


async def copy_in_transactions(cluster, source: str, target: str, count: int) -> int:
    """Copies `count` records, every third transaction aborted first; how many were aborted."""
    consumer = AIOKafkaConsumer(source, bootstrap_servers=cluster.bootstrap, group_id=source,
                                auto_offset_reset="earliest", enable_auto_commit=False)
    producer = AIOKafkaProducer(bootstrap_servers=cluster.bootstrap, transactional_id=source)
    await consumer.start()
    await producer.start()
    copied = aborted = number = 0
    while copied < count:
        batches = await consumer.getmany(timeout_ms=1000, max_records=20)
        if not batches:
            continue
        number += 1
        await producer.begin_transaction()
        for records in batches.values():
            for record in records:
                await producer.send_and_wait(target, record.value, partition=record.partition)
        if number % 3 == 0:
            await producer.abort_transaction()
            for place, records in batches.items():
                consumer.seek(place, records[0].offset)
            aborted += 1
            continue
        await producer.send_offsets_to_transaction(
            {place: records[-1].offset + 1 for place, records in batches.items()}, source)
        await producer.commit_transaction()
        copied += sum(map(len, batches.values()))
    await producer.stop()
    await consumer.stop()
    return aborted


def test_aiokafka(sandboxes, name):
    cluster = sandboxes.get(NEWEST)
    source, target = (cluster.create_topic(f"{name}-{side}", 2, 3) for side in ("in", "out"))
    for partition in range(2):
        produce(cluster, source, [f"{partition} {i}" for i in range(60)], partition,
                compression_type="gzip")
    aborted = asyncio.run(copy_in_transactions(cluster, source, target, 120))
    assert aborted >= 2
    assert [(r.partition, r.value) for r in read(cluster, target, "read_committed")] == \
        [(r.partition, r.value) for r in read(cluster, source)]
    assert Counter(r.value for r in read(cluster, target)).most_common(1)[0][1] >= 2
    assert committed(cluster, source) == {(source, 0): 60, (source, 1): 60}
