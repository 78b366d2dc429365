"""`lockstep verify`: identical is said only of what is, and a difference is found where it is."""

import json
import time

import pytest

from lockstep import Link, run_cli
from paths import KAFKA_VERSIONS
from processes import free_port
from records import produce, produce_mixed, producer
from test_exact import interleaved_transactions


NOW_MS = int(time.time() * 1000)  # records with old timestamps are deleted by retention


def verify(directory, source, target, topics: list[str]) -> tuple[int, dict]:
    config = directory / f"verify-{free_port()}.yaml"
    config.write_text(Link(source, target, topics).yaml(free_port()))
    ended = run_cli("verify", "-c", config, "--json")
    link = json.loads(ended.stdout)["links"][0]
    assert link["problem"] == "", link
    return ended.returncode, {(p["topic"], p["partition"]): p for p in link["partitions"]}


@pytest.mark.parametrize("version", KAFKA_VERSIONS)
def test_copies_are_identical(clusters, lockstep, name, version, tmp_path):
    source, target = clusters.source(version), clusters.target(version)
    mixed, transactions = (source.create_topic(f"{name}-{kind}", 2) for kind in ("mixed", "txn"))
    produce_mixed(source, mixed, "lz4", 2000)
    interleaved_transactions(source, transactions, 10)
    produce(source, mixed, [f"{i}" * 100 for i in range(2000)], partition=1,
            compression_type="gzip")
    process = lockstep(Link(source, target, [f"{name}-.*"]))
    process.wait_copied(mixed, transactions)
    code, partitions = verify(tmp_path, source, target, [f"{name}-.*"])
    assert code == 0
    assert all(partition["identical"] for partition in partitions.values())
    assert sum(p["records"] for key, p in partitions.items() if key[0] == mixed) == 4000
    assert partitions[mixed, 1]["untouched_batches"] > 0
    assert partitions[transactions, 0]["to"] == source.end_offsets(transactions)[0]
    assert partitions[transactions, 0]["records"] > 100


CHANGES = {
    "value": {"value": "b!"},
    "key": {"key": "other"},
    "no key": {"key": None},
    "empty key": {"key": ""},
    "headers": {"headers": [("h", b"2")]},
    "timestamp": {"timestamp": NOW_MS + 1},
}


@pytest.mark.parametrize("change", CHANGES)
def test_finds_the_one_record_that_differs(source, target, name, tmp_path, change):
    topic = source.create_topic(name)
    target.create_topic(name)
    whole = {"value": "b", "key": "k", "headers": [("h", b"1")], "timestamp": NOW_MS}
    for cluster in (source, target):
        client = producer(cluster, linger_ms=1000)
        for i in range(2000):
            differs = CHANGES[change] if cluster is target and i == 1234 else {}
            client.produce(topic, **whole | differs)
        assert client.flush(30) == 0
    code, partitions = verify(tmp_path, source, target, [topic])
    found = partitions[topic, 0]
    assert code == 3, found
    assert not found["identical"] and found["differences"] == 1
    assert found["first_differences"] == [{"offset": 1234, "kind": "differs"}]
    assert found["records"] == 1999


def test_finds_records_of_one_side_only(source, target, name, tmp_path):
    topic = source.create_topic(name)
    target.create_topic(name)
    produce(source, topic, ["a"] * 10)
    produce(target, topic, ["a"])
    interleaved_transactions(target, topic, 2)  # its markers are where the source has records
    code, partitions = verify(tmp_path, source, target, [topic])
    assert code == 3
    kinds = {difference["kind"] for difference in partitions[topic, 0]["first_differences"]}
    assert "only at the source" in kinds or "differs" in kinds


def test_compares_up_to_the_shorter_log(source, target, name, tmp_path):
    topic = source.create_topic(name)
    target.create_topic(name)
    stamped = {"timestamp": NOW_MS}
    for cluster, count in ((source, 10), (target, 7)):
        client = producer(cluster)
        for i in range(count):
            client.produce(topic, f"{i}", **stamped)
        assert client.flush(30) == 0
    code, partitions = verify(tmp_path, source, target, [topic])
    assert code == 0
    assert (partitions[topic, 0]["to"], partitions[topic, 0]["records"]) == (7, 7)


def test_a_topic_that_the_target_lacks_is_not_identical(source, target, name, tmp_path):
    topic = source.create_topic(name)
    code, partitions = verify(tmp_path, source, target, [topic])
    assert code == 3
    assert "no leader" in partitions[topic, 0]["problem"]
