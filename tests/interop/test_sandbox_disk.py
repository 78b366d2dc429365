"""The sandbox with a data directory: after each kill -9, all that it acknowledged is there."""

import random
import signal
import subprocess
import time
from collections import defaultdict
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from paths import lockstep_binary
from processes import end, free_port, port_accepts, spawn
from waiting import eventually

PARTITIONS = 3
KILLS = 6


class Sandbox:
    """`lockstep sandbox` on one directory and port; dies and comes again."""

    def __init__(self, home: Path, *options: str):
        self.home = home
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._options = ["--data-dir", home / "data", "--port", self.port, *options]
        self._process = None

    def start(self) -> None:
        self._process = spawn([lockstep_binary(), "sandbox", *self._options],
                              self.home / "sandbox.log", append=True)
        eventually(lambda: port_accepts(self.port), "the sandbox listens")

    def kill(self) -> None:
        end(self._process, signal.SIGKILL)

    def restart(self) -> None:
        self.kill()
        self.start()


@pytest.fixture(params=[[], ["--fsync"]], ids=["plain", "fsync"])
def sandbox(request, tmp_path):
    one = Sandbox(tmp_path, *request.param)
    one.start()
    yield one
    one.kill()


def create_topic(sandbox: Sandbox, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": sandbox.bootstrap})
    for future in admin.create_topics([NewTopic(name, PARTITIONS, 1)]).values():
        future.result(60)


def consumer(sandbox: Sandbox, group: str, **settings) -> Consumer:
    return Consumer({"bootstrap.servers": sandbox.bootstrap, "group.id": group,
                     "auto.offset.reset": "earliest", "enable.auto.commit": False} | settings)


def read_all(sandbox: Sandbox, topic: str, isolation: str = "read_committed") -> dict:
    """By partition, offsets and values up to each partition's end."""
    found = defaultdict(list)
    reader = consumer(sandbox, "reader", **{"isolation.level": isolation,
                                            "enable.partition.eof": True})
    reader.assign([TopicPartition(topic, index, 0) for index in range(PARTITIONS)])
    left, deadline = set(range(PARTITIONS)), time.monotonic() + 120
    while left:
        assert time.monotonic() < deadline, f"partitions {left} have no end"
        message = reader.poll(0.5)
        if message is None:
            continue
        error = message.error()
        if error is not None and error.code() == KafkaError._PARTITION_EOF:
            left.discard(message.partition())
        elif error is None:
            found[message.partition()].append((message.offset(), int(message.value())))
    reader.close()
    return found


def test_every_acknowledged_record_is_there_once_and_in_order(sandbox):
    create_topic(sandbox, "orders")
    acknowledged = defaultdict(dict)

    def delivered(error, message):
        assert error is None, error
        acknowledged[message.partition()][message.offset()] = int(message.value())

    producer = Producer({"bootstrap.servers": sandbox.bootstrap, "acks": "all", "linger.ms": 1,
                         "enable.idempotence": True, "message.timeout.ms": 120_000})
    sent, dice = 0, random.Random(7)
    for _ in range(KILLS):
        until = time.monotonic() + dice.uniform(0.3, 1.2)
        while time.monotonic() < until:
            producer.produce("orders", str(sent).encode(), partition=sent % PARTITIONS,
                             on_delivery=delivered)
            sent += 1
            producer.poll(0)
            time.sleep(0.0005)
        sandbox.restart()
    assert producer.flush(120) == 0
    sandbox.restart()

    assert sum(map(len, acknowledged.values())) == sent
    for partition, records in read_all(sandbox, "orders").items():
        assert dict(records) == acknowledged[partition]
        assert [value for _, value in records] == list(range(partition, sent, PARTITIONS))


def test_groups_keep_their_offsets(sandbox):
    create_topic(sandbox, "orders")
    committer = consumer(sandbox, "workers")
    for number in range(1, KILLS + 1):
        asked = [TopicPartition("orders", index, 10 * number + index)
                 for index in range(PARTITIONS)]
        eventually(lambda: _commits(committer, asked), "the commit is taken")
        sandbox.restart()
        answered = eventually(lambda: _committed(committer), "offsets are told")
        assert answered == [10 * number + index for index in range(PARTITIONS)]
    committer.close()


def _commits(committer: Consumer, offsets: list) -> bool:
    try:
        committer.commit(offsets=offsets, asynchronous=False)
        return True
    except KafkaException:
        return False


def _committed(committer: Consumer) -> list[int]:
    try:
        return [one.offset for one in committer.committed(
            [TopicPartition("orders", index) for index in range(PARTITIONS)], timeout=5)]
    except KafkaException:
        return []


def test_transactions_are_whole_or_not_there(sandbox):
    create_topic(sandbox, "orders")
    committed, number, dice = set(), 0, random.Random(9)
    for round_number in range(KILLS):
        producer = Producer({"bootstrap.servers": sandbox.bootstrap, "transactional.id": "tx",
                             "transaction.timeout.ms": 60_000, "linger.ms": 1})
        producer.init_transactions(120)
        until = time.monotonic() + dice.uniform(0.3, 0.8)
        while time.monotonic() < until:
            producer.begin_transaction()
            for index in range(PARTITIONS):
                producer.produce("orders", str(number).encode(), partition=index)
            if number % 4 == 3:
                producer.abort_transaction(60)
            else:
                producer.commit_transaction(60)
                committed.add(number)
            number += 1
        producer.begin_transaction()  # open when the broker dies: it is aborted by the next one
        producer.produce("orders", b"-1", partition=round_number % PARTITIONS)
        producer.flush(5)
        sandbox.restart()
    last = Producer({"bootstrap.servers": sandbox.bootstrap, "transactional.id": "tx"})
    last.init_transactions(120)
    for records in read_all(sandbox, "orders").values():
        assert [value for _, value in records] == sorted(committed)


def test_a_directory_in_use_is_refused(sandbox):
    second = subprocess.run([lockstep_binary(), "sandbox", "--port", str(free_port()),
                             "--data-dir", sandbox.home / "data"],
                            capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert "another process uses this directory" in second.stderr
