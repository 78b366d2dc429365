"""Topics that are deleted at the source: what becomes of their copies, and what never does."""

import json
import time

import pytest
from confluent_kafka.admin import AclOperation

from kafka_cluster import KafkaCluster
from lockstep import Link, Lockstep, run_cli
from paths import KAFKA_VERSIONS, NEWEST_KAFKA
from records import assert_same_records, produce, read
from secure_cluster import GUEST, GUEST_PASSWORD
from test_operate import state
from waiting import eventually, holds_for

SETTLED = 14  # seconds: a copy is deleted 10 s after its topic was first seen to be gone
DELETED = 60  # at most, on a busy machine
RIGHTS = (AclOperation.READ, AclOperation.DESCRIBE_CONFIGS)
QUICK = 20  # what `on_deleted` waits for in these tests, where it waits for some time


def link(source, target, topics: list[str], rule: str, **more) -> Link:
    return Link(source, target, topics, offsets=more.pop("offsets", "preserve"),
                on_recreated=more.pop("on_recreated", "stop"), around={"on_deleted": rule} | more)


def remembered(process: Lockstep) -> list[dict]:
    return process.status()["deletions"]["waiting"]


def followed_record(target, topic: str) -> str | None:
    """What Lockstep remembers of the copy of a topic: the value, None for what it has forgotten."""
    values = {r.key: r.value for r in read(target, "__lockstep_followed")}
    found = [value for key, value in values.items() if f"|topic|{topic}|".encode() in key]
    assert len(found) <= 1
    return found[0].decode() if found and found[0] is not None else None


def wait_remembered(process: Lockstep, target, *topics: str) -> None:
    """Until the topics are known to be copies: before that, none is deleted."""
    for topic in topics:
        process.wait(lambda t=topic: followed_record(target, t), f"{topic} is remembered")


def audit_of(target, action: str) -> list[dict]:
    if "__lockstep_audit" not in target.admin.list_topics(timeout=30).topics:
        return []
    records = [json.loads(r.value) for r in read(target, "__lockstep_audit")]
    return [record for record in records if record["action"] == action]


@pytest.mark.parametrize("version", KAFKA_VERSIONS)
@pytest.mark.parametrize("offsets", ["preserve", "translate"])
def test_mirrored(clusters, lockstep, name, version, offsets):
    source, target = clusters.source(version), clusters.target(version)
    gone, kept = source.create_topic(f"{name}-gone", 2), source.create_topic(f"{name}-kept")
    for topic in (gone, kept):
        produce(source, topic, ["a", "b"])
    process = lockstep(link(source, target, [f"{name}-.*"], "mirror", offsets=offsets,
                            prefix="eu."))
    process.wait_lag_zero(gone, kept)
    wait_remembered(process, target, gone, kept)
    source.delete_topic(gone)
    waiting = process.wait(lambda: remembered(process), "it is seen to be gone")
    assert [(w["topic"], w["target_topic"], w["problem"]) for w in waiting] == [
        (gone, f"eu.{gone}", "")]
    assert "its copy is deleted when on_deleted says so" in process.wait_blocked(gone)
    assert process.partition(gone)["reason_code"] == "topic_deleted_with_copy"
    assert f"eu.{gone}" in target.topics(), "not at once: brokers may not agree yet"
    process.wait(lambda: f"eu.{gone}" not in target.topics(), "the copy is deleted", DELETED)
    process.wait(lambda: process.partition(gone) == {}, "nothing is said of it any more")
    process.wait(lambda: followed_record(target, gone) is None, "it is forgotten")
    assert process.status()["deletions"]["deleted"] == 1 and remembered(process) == []
    assert 'lockstep_deleted_copies_total{' in process.get("/metrics").text
    produce(source, kept, ["c"])
    process.wait_lag_zero(kept)
    assert target.topics()[f"eu.{kept}"] == 1
    done = process.wait(lambda: [a for a in audit_of(target, "delete topic")
                                 if a["topic"] == gone], "it is audited")
    assert [(a["link"], a["value"]) for a in done] == [("east-to-west", f"eu.{gone}")]
    # The name may be used again: that is another topic, with a copy of its own.
    source.create_topic(gone)
    produce(source, gone, ["new"])
    process.wait_lag_zero(gone)
    process.wait(lambda: [r.value for r in read(target, f"eu.{gone}")] == [b"new"], "a new copy")


def test_ignored_by_default(source, target, lockstep, name):
    source.create_topic(name)
    produce(source, name, ["a"])
    process = lockstep(Link(source, target, [f"{name}.*"]))
    process.wait_copied(name)
    source.delete_topic(name)
    assert "the copy is kept" in process.wait_blocked(name)
    holds_for(lambda: name in target.topics(), "the copy is there", SETTLED)
    assert process.status()["deletions"]["followed"] is False


