"""What an operator sees and does: status, metrics, readiness, check, an orderly end."""

import json
import re
import signal
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lockstep import DRAIN_SECONDS, Link, run_cli
from records import SteadyProducer, assert_same_records, produce

ATTEMPTS = 3  # at an end in time: once it may be the machine that stood still


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_ends_in_time_under_load(source, target, lockstep, name, how):
    source.create_topic(name, 6)
    process = lockstep(Link(source, target, [name]))
    with SteadyProducer(source, name, per_second=5000) as steady:
        process.wait(lambda: target.record_count(name) > 5000, "it copies", 30)
        for _ in range(ATTEMPTS):
            code, seconds = process.terminate(how)
            assert code == 0
            if seconds < DRAIN_SECONDS:
                break
            before = target.record_count(name)
            process.start().wait(lambda n=before: target.record_count(name) > n, "it goes on")
        produced = steady.stop()
    assert seconds < DRAIN_SECONDS, f"{seconds:.1f} s each time"
    process.start().wait_copied(name)
    assert assert_same_records(source, target, name) == produced


@pytest.fixture
def copied(source, target, lockstep, name):
    """A link that has copied a topic of two partitions."""
    source.create_topic(name, 2)
    produce(source, name, [f"value {i}" for i in range(100)], partition=0, batch_num_messages=10)
    produce(source, name, [f"value {i}" for i in range(30)], partition=1)
    process = lockstep(Link(source, target, [name]))
    process.wait_copied(name)
    for partition, count in enumerate((100, 30)):
        wanted = {"lag_records": 0, "copied_records": count, "state": "running"}
        process.wait(lambda p=partition, w=wanted: w.items() <= process.partition(name, p).items(),
                     "status is up to date", 10)
    return process


def test_status_as_json(copied, source, target, name):
    done = run_cli("status", "--url", copied.url, "--json")
    assert done.returncode == 0, done.stderr
    status = json.loads(done.stdout)
    assert status["version"] and status["uptime_seconds"] >= 0
    link = status["links"][0]
    assert (link["name"], link["source"], link["target"]) == ("east-to-west", "east", "west")
    assert link["source_cluster_id"] == source.cluster_id
    assert link["target_cluster_id"] == target.cluster_id
    assert link["discovered"] is True and link["problem"] == ""
    first = next(p for p in link["partitions"] if p["partition"] == 0)
    wanted = {"topic": name, "state": "running", "reason": "", "source_log_start": 0,
              "source_high_watermark": 100, "target_log_end": 100, "lag_records": 0,
              "copied_records": 100}
    assert {key: first[key] for key in wanted} == wanted
    assert first["copied_batches"] >= 1 and first["copied_bytes"] > 0
    assert first["lag_seconds"] == 0


def test_status_as_a_table(copied, name):
    done = run_cli("status", "--url", copied.url)
    assert done.returncode == 0, done.stderr
    assert "east-to-west: east -> west" in done.stdout
    assert name in done.stdout and done.stdout.count("running") >= 2


def test_status_of_nothing():
    done = run_cli("status", "--url", "http://127.0.0.1:9")
    assert done.returncode != 0
    assert "127.0.0.1:9" in done.stderr


def test_metrics_say_what_status_says(copied, name):
    families = list(text_string_to_metric_families(copied.get("/metrics").text))
    assert families and all(f.name.startswith(("lockstep_", "process_")) for f in families)
    histograms = {f.name for f in families if f.type == "histogram"}
    assert histograms == {"lockstep_fetch_duration_seconds", "lockstep_produce_duration_seconds"}
    samples = {(s.name, s.labels.get("topic"), s.labels.get("partition")): s
               for family in families for s in family.samples}
    for partition in (0, 1):
        seen = copied.partition(name, partition)
        for metric, field in (("lockstep_partition_lag_records", "lag_records"),
                              ("lockstep_partition_lag_seconds", "lag_seconds"),
                              ("lockstep_copied_records_total", "copied_records"),
                              ("lockstep_copied_bytes_total", "copied_bytes"),
                              ("lockstep_copied_batches_total", "copied_batches")):
            sample = samples[metric, name, str(partition)]
            assert sample.value == seen[field], metric
            assert sample.labels["link"] == "east-to-west"
        state = samples["lockstep_partition_state", name, str(partition)]
        assert (state.labels["state"], state.value) == ("running", 1)


