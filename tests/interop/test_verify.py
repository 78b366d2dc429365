"""`lockstep verify`: identical is said only of what is, and a difference is found where it is."""

import json
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lockstep import Link, run_cli
from paths import KAFKA_VERSIONS
from processes import free_port
from records import SteadyProducer, produce, produce_mixed, producer, read
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
    assert "someone else wrote what the target has there" in found["cause"]


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
    assert code == 3
    assert (partitions[topic, 0]["to"], partitions[topic, 0]["records"]) == (7, 7)
    assert partitions[topic, 0]["differences"] == 0
    assert partitions[topic, 0]["records_not_copied"] == 3
    assert not partitions[topic, 0]["identical"]


def test_a_target_without_records_is_not_identical(source, target, name, tmp_path):
    topic = source.create_topic(name, 3)
    target.create_topic(name, 3)
    produce(source, topic, ["a"] * 10)
    code, partitions = verify(tmp_path, source, target, [topic])
    assert code == 3
    assert [partitions[topic, i]["records_not_copied"] for i in range(3)] == [10, 0, 0]
    assert [partitions[topic, i]["identical"] for i in range(3)] == [False, True, True]


@pytest.mark.parametrize("offsets", ["auto", "translate"])
def test_a_copy_that_is_being_made_is_identical_up_to_where_the_source_was(
        source, target, lockstep, name, tmp_path, offsets):
    """Also beside a producer that goes on, and where the source ends with what nobody sees."""
    topic = source.create_topic(name)
    interleaved_transactions(source, topic, 10)
    link = Link(source, target, [name], offsets=offsets)
    process = lockstep(link)
    process.wait(lambda: process.partition(name)["state"] == "running", "it copies")
    config = tmp_path / "verify.yaml"
    config.write_text(link.yaml(free_port()))
    with SteadyProducer(source, name, per_second=500) as steady:
        ended = run_cli("verify", "-c", config, "--wait", "60")
        steady.stop()
    assert ended.returncode == 0, ended.stdout
    process.wait_lag_zero(name)
    process.kill()
    copied = len(read(source, name, "read_committed"))
    interleaved_transactions(source, topic, 1)
    produce(source, topic, ["not copied"] * 3)
    ended = run_cli("verify", "-c", config, "--wait", "0", "--json")
    assert ended.returncode == 3
    partition = json.loads(ended.stdout)["links"][0]["partitions"][0]
    visible = len(read(source, name, "read_committed"))
    assert partition["records_not_copied"] == visible - copied > 3
    assert partition["records"] == copied and partition["differences"] == 0


def test_a_topic_that_the_target_lacks_is_not_identical(source, target, name, tmp_path):
    topic = source.create_topic(name)
    code, partitions = verify(tmp_path, source, target, [topic])
    assert code == 3
    assert "there is no topic" in partitions[topic, 0]["problem"]


def test_narrows_the_links_topics_and_keeps_to_its_rate(source, target, name, tmp_path):
    big, other = f"{name}-big", f"{name}-other"
    for topic in (big, other):
        source.create_topic(topic)
        target.create_topic(topic)
    produce(source, other, ["only here"])
    for cluster in (source, target):
        client = producer(cluster)
        for i in range(2000):
            client.produce(big, f"{i:04d}" * 250, timestamp=NOW_MS)
        assert client.flush(30) == 0
    config = tmp_path / "narrow.yaml"
    config.write_text(Link(source, target, [f"{name}-.*"]).yaml(free_port()))
    begun = time.monotonic()
    ended = run_cli("verify", "-c", config, "--once", "--json", "--rate", "512KiB",
                    "--topics", ".*-big", "--topics", "no-such-topic")
    seconds = time.monotonic() - begun
    assert ended.returncode == 0, ended.stdout
    partitions = json.loads(ended.stdout)["links"][0]["partitions"]
    assert [(p["topic"], p["records"]) for p in partitions] == [(big, 2000)]
    assert seconds > 2  # 2 MB, of which the last chunk is not waited for


def wait_proved(process, topic: str, partition: int = 0, timeout: float = 120) -> dict:
    """Until the proof has come to the end of the source's log; what it found."""
    def compared() -> bool:
        end = process.link.source.end_offsets(topic)[partition]  # a marker may come at any time
        return (process.partition(topic, partition).get("verified") or {}).get("compared_to") == end

    process.wait(compared, f"{topic}-{partition} is compared to its end", timeout)
    return process.partition(topic, partition)["verified"]


