"""The sandbox answers as real Kafka does: the same scripts of requests, compared field by field.

What may differ stands in tests/conformance/allowed_differences.txt, with reasons. A line there that
no longer applies fails too.
"""

import pytest

from broker import Broker
from cluster_security import Security, sasl_listener
from kafka_cluster import ClusterOptions, KafkaCluster
from paths import KAFKA_VERSIONS, lockstep_binary
from processes import end, free_port, port_accepts, spawn
from transcripts import (broken_off, compare, not_allowed, read_allowances, stale,
                         take_transcript)
from waiting import eventually

SHOWN = 100  # differences of a run that fails
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
    assert not broken_off(real) and not broken_off(sandbox)
    allowances = read_allowances()
    rest = not_allowed(compare(kafka, real, sandbox), allowances)
    problems = [str(one) for one in rest[:SHOWN]] + stale(allowances, kafka)
    assert not problems, f"{len(rest)} differences:\n" + "\n".join(problems)