def test_lag_is_told_while_the_target_is_away(source, target, lockstep, name):
    source.create_topic(name)
    process = lockstep(Link(source, target, [name]))
    produce(source, name, ["x"])
    process.wait_copied(name)
    target.end_broker()
    try:
        produce(source, name, ["y"] * 500)
        process.wait(lambda: process.partition(name)["lag_records"] == 500, "the lag is told", 30)

        def says_why() -> bool:
            found = process.partition(name)
            return found["state"] == "retrying" and found["reason"] != ""

        process.wait(says_why, "it says so, and why", 30)
        process.wait(lambda: (process.partition(name)["lag_seconds"] or 0) > 3,
                     "the first record that waits grows older", 30)
    finally:
        target.start_broker()
    process.wait_copied(name)
    process.wait(lambda: process.partition(name)["lag_records"] == 0, "the lag is gone", 10)
    process.wait(lambda: process.partition(name)["state"] == "running", "it runs again", 10)
    assert assert_same_records(source, target, name) == 501


def test_check_lists_what_would_be_copied(source, target, tmp_path, name):
    source.create_topic(f"{name}-1", 3)
    source.create_topic(f"{name}-2")
    config = tmp_path / "lockstep.yaml"
    config.write_text(Link(source, target, [f"{name}-.*"]).yaml(7878))
    done = run_cli("check", "-c", config)
    assert done.returncode == 0, done.stderr
    assert f"{name}-1" in done.stdout and f"{name}-2" in done.stdout
    as_json = run_cli("check", "-c", config, "--json")
    assert f"{name}-1" in json.dumps(json.loads(as_json.stdout))
    assert not {topic for topic in target.topics() if topic.startswith(name)}, "check only looks"


def test_an_entry_without_a_topic_is_told(source, target, lockstep, tmp_path, name):
    source.create_topic(f"{name}-orders")
    link = Link(source, target, [f"{name}-ordrs"])
    config = tmp_path / "lockstep.yaml"
    config.write_text(link.yaml(7878))
    warning = f'no topic of east matches "{name}-ordrs"; did you mean "{name}-orders"?'
    for command in ("check", "plan"):
        done = run_cli(command, "-c", config)
        assert done.returncode == 0
        assert warning in " ".join(done.stdout.split()), done.stdout
    process = lockstep(link)
    process.wait(lambda: process.links()[0]["unmatched_topics"], "the status tells of it")
    assert warning in " ".join(run_cli("status", "--url", process.url).stdout.split())
    assert warning in process.log_text()
    source.create_topic(f"{name}-ordrs")
    process.wait(lambda: not process.links()[0]["unmatched_topics"], "there is one now", 60)


def test_check_tells_of_an_unreachable_cluster(source, tmp_path, name):
    nowhere = SimpleNamespace(bootstrap="127.0.0.1:9")
    config = tmp_path / "lockstep.yaml"
    config.write_text(Link(source, nowhere, [name]).yaml(7878))
    done = run_cli("check", "-c", config, timeout=60)
    assert done.returncode == 3
    assert "127.0.0.1:9" in done.stderr + done.stdout


def test_http_port_in_use(source, target, lockstep, tmp_path, name):
    first = lockstep(Link(source, target, [name]))
    done = run_cli("run", "-c", first.config)
    assert done.returncode == 1
    assert re.search(rf"\b{first.port}\b", done.stderr + done.stdout)
