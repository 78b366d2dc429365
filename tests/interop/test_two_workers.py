"""Two workers on one link, by mistake or as one was taken for dead: each offset is filled once."""

import os
import signal
import time

import pytest

from lockstep import Link
from paths import KAFKA_VERSIONS
from records import produce
from test_exact import assert_exact, interleaved_transactions
from waiting import PATIENCE, eventually

SESSION_SECONDS = 6  # that a dead worker keeps its turn
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


def filled_after_kill(source, target, topic: str, worker) -> float:
    """Seconds from the start of the next process until a gap is filled."""
    worker.kill()
    interleaved_transactions(source, topic, 5)
    begun = time.monotonic()
    worker.start(wait_ready=False)
    wait_in_step(source, target, topic)
    return time.monotonic() - begun


def test_killed_worker_has_its_turn_again_at_once(clusters, lockstep, name, tmp_path):
    source, target = clusters.source(KAFKA_VERSIONS[0]), clusters.target(KAFKA_VERSIONS[0])
    topic = source.create_topic(name)
    interleaved_transactions(source, topic, 5)
    worker = lockstep(Link(source, target, [topic]), arguments=["--state-dir", tmp_path / "state"])
    wait_in_step(source, target, topic)
    fastest = min(filled_after_kill(source, target, topic, worker) for _ in range(3))
    assert fastest < SESSION_SECONDS - 2, f"it took {fastest:.1f} s"
    assert_exact(source, target, topic)


def test_state_directory_is_one_workers(clusters, lockstep, name, tmp_path):
    source, target = clusters.source(KAFKA_VERSIONS[0]), clusters.target(KAFKA_VERSIONS[0])
    link = Link(source, target, [source.create_topic(name)])
    arguments = ["--state-dir", tmp_path / "state"]
    lockstep(link, arguments=arguments)
    second = lockstep(link, wait_ready=False, arguments=arguments)
    assert second.process.wait(PATIENCE) == 1
    assert f"another Lockstep has the state directory {tmp_path / 'state'}" in second.log_text()
