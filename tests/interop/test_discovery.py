"""Which topics are copied, how soon they are found, and what of a topic besides its records."""

import time

from lockstep import Link
from records import assert_same_records, produce

FOUND_WITHIN = 5  # seconds, from creation at the source to creation at the target, at its best


def test_regex_and_exclude(source, target, lockstep, name):
    wanted = [f"{name}-orders", f"{name}-payments-eu", f"{name}-payments-us"]
    unwanted = [f"{name}-payments-test1", f"{name}-other", f"x-{name}-payments-eu"]
    for topic in wanted + unwanted:
        source.create_topic(topic)
        produce(source, topic, ["one", "two"])
    process = lockstep(Link(source, target, [f"{name}-orders", f"{name}-payments-.*"],
                            exclude=[f"{name}-payments-test.*"]))
    process.wait_copied(*wanted)
    copied = {p["topic"] for p in process.status()["partitions"]}
    assert copied == set(wanted)
    assert not set(unwanted) & set(target.topics())


def test_new_topics_are_found_in_time(source, target, lockstep, name):
    process = lockstep(Link(source, target, [f"{name}-.*"]))
    seconds = []
    for number in range(3):
        topic = source.create_topic(f"{name}-{number}", 3)
        created = time.monotonic()
        process.wait(lambda t=topic: t in target.topics(), f"{topic} is on the target")
        seconds.append(time.monotonic() - created)
        target.wait_topic(topic, 3)
        produce(source, topic, ["first"], partition=2)
        process.wait_copied(topic)
        assert assert_same_records(source, target, topic) == 1
    assert min(seconds) < FOUND_WITHIN, seconds


def test_topic_configs_are_copied(source, target, lockstep, name):
    configs = {"retention.ms": "86400123", "segment.bytes": "33554432",
               "max.message.bytes": "2000000", "min.cleanable.dirty.ratio": "0.3"}
    source.create_topic(name, 2, config=configs)
    produce(source, name, ["x" * 1_500_000], message_max_bytes=2_000_000)
    lockstep(Link(source, target, [name])).wait_copied(name)
    copied = target.config(name)
    assert {key: copied.get(key) for key in configs} == configs
    assert target.topics()[name] == 2


def test_added_partitions_are_copied(source, target, lockstep, name):
    source.create_topic(name, 2)
    produce(source, name, ["old"], partition=1)
    process = lockstep(Link(source, target, [name]))
    process.wait_copied(name)
    source.add_partitions(name, 5)
    for partition in range(5):
        produce(source, name, [f"new {partition}"] * 10, partition=partition)
    process.wait(lambda: target.topics()[name] == 5, "the target has 5 partitions")
    process.wait_copied(name)
    assert assert_same_records(source, target, name) == 51


def test_existing_target_topic_with_more_to_copy_goes_on_at_its_end(source, target, lockstep, name):
    """The target's log is the checkpoint: a second process starts where the first one ended."""
    source.create_topic(name)
    produce(source, name, ["a", "b", "c"])
    first = lockstep(Link(source, target, [name]))
    first.wait_copied(name)
    assert first.terminate()[0] == 0
    produce(source, name, ["d", "e"])
    second = lockstep(Link(source, target, [name]))
    second.wait_copied(name)
    assert assert_same_records(source, target, name) == 5
    second.wait(lambda: second.partition(name)["target_log_end"] == 5, "it knows that it is done")
    assert second.partition(name)["copied_records"] == 2
