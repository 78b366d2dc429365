"""Two workers on one link, by mistake or as one was taken for dead: each offset is filled once."""

import os
import signal
import time

import pytest

from lockstep import Link
from paths import KAFKA_VERSIONS
from records import produce
from test_exact import assert_exact, interleaved_transactions
from waiting import eventually

SUSPENDED_SECONDS = 9  # longer than a turn lasts without a sign of life


def wait_in_step(source, target, topic: str) -> None:
    eventually(lambda: source.end_offsets(topic) == target.end_offsets(topic),
               f"{topic} is copied")


@pytest.mark.parametrize("version", KAFKA_VERSIONS)
def test_every_gap_is_filled_once(clusters, lockstep, name, version):
    source, target = clusters.source(version), clusters.target(version)
    topic = source.create_topic(name)
    produce(source, topic, ["first"])
    first = lockstep(Link(source, target, [topic]))
    second = lockstep(Link(source, target, [topic]))
    for _ in range(6):
        interleaved_transactions(source, topic, 5)
        wait_in_step(source, target, topic)
    assert_exact(source, target, topic)

    # One is suspended: the other takes over. Then it wakes up and knows nothing of it.
    os.kill(first.pid, signal.SIGSTOP)
    begun = time.monotonic()
    interleaved_transactions(source, topic, 5)
    wait_in_step(source, target, topic)
    eventually(lambda: time.monotonic() - begun > SUSPENDED_SECONDS, "its turn is over",
               SUSPENDED_SECONDS + 1)
    os.kill(first.pid, signal.SIGCONT)
    interleaved_transactions(source, topic, 10)
    wait_in_step(source, target, topic)
    second.kill()
    interleaved_transactions(source, topic, 5)
    wait_in_step(source, target, topic)
    assert assert_exact(source, target, topic) > 500
