"""The sandbox answers as real Kafka does: the same scripts of requests, compared field by field.

What may differ stands in tests/conformance/allowed_differences.txt, with reasons. A line there that
no longer applies fails too.
"""

import signal

import pytest

from broker import Broker
from cluster_security import Security, sasl_listener
from kafka_cluster import ClusterOptions, KafkaCluster
from paths import KAFKA_VERSIONS, lockstep_binary
from processes import end, free_port, port_accepts, spawn
from sandbox_process import Sandbox
from transcripts import (broken_off, compare, not_allowed, read_allowances, stale,
                         take_transcript)
from waiting import eventually

SHOWN = 100  # differences of a run that fails
MOVING = "leaders-that-move"  # as in scripts/spread_scripts.py
PASSWORDS = {"admin": "secret", "alice": "won:der"}  # as in scripts/session.py
GUARDED = ("--authorizer", *(word for user, password in PASSWORDS.items()
                             for word in ("--sasl", f"{user}:{password}")))
# By the set of scripts: how a sandbox is made that they are for, and the listener of real brokers.
SANDBOXES = {"open": (), "guarded": GUARDED,
             "renewed": (*GUARDED, "--broker-config", "connections.max.reauth.ms=3600000")}
LISTENERS = {"guarded": sasl_listener(PASSWORDS, "GUARDED"),
             "renewed": sasl_listener(PASSWORDS, "RENEWED", connections_max_reauth_ms="3600000")}


@pytest.fixture
def sandbox_port(tmp_path):
    """Starts sandboxes of a given version, for a set of scripts; their ports."""
    started = []

    def start(kafka: str, which: str) -> int:
        port = free_port()
        started.append(spawn([lockstep_binary(), "sandbox", "--kafka", kafka, "--port", port,
                              *SANDBOXES[which]], tmp_path / f"sandbox-{kafka}-{which}.log"))
        eventually(lambda: port_accepts(port), f"the sandbox of {kafka} listens")
        return port

    yield start
    for process in started:
        end(process)


@pytest.fixture
def real_broker(home):
    """Starts real brokers with Kafka's own defaults; by the plain listener everybody is a super
    user, which is as if there were no authorizer."""
    started = []

    def start(version: str) -> Broker:
        security = Security(list(LISTENERS.values()), has_authorizer=True,
                            super_users=("ANONYMOUS", "admin"))
        settings = {"connection.failed.authentication.delay.ms": "0"}  # else it is 0.1 s each time
        started.append(KafkaCluster(version, f"conformance-{version}", home,
                                    ClusterOptions(settings=settings, security=security)).start())
        return started[-1].brokers[0]

    yield start
    for cluster in started:
        cluster.remove()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("version", KAFKA_VERSIONS)
def test_sandbox_answers_as_real_kafka(version, real_broker, sandbox_port):
    kafka = version.rpartition(".")[0]
    broker = real_broker(version)
    real, sandbox = {}, {}
    for which in SANDBOXES:
        listener = LISTENERS.get(which)
        real |= take_transcript(broker.more_ports[listener.name] if listener else broker.port,
                                kafka, which)
        sandbox |= take_transcript(sandbox_port(kafka, which), kafka, which)
    assert_same(kafka, real, sandbox)


def assert_same(kafka: str, real: dict, sandbox: dict) -> None:
    assert not broken_off(real) and not broken_off(sandbox)
    allowances = read_allowances(real)
    rest = not_allowed(compare(kafka, real, sandbox), allowances)
    problems = [str(one) for one in rest[:SHOWN]] + stale(allowances, kafka)
    assert not problems, f"{len(rest)} differences:\n" + "\n".join(problems)


def transcripts_around_a_death(kafka: str, port: int, kill_first, restart_first) -> dict:
    """What a cluster of three answers before and after its broker 1 was away. `port`: of another
    broker. `kill_first` returns once others lead."""
    before = take_transcript(port, kafka, "three")
    kill_first()
    restart_first()
    return before | take_transcript(port, kafka, "moved")


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("version", [version for version in KAFKA_VERSIONS if version[0] > "2"])
def test_three_brokers_answer_as_real_kafkas(version, home, tmp_path):
    kafka = version.rpartition(".")[0]
    cluster = KafkaCluster(version, f"three-{version}", home,
                           ClusterOptions(brokers=3, settings={})).start()
    sandbox = Sandbox(tmp_path, kafka, ("--brokers", 3)).start()

    def kill_real() -> None:
        cluster.end_broker(0, signal.SIGKILL)
        eventually(lambda: cluster.leader(MOVING) == 2, "broker 2 leads")

    try:
        real = transcripts_around_a_death(kafka, cluster.brokers[1].port, kill_real,
                                          cluster.start_broker)
        second = int(sandbox.clusters[0].bootstrap.split(",")[1].rpartition(":")[2])
        ours = transcripts_around_a_death(kafka, second, lambda: sandbox.say("kill 1"),
                                          lambda: sandbox.say("restart 1"))
    finally:
        cluster.remove()
    sandbox.stop()
    assert_same(kafka, real, ours)
