"""Brokers restart, crash and change leaders, on either side, in the middle of the work."""

import signal

import pytest

from lockstep import Link
from records import SteadyProducer, assert_same_records

HOWS = [pytest.param(signal.SIGTERM, id="controlled"), pytest.param(signal.SIGKILL, id="crash")]
STEP = 50_000  # records copied before the restart
PATIENCE = 240  # seconds: brokers start, leaders are elected, 800 MB are copied


def assert_nothing_blocked(process) -> None:
    states = {(p["topic"], p["partition"]): (p["state"], p["reason"])
              for p in process.status()["partitions"]}
    assert not {k: v for k, v in states.items() if v[0] == "blocked"}


@pytest.mark.slow
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("side", ["source", "target"])
def test_broker_restarts_in_the_middle(lockstep, big, side, how):
    process = lockstep(big.link, wait_ready=False)
    process.wait(lambda: big.copied() > STEP, "it copies", PATIENCE)
    restarted = big.source if side == "source" else big.target
    restarted.end_broker(how=how)
    try:
        copied = sum(p["copied_records"] for p in process.status()["partitions"])
    finally:
        restarted.start_broker()  # other tests need it, too
    assert 0 < copied < big.total, "too late to be in the middle"
    process.wait_copied(big.topic, timeout=PATIENCE)
    assert_nothing_blocked(process)
    big.assert_equal()


@pytest.mark.slow
@pytest.mark.parametrize("how", HOWS)
def test_old_zookeeper_broker_restarts_under_load(clusters, lockstep, name, how):
    clusters.start(("source", "2.8.2"), ("target", "2.8.2"))
    source, target = clusters.source("2.8.2"), clusters.target("2.8.2")
    source.create_topic(name, 3)
    process = lockstep(Link(source, target, [name]))
    with SteadyProducer(source, name, per_second=2000) as steady:
        process.wait(lambda: target.record_count(name) > 1000, "it copies", PATIENCE)
        target.restart_broker(how=how)
        source.restart_broker(how=how)
        copied = target.record_count(name)
        process.wait(lambda: target.record_count(name) > copied + 1000, "it goes on", PATIENCE)
        produced = steady.stop()
    process.wait_copied(name, timeout=PATIENCE)
    assert_nothing_blocked(process)
    assert assert_same_records(source, target, name) == produced


def roll(cluster, process, how: int) -> None:
    """Restarts every broker in turn; each time the leaders move."""
    for index in range(len(cluster.brokers)):
        cluster.restart_broker(index, how)
        process.require_running()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("side", ["source", "target"])
def test_leaders_move_under_load(three_brokers, clusters, lockstep, name, side):
    other = clusters.target() if side == "source" else clusters.source()
    source, target = (three_brokers, other) if side == "source" else (other, three_brokers)
    replicated = {"min.insync.replicas": "2"}
    source.create_topic(name, 6, len(source.brokers))
    if side == "target":
        target.create_topic(name, 6, 3, replicated)
    process = lockstep(Link(source, target, [name]))
    with SteadyProducer(source, name, per_second=2000) as steady:
        process.wait(lambda: target.record_count(name) > 1000, "it copies", PATIENCE)
        roll(three_brokers, process, signal.SIGTERM)
        three_brokers.restart_broker(0, signal.SIGKILL)
        produced = steady.stop()
    process.wait_copied(name, timeout=PATIENCE)
    assert_nothing_blocked(process)
    assert assert_same_records(source, target, name) == produced
