"""What a link may be told about how, and from where on, it sends records."""

import time
from dataclasses import dataclass

import pytest

from lockstep import Link
from records import assert_same_records, produce, producer, read
from segments import batches
from waiting import holds_for


@dataclass
class Told(Link):
    """A link with more keys."""

    more: str = ""

    def yaml(self, http_port: int) -> str:
        return super().yaml(http_port).replace("    on_overrun:", self.more + "    on_overrun:")


@pytest.mark.parametrize("offsets", ["preserve", "translate"])
@pytest.mark.parametrize("to", ["zstd", "none"])
def test_compressed_anew(source, target, lockstep, name, offsets, to):
    topic = source.create_topic(name, 1)
    produce(source, topic, [f"some text {i % 7} " * 60 for i in range(3000)],
            compression_type="lz4", linger_ms=50)
    produce(source, topic, ["tiny"])
    process = lockstep(Told(source, target, [topic], offsets=offsets,
                            more=f"    compression: {to}\n"))
    process.wait_lag_zero(topic)
    assert assert_same_records(source, target, topic) == 3001
    found = batches(target.partition_directory(topic, 0))
    assert {batch.codec for batch in found} == {to}
    process.wait(lambda: (process.partition(topic)["verified"] or {}).get("records") == 3001,
                 "it is proved", 20)


def assert_proved(process, topic: str, records: int, to: int) -> None:
    """What is before the beginning is not missed."""
    process.wait(lambda: (process.partition(topic)["verified"] or {}).get("to") == to, "proved")
    verified = process.partition(topic)["verified"]
    assert verified["records"] == records and verified["differences"] == 0, verified


@pytest.mark.parametrize("offsets", ["preserve", "translate"])
def test_begins_with_the_latest(source, target, lockstep, name, offsets):
    topic = source.create_topic(name, 1)
    produce(source, topic, [f"old {i}" for i in range(40)])
    process = lockstep(Told(source, target, [topic], offsets=offsets, more="    start: latest\n"))
    process.wait_lag_zero(topic)
    assert read(target, topic) == []
    process.kill()  # nothing of it has been copied yet: it must begin no later all the same
    produce(source, topic, [f"new {i}" for i in range(5)])
    process.start()
    process.wait_lag_zero(topic)
    copied = read(target, topic)
    assert [r.value for r in copied] == [f"new {i}".encode() for i in range(5)]
    assert copied[0].offset == (40 if offsets == "preserve" else 0)
    assert_proved(process, topic, records=5, to=45)


def produce_at(cluster, topic: str, timestamp_ms: int, count: int) -> None:
    client = producer(cluster)
    for i in range(count):
        client.produce(topic, f"{timestamp_ms} {i}", timestamp=timestamp_ms)
    assert client.flush(30) == 0


HOUR_MS = 3_600_000


def hours_ago_ms(hours: int) -> int:
    """In whole seconds. Of records that are days old, the brokers' retention leaves nothing."""
    return int(time.time()) * 1000 - hours * HOUR_MS


def as_start(timestamp_ms: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(timestamp_ms // 1000))


def test_begins_at_a_time(source, target, lockstep, name):
    topic = source.create_topic(name, 1)
    old_ms = hours_ago_ms(3)
    produce_at(source, topic, old_ms, 20)
    produce_at(source, topic, old_ms + 2 * HOUR_MS, 5)
    process = lockstep(Told(source, target, [topic], offsets="translate",
                            more=f"    start: {as_start(old_ms + HOUR_MS)}\n"))
    process.wait_lag_zero(topic)
    assert [r.timestamp[1] for r in read(target, topic)] == [old_ms + 2 * HOUR_MS] * 5
    process.kill()
    process.start()
    assert_proved(process, topic, records=5, to=25)


def test_bandwidth(source, target, lockstep, name):
    """Two MiB of what cannot be compressed, at 512 KiB a second."""
    topic = source.create_topic(name, 1)
    produce(source, topic, [bytes((i * j) % 251 for j in range(1000)) for i in range(2097)])
    started = time.monotonic()
    process = lockstep(Told(source, target, [topic], more="    bandwidth: 512KiB\n"))
    process.wait_lag_zero(topic)
    assert 2.5 < time.monotonic() - started < 60  # how fast it goes; not how fast it begins
    assert assert_same_records(source, target, topic) == 2097


def test_rests_when_in_step(source, target, lockstep, name):
    topic = source.create_topic(name, 1)
    produce(source, topic, ["first"])
    process = lockstep(Told(source, target, [topic], more="    sync_interval: 20s\n"))
    process.wait_lag_zero(topic)
    # It looks once more, finds nothing within half a second, and rests.
    holds_for(lambda: target.record_count(topic) == 1, "nothing new", 1)
    produce(source, topic, ["second"])
    holds_for(lambda: target.record_count(topic) == 1, "it rests", 1.5)
    process.wait(lambda: target.record_count(topic) == 2, "it looks again", 30)