def wait_differs(process, topic: str) -> dict:
    process.wait(lambda: (process.partition(topic).get("verified") or {}).get("differences"),
                 f"a difference of {topic} is found", 30)
    return process.partition(topic)["verified"]


def metric(process, name: str, topic: str) -> float:
    for family in text_string_to_metric_families(process.get("/metrics").text):
        for sample in family.samples:
            if sample.name == name and sample.labels.get("topic") == topic:
                return sample.value
    raise KeyError(name)


@pytest.mark.parametrize("version", KAFKA_VERSIONS)
def test_run_proves_what_it_copies(clusters, lockstep, name, version):
    source, target = clusters.source(version), clusters.target(version)
    mixed, transactions = (source.create_topic(f"{name}-{kind}") for kind in ("mixed", "txn"))
    produce_mixed(source, mixed, "zstd", 2000)
    interleaved_transactions(source, transactions, 10)
    process = lockstep(Link(source, target, [f"{name}-.*"]))
    for topic in (mixed, transactions):
        process.wait_copied(topic)
        found = wait_proved(process, topic)
        assert found["differences"] == 0 and found["problem"] == ""
        assert found["records"] == len(read(source, topic, "read_committed"))
        assert (found["from"], found["to"]) == (0, source.end_offsets(topic)[0])
    assert metric(process, "lockstep_verified_offset", mixed) == 2000
    assert metric(process, "lockstep_verified_records_total", mixed) == 2000
    assert metric(process, "lockstep_verify_differences_total", mixed) == 0
    table = run_cli("status", "--url", process.url)
    assert table.returncode == 0 and "UNVERIFIED" in table.stdout


def test_the_proof_follows_a_live_producer_and_begins_anew_with_the_process(
        source, target, lockstep, name):
    source.create_topic(name)
    process = lockstep(Link(source, target, [name]))
    with SteadyProducer(source, name, per_second=2000) as steady:
        process.wait(lambda: process.partition(name)["verified"]["to"] > 4000,
                     "it proves what is being copied", 60)
        reached = source.end_offsets(name)[0]
        process.wait(lambda: process.partition(name)["verified"]["to"] >= reached,
                     "it does not fall behind", 10)
        produced = steady.stop()
    assert wait_proved(process, name)["records"] == produced
    process.kill()
    process.start()
    assert wait_proved(process, name)["records"] == produced


def test_the_proof_waits_behind_an_open_transaction(source, target, lockstep, name):
    source.create_topic(name)
    produce(source, name, ["before"] * 10)
    client = producer(source, transactional_id=name)
    client.init_transactions(30)
    client.begin_transaction()
    client.produce(name, "inside")
    client.flush(30)
    produce(source, name, ["behind"] * 10)
    process = lockstep(Link(source, target, [name]))
    process.wait(lambda: process.partition(name)["verified"]["to"] == 10,
                 "it proves what is committed")
    client.commit_transaction(30)
    found = wait_proved(process, name)
    assert found["records"] == 21 and found["differences"] == 0


def test_a_foreign_write_is_found_where_it_is(source, target, lockstep, name):
    source.create_topic(name)
    produce(source, name, [f"{i}" for i in range(1000)])
    process = lockstep(Link(source, target, [name]))
    process.wait_copied(name)
    wait_proved(process, name)
    produce(target, name, ["foreign"])
    produce(source, name, ["own", "and more"])
    found = wait_differs(process, name)
    assert found["first_difference"] == {"offset": 1000, "kind": "differs"}
    assert (found["to"], found["records"]) == (1000, 1000)
    process.wait(lambda: "the copy differs from its source at offset 1000 (differs)"
                 in process.log_text(), "it is logged")
    assert metric(process, "lockstep_verify_differences_total", name) >= 1
    assert metric(process, "lockstep_verified_offset", name) == 1000
    table = run_cli("status", "--url", process.url)
    assert table.returncode == 3 and "THE COPY IS NOT THE SAME" in table.stdout


