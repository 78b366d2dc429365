"""A user that may do much on the target, but not write transaction markers, as with managed
services."""

import contextlib
import json

import pytest
from confluent_kafka.admin import AclOperation, ResourceType

from lockstep import Link, run_cli
from records import produce
from secure_cluster import GUEST, GUEST_PASSWORD, give, take
from test_exact import assert_exact, interleaved_transactions
from test_security import login
from test_translate import assert_translated
from waiting import eventually

CLUSTER = (ResourceType.BROKER, "kafka-cluster")


@pytest.fixture
def managed(secure):
    """All rights on topics and groups, none on the cluster but to look at it."""
    acls = [give(secure, (ResourceType.TOPIC, "*"), AclOperation.ALL),
            give(secure, (ResourceType.GROUP, "*"), AclOperation.ALL),
            give(secure, CLUSTER, AclOperation.DESCRIBE_CONFIGS)]
    yield secure.at("SASL_PLAINTEXT", sasl=login("PLAIN", GUEST_PASSWORD, GUEST))
    for acl in acls:
        take(secure, acl)


def test_offsets_are_translated_where_markers_are_forbidden(source, managed, lockstep, name,
                                                            tmp_path):
    topic = source.create_topic(name, 1)
    interleaved_transactions(source, topic, 10)
    link = Link(source, managed, [topic], offsets="auto")
    config = tmp_path / "plan.yaml"
    config.write_text(link.yaml(0))
    planned = run_cli("plan", "-c", config)
    assert planned.returncode == 0 and "CLUSTER_AUTHORIZATION_FAILED" in planned.stdout
    process = lockstep(link)
    process.wait_lag_zero(topic)
    assert assert_translated(source, managed, topic) > 100
    found = process.partition(topic)
    assert found["offsets"] == "translate"
    assert "takes no markers" in found["translated_why"]
    assert "CLUSTER_AUTHORIZATION_FAILED" in process.status()["marker_problem"]


def test_a_plan_says_that_markers_are_forbidden(source, managed, name, tmp_path):
    """With offsets that must be kept, a link copies up to the first gap and is blocked there."""
    topic = source.create_topic(name, 1)
    interleaved_transactions(source, topic, 10)
    config = tmp_path / "plan.yaml"
    config.write_text(Link(source, managed, [topic], offsets="preserve").yaml(0))
    for command in ("plan", "check"):
        done = run_cli(command, "-c", config)
        assert done.returncode == 3, done.stdout + done.stderr
        assert "takes no transaction markers" in done.stdout
        assert "CLUSTER_AUTHORIZATION_FAILED" in done.stdout
        said = json.loads(run_cli(command, "-c", config, "--json").stdout)["links"][0]
        assert "CLUSTER_AUTHORIZATION_FAILED" in said["marker_problem"]
    with contextlib.ExitStack() as taken:
        acl = give(managed.cluster, CLUSTER, AclOperation.CLUSTER_ACTION)
        taken.callback(take, managed.cluster, acl)
        eventually(lambda: run_cli("check", "-c", config).returncode == 0, "it has the right")


@pytest.mark.parametrize("right", [AclOperation.ALTER, AclOperation.CLUSTER_ACTION])
def test_where_offsets_must_be_kept_it_waits_for_the_right(source, managed, lockstep, name, right):
    """What needs no markers is copied meanwhile; with the right it goes on by itself."""
    topic, dense = source.create_topic(name, 1), source.create_topic(f"{name}-dense", 1)
    produce(source, dense, [str(i) for i in range(50)])
    interleaved_transactions(source, topic, 10)
    process = lockstep(Link(source, managed, [topic, dense]))
    reason = process.wait_blocked(topic)
    assert "fill offsets [" in reason and "CLUSTER_AUTHORIZATION_FAILED" in reason
    assert process.partition(topic)["reason_code"] == "filling_not_authorized"
    process.wait_copied(dense)
    with contextlib.ExitStack() as taken:
        acl = give(managed.cluster, CLUSTER, right)
        taken.callback(take, managed.cluster, acl)
        process.wait_copied(topic)
        assert assert_exact(source, managed, topic) > 100