def test_after_a_time_that_no_kill_begins_anew(source, target, lockstep, name):
    source.create_topic(name)
    produce(source, name, ["a"])
    process = lockstep(link(source, target, [f"{name}.*"], f"{QUICK}s"))
    process.wait_copied(name)
    wait_remembered(process, target, name)
    source.delete_topic(name)
    first = process.wait(lambda: remembered(process), "it is seen to be gone")[0]
    seen = time.monotonic()
    process.wait(lambda: "gone_since=" in followed_record(target, name), "since when is stored")
    for _ in range(3):
        process.kill()
        process.start(wait_ready=False)
        again = process.wait(lambda: process.get("/api/v1/status").code == 200
                             and remembered(process), "it still is")[0]
        assert (again["gone_since"], again["due"]) == (first["gone_since"], first["due"])
    # What would be done can be seen before.
    planned = json.loads(run_cli("plan", "-c", process.config, "--json").stdout)["links"][0]
    assert [(c["target_topic"], c["due"]) for c in planned["deletions"]["copies"]] == [
        (name, first["due"])]
    assert "deleted at" in run_cli("status", "--url", process.url).stdout
    assert name in target.topics()
    process.wait(lambda: name not in target.topics(), "the copy is deleted", 2 * QUICK)
    assert time.monotonic() - seen > QUICK - 5, "not before its time"


def test_deleted_while_nobody_looked(source, target, lockstep, name):
    source.create_topic(name)
    produce(source, name, ["a"])
    process = lockstep(link(source, target, [f"{name}.*"], "mirror"))
    process.wait_copied(name)
    wait_remembered(process, target, name)
    process.terminate()
    source.delete_topic(name)
    process.start()
    process.wait(lambda: name not in target.topics(), "the copy is deleted", DELETED)


def test_made_again_in_time(source, target, lockstep, name):
    """A topic that has the name again is not gone, whatever became of the one before."""
    source.create_topic(name)
    produce(source, name, ["old"])
    process = lockstep(link(source, target, [name], "mirror"))
    process.wait_copied(name)
    wait_remembered(process, target, name)
    source.delete_topic(name)
    process.wait(lambda: remembered(process), "it is seen to be gone")
    source.create_topic(name)
    process.wait(lambda: "created again" in process.partition(name)["reason"], "it is seen")
    holds_for(lambda: name in target.topics(), "the copy is there", SETTLED)
    assert [r.value for r in read(target, name)] == [b"old"] and remembered(process) == []


def test_made_again_and_copied_behind_the_old_one(source, target, lockstep, name):
    source.create_topic(name)
    produce(source, name, ["old"])
    process = lockstep(link(source, target, [name], "mirror", on_recreated="continue",
                            offsets="auto"))
    process.wait_lag_zero(name)
    wait_remembered(process, target, name)
    source.delete_topic(name)
    source.create_topic(name)
    produce(source, name, ["new"])
    process.wait(lambda: [r.value for r in read(target, name)] == [b"old", b"new"], "both")
    process.wait(lambda: followed_record(target, name).count(",") == 1, "both are remembered")
    source.delete_topic(name)
    process.wait(lambda: name not in target.topics(), "the copy of both is deleted", DELETED)


@pytest.mark.parametrize("offsets", ["preserve", "translate"])
def test_a_copy_with_records_of_others_stays(source, target, lockstep, name, offsets):
    source.create_topic(name, 2)
    for partition in (0, 1):
        produce(source, name, ["a", "b"], partition=partition)
    process = lockstep(link(source, target, [name], "mirror", offsets=offsets))
    process.wait_lag_zero(name)
    wait_remembered(process, target, name)
    source.delete_topic(name)
    process.wait_blocked(name)
    produce(target, name, ["mine"], partition=1)
    why = process.wait(lambda: next((w["problem"] for w in remembered(process)), ""), "it stays",
                       DELETED)
    assert f"{name}-1 has records of others, first at offset 2" in why
    holds_for(lambda: name in target.topics(), "the copy is there", 6)
    assert [r.value for r in read(target, name) if r.partition == 1][-1] == b"mine"


def test_a_copy_that_was_emptied_and_written_to_by_others_stays(source, target, lockstep, name):
    """As retention leaves it: no record is there, but who wrote is still known."""
    source.create_topic(name)
    produce(source, name, ["a", "b"])
    process = lockstep(link(source, target, [name], "mirror"))
    process.wait_lag_zero(name)
    wait_remembered(process, target, name)
    source.delete_topic(name)
    process.wait_blocked(name)
    produce(target, name, ["mine"])
    target.delete_records(name, 0, 3)
    why = process.wait(lambda: next((w["problem"] for w in remembered(process)), ""), "it stays",
                       DELETED)
    assert f"{name}-0 is empty, and others have written to it" in why
    assert name in target.topics()


