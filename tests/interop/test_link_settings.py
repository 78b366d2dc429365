"""What a link may be told about how it works: the size of the batches that it makes, retries,
priority."""

import pytest

from lockstep import run_cli
from records import assert_same_records, produce
from segments import batches
from test_settings import Told
from waiting import holds_for


@pytest.mark.parametrize("offsets", ["preserve", "translate"])
def test_batch_size(source, target, lockstep, name, offsets):
    """Bounds what is merged; a batch of the producer's that is larger passes as it is."""
    topic = source.create_topic(name, 1)
    produce(source, topic, [f"{i} " + "v" * 700 for i in range(600)], batch_num_messages=1)
    produce(source, topic, ["w" * 1000] * 100, linger_ms=500)
    process = lockstep(Told(source, target, [topic], offsets=offsets,
                            more="    batch_size: 16KiB\n"))
    process.wait_lag_zero(topic)
    assert assert_same_records(source, target, topic) == 700
    at_source = batches(source.partition_directory(topic, 0))
    copied = batches(target.partition_directory(topic, 0))
    merged = [batch for batch in copied if batch.records[:200].find(b"v") >= 0]
    assert len(merged) < 100 and max(batch.size for batch in merged) <= 16 << 10
    whole = {batch.records for batch in at_source if batch.size > 16 << 10}
    assert whole and whole <= {batch.records for batch in copied}


def test_gives_up_and_goes_on_when_resumed(source, target, lockstep, name):
    """Its target is away for longer than the attempts last: it asks no more until it is told to."""
    topic = source.create_topic(name, 1)
    produce(source, topic, [f"first {i}" for i in range(50)])
    process = lockstep(Told(source, target, [topic],
                            more="    retry: {attempts: 2, backoff: 100ms, max_backoff: 500ms}\n"))
    process.wait_copied(topic)
    target.end_broker()
    produce(source, topic, [f"second {i}" for i in range(50)])
    assert "given up after 2 attempts" in process.wait_blocked(topic)
    process.wait(lambda: "given up after 2 attempts" in process.status()["problem"],
                 "the link says so, too", 30)
    told = run_cli("explain", f"{name}/0", "--url", process.url).stdout
    assert "(given_up)" in told and "lockstep resume" in told
    target.start_broker()
    holds_for(lambda: process.partition(topic)["state"] == "blocked"
              and target.record_count(topic) == 50, "it waits to be told", 4)
    run_cli("resume", "--link", "east-to-west", "--url", process.url)
    process.wait_copied(topic)
    assert assert_same_records(source, target, topic) == 100
    process.wait(lambda: process.partition(topic)["state"] == "running"
                 and process.status()["problem"] == "", "all is well", 20)


def test_priority_is_shown(source, target, lockstep, name):
    topic = source.create_topic(name, 1)
    produce(source, topic, ["one"])
    process = lockstep(Told(source, target, [topic], more="    priority: low\n"))
    process.wait_copied(topic)
    assert process.status()["priority"] == "low"
    assert ", low priority, " in run_cli("status", "--url", process.url).stdout
    assert "east-to-west: east -> west, low priority\n" in \
        run_cli("plan", "-c", process.config).stdout