def test_one_changed_record_is_found_and_blocks_no_other(source, target, lockstep, name):
    changed, other = f"{name}-changed", f"{name}-other"
    for topic in (changed, other):
        source.create_topic(topic)
    target.create_topic(changed)
    for cluster in (source, target):
        client = producer(cluster, linger_ms=1000)
        for i in range(2000):
            value = "changed" if cluster is target and i == 1234 else f"{i}"
            client.produce(changed, value, timestamp=NOW_MS)
        assert client.flush(30) == 0
    process = lockstep(Link(source, target, [f"{name}-.*"]))
    wait_differs(process, changed)
    found = wait_proved(process, changed)
    assert found["first_difference"] == {"offset": 1234, "kind": "differs"}
    assert (found["to"], found["compared_to"]) == (1234, 2000)
    assert (found["differences"], found["records"]) == (1, 1999)
    produce(source, other, ["a"] * 10)
    assert wait_proved(process, other)["records"] == 10
    process.wait(lambda: "the copy differs from its source" in process.log_text(), "it is logged")
    assert process.log_text().count("the copy differs from its source") == 1


def test_the_proof_goes_on_behind_what_is_deleted(source, target, lockstep, name):
    source.create_topic(name)
    produce(source, name, [f"{i:04d}" * 500 for i in range(3000)])  # 6 MB, 48 s at this rate
    process = lockstep(Link(source, target, [name], verify_rate="128KiB"))
    process.wait_copied(name)
    process.wait(lambda: process.partition(name)["verified"]["to"] > 0, "the proof has begun")
    source.delete_records(name, 0, 2900)
    process.wait(lambda: target.start_offsets(name)[0] == 2900, "the target follows")
    found = wait_proved(process, name)
    assert (found["from"], found["to"]) == (2900, 3000)
    assert found["differences"] == 0 and found["problem"] == ""
    assert 100 <= found["records"] < 2900


def test_a_compacted_topic_may_lack_records_on_one_side(source, target, lockstep, name):
    compacted = {"cleanup.policy": "compact"}
    source.create_topic(name, config=compacted)
    target.create_topic(name, config=compacted)
    for cluster in (source, target):
        client = producer(cluster)
        for i in range(10):
            client.produce(name, "same", key=f"{i}", timestamp=NOW_MS)
        assert client.flush(30) == 0
    client = producer(target, transactional_id=name)
    client.init_transactions(30)
    for _ in range(3):  # a marker is where the source has a record
        client.begin_transaction()
        client.produce(name, "same", key="k", timestamp=NOW_MS)
        client.commit_transaction(30)
    client = producer(source)
    for _ in range(6):
        client.produce(name, "same", key="k", timestamp=NOW_MS)
    assert client.flush(30) == 0
    for cluster in (source, target):  # the newest record is what a worker looks at first
        client = producer(cluster)
        client.produce(name, "same", key="last", timestamp=NOW_MS)
        assert client.flush(30) == 0
    process = lockstep(Link(source, target, [name]))
    found = wait_proved(process, name)
    assert found["differences"] == 0 and found["compacted_on_one_side"] == 3
    assert found["records"] == 14


def test_the_proof_of_translated_offsets(source, target, lockstep, name):
    """Among records of others, transactions and holes; a difference has the source's offset."""
    source.create_topic(name)
    target.create_topic(name)
    produce(target, name, ["someone else's"] * 3)
    interleaved_transactions(source, name, 20)
    process = lockstep(Link(source, target, [name], offsets="translate", verify_rate="64MiB"))
    found = wait_proved(process, name)
    records = len(read(source, name, "read_committed"))
    assert (found["records"], found["differences"], found["problem"]) == (records, 0, "")
    produce(target, name, ["someone else's"] * 3)
    interleaved_transactions(source, name, 20)
    found = wait_proved(process, name)
    assert found["to"] == source.end_offsets(name)[0] and found["differences"] == 0
    assert found["records"] == len(read(source, name, "read_committed")) > records


def test_the_proof_can_be_switched_off(source, target, lockstep, name):
    source.create_topic(name)
    produce(source, name, ["a"] * 10)
    process = lockstep(Link(source, target, [name], verify_rate="off"))
    process.wait_copied(name)
    process.wait(lambda: process.partition(name)["lag_records"] == 0, "status is up to date")
    assert process.partition(name)["verified"] is None
    with pytest.raises(KeyError):
        metric(process, "lockstep_verified_offset", name)
