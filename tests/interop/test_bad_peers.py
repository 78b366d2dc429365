"""Clusters that are away, or no Kafka at all: retries, says so, recovers, never falls over."""

from types import SimpleNamespace

import pytest

import peers
from kafka_cluster import KafkaCluster
from lockstep import DRAIN_SECONDS, Link
from paths import NEWEST_KAFKA
from processes import free_port, memory_kib
from records import assert_same_records, produce
from waiting import holds_for

LIMIT_KIB = 128 << 10
PATIENCE = 60  # seconds; a handshake may take 5 s before it counts as failed

ANSWERS = [peers.garbage, peers.web_page, peers.two_gib_frame, peers.empty_frames,
           peers.negative_frame]


def assert_says_what_is_wrong(process, bootstrap: str) -> None:
    process.wait(lambda: process.get("/healthz").code == 200, "/healthz says 200", PATIENCE)
    process.wait(lambda: process.status()["problem"], "status names the problem", PATIENCE)
    answer = process.get("/readyz")
    assert answer.code == 503 and answer.text.strip()
    assert bootstrap in process.status()["problem"] or "east" in process.status()["problem"] \
        or "west" in process.status()["problem"]
    process.wait(lambda: bootstrap in process.log_text(), "the log names the address", PATIENCE)


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.__name__)
def test_garbage_instead_of_kafka(source, target, lockstep, name, side, answer):
    with peers.Peer(answer()) as peer:
        link = Link(peer, target, [name]) if side == "source" else Link(source, peer, [name])
        process = lockstep(link, wait_ready=False)
        assert_says_what_is_wrong(process, peer.bootstrap)
        process.wait(lambda: peer.connections >= 2, "it tries again", PATIENCE)
        assert memory_kib(process.pid, "VmHWM") < LIMIT_KIB
        code, seconds = process.terminate()
        assert code == 0 and seconds < 2 * DRAIN_SECONDS  # of a busy machine


def test_a_peer_that_never_answers(target, lockstep, name):
    with peers.Peer(None) as peer:
        process = lockstep(Link(peer, target, [name]), wait_ready=False)
        assert_says_what_is_wrong(process, peer.bootstrap)
        code, seconds = process.terminate()
        assert code == 0 and seconds < 2 * DRAIN_SECONDS  # of a busy machine


def test_cluster_that_comes_up_later(home, target, lockstep, name):
    late = KafkaCluster(NEWEST_KAFKA, name, home)
    try:
        process = lockstep(Link(late, target, [name]), wait_ready=False)
        assert_says_what_is_wrong(process, late.bootstrap)
        late.start()
        produce(late, late.create_topic(name), ["worth waiting for"])
        process.wait_ready()
        process.wait_copied(name)
        assert assert_same_records(late, target, name) == 1
        process.wait(lambda: process.status()["problem"] == "", "no problem is left")
    finally:
        late.remove()


def test_one_dead_bootstrap_address_of_two(source, target, lockstep, name):
    source.create_topic(name)
    produce(source, name, ["x"])
    half = SimpleNamespace(bootstrap=f"127.0.0.1:{free_port()},{source.bootstrap}",
                           end_offsets=source.end_offsets)
    process = lockstep(Link(half, target, [name]))
    process.wait_copied(name)
    holds_for(lambda: process.get("/readyz").code == 200, "/readyz says 200", 1)