def test_a_topic_that_was_never_copied_stays(source, target, lockstep, name):
    """The target has one of that name that is no copy; the source's never was copied to it."""
    for cluster in (source, target):
        cluster.create_topic(name)
        produce(cluster, name, [f"of {cluster.name}"])
    healthy = source.create_topic(f"{name}-healthy")
    process = lockstep(link(source, target, [f"{name}.*"], "mirror"), wait_ready=False)
    process.wait_blocked(name)
    wait_remembered(process, target, healthy)
    assert followed_record(target, name) is None
    source.delete_topic(name)
    holds_for(lambda: name in target.topics(), "the target's topic is there", SETTLED)
    assert [r.value for r in read(target, name)] == [f"of {target.name}".encode()]


def test_a_copy_that_was_made_anew_by_somebody_stays(source, target, lockstep, name):
    """Not even an empty topic is deleted that is not the one that was copied to."""
    source.create_topic(name)
    produce(source, name, ["a"])
    process = lockstep(link(source, target, [f"{name}.*"], "mirror"))
    process.wait_copied(name)
    wait_remembered(process, target, name)
    process.terminate()
    source.delete_topic(name)
    target.delete_topic(name)
    target.create_topic(name)
    process.start()
    process.wait(lambda: followed_record(target, name) is None, "it is forgotten")
    holds_for(lambda: name in target.topics(), "somebody's topic is there", SETTLED)


def test_two_workers(source, target, lockstep, name):
    source.create_topic(name, 2)
    produce(source, name, ["a"])
    rule = link(source, target, [f"{name}.*"], "mirror")
    workers = [lockstep(rule), lockstep(rule)]
    workers[0].wait_copied(name)
    wait_remembered(workers[0], target, name)
    source.delete_topic(name)
    workers[0].wait(lambda: name not in target.topics(), "the copy is deleted", DELETED)
    for worker in workers:
        worker.wait(lambda w=worker: w.partition(name) == {} and remembered(w) == [],
                    "nothing is said of it any more")
    assert len([a for a in audit_of(target, "delete topic") if a["topic"] == name]) == 1
    # Whoever was late has not deleted what came after.
    source.create_topic(name, 2)
    produce(source, name, ["new"])
    workers[0].wait_copied(name)
    holds_for(lambda: name in target.topics(), "the new copy is there", SETTLED)
    assert assert_same_records(source, target, name) == 1


def test_another_cluster_at_the_sources_address_deletes_nothing(home, target, lockstep, name):
    """As when a source is lost, and set up anew without its topics."""
    first = KafkaCluster(NEWEST_KAFKA, f"{name}-first", home).start()
    try:
        first.create_topic(name)
        produce(first, name, ["a"])
        process = lockstep(link(first, target, [f"{name}.*"], "mirror"))
        process.wait_copied(name)
        wait_remembered(process, target, name)
        process.terminate()
    finally:
        first.remove()
    empty = KafkaCluster(NEWEST_KAFKA, f"{name}-empty", home).start()
    try:
        process.config.write_text(link(empty, target, [f"{name}.*"], "mirror").yaml(process.port))
        process.start()
        holds_for(lambda: name in target.topics(), "the copy is there", SETTLED)
        assert remembered(process) == []
        assert followed_record(target, name) is not None
    finally:
        empty.remove()


def test_a_topic_that_may_not_be_seen_is_not_gone(secure, target, lockstep, name):
    secure.create_topic(name)
    produce(secure, name, ["a"])
    for right in RIGHTS:
        secure.allow(GUEST, name, right)
    guest = secure.at("SASL_PLAINTEXT", sasl={"mechanism": "PLAIN", "username": GUEST,
                                              "password": GUEST_PASSWORD})
    process = lockstep(link(guest, target, [f"{name}.*"], "mirror", groups=[]))
    process.wait(lambda: state(process, name) == "running", "it is copied")
    wait_remembered(process, target, name)
    for right in RIGHTS:
        secure.forbid(GUEST, name, right)
    why = process.wait(lambda: next((w["problem"] for w in remembered(process)), ""),
                       "it cannot be seen any more")
    assert "whether it is gone cannot be known" in why and "AUTHORIZATION" in why.upper()
    holds_for(lambda: name in target.topics(), "the copy is there", SETTLED)
    secure.allow(GUEST, name, AclOperation.READ)
    process.wait(lambda: remembered(process) == [], "it can be seen again")
    assert eventually(lambda: read(target, name), "the copy has its record")[0].value == b"a"
