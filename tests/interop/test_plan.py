"""`lockstep plan`: routes and what `run` would do, without a trace."""

import json

import pytest
from confluent_kafka.admin import NewTopic

from cluster_state import ANSWERED, REQUEST, assert_untouched, state
from lockstep import Link, Replication, run_cli
from records import produce, producer

TOPICS = 1000  # how long a plan of so many takes is measured by bench/plan.py


@pytest.fixture
def many_topics(source, target, name):
    """A thousand, some of which the target has already."""
    names = [f"{name}-{i:04}" for i in range(TOPICS)]
    for cluster, some in ((source, names), (target, names[::2])):
        for future in cluster.admin.create_topics([NewTopic(topic, 1, 1) for topic in some],
                                                  operation_timeout=60, **REQUEST).values():
            future.result(ANSWERED)
    client = producer(source)
    for topic in names:
        client.produce(topic, f"a record of {topic}")
    assert client.flush(ANSWERED) == 0
    yield names
    for cluster, some in ((source, names), (target, names[::2])):
        for future in cluster.admin.delete_topics(some, operation_timeout=60, **REQUEST).values():
            future.result(ANSWERED)


def test_a_thousand_topics(source, target, many_topics, name, tmp_path):
    config = tmp_path / "lockstep.yaml"
    config.write_text(Link(source, target, [f"{name}-.*"], offsets="auto").yaml(0))
    before = {cluster: state(cluster) for cluster in (source, target)}
    done = run_cli("plan", "-c", config, "--json")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    link = json.loads(done.stdout)["links"][0]
    assert len(link["topics"]) == TOPICS
    assert sum(topic["action"] == "create" for topic in link["topics"]) == TOPICS // 2
    assert json.loads(done.stdout)["records_to_copy"] == TOPICS
    assert json.loads(done.stdout)["bytes_to_copy"] > TOPICS * 60
    for cluster, was in before.items():
        assert_untouched(cluster, was)


def test_routes_of_a_replication(clusters, source, target, name, tmp_path):
    clusters.start(("source", "3.9.1"))
    places = {"eu": source, "us": target, "asia": clusters.source("3.9.1")}
    source.create_topic(name, 2)
    produce(source, name, ["a", "b", "c"])
    config = tmp_path / "lockstep.yaml"
    config.write_text(Replication("hub-spoke", places, [name]).yaml(0))
    before = {cluster: state(cluster) for cluster in places.values()}
    done = run_cli("plan", "-c", config)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "  all (hub-spoke)\n    from asia: to eu; us by eu\n" in done.stdout
    plan = json.loads(run_cli("plan", "-c", config, "--json").stdout)
    paths = {(route["origin"], route["cluster"]): route["path"] for route in plan["routes"]}
    assert len(paths) == 6 and paths["us", "asia"] == ["us", "eu", "asia"]
    assert plan["records_to_copy"] == 6 and plan["route_problems"] == []
    assert all(cluster["round_trip_ms"] > 0 for cluster in plan["clusters"])
    for cluster, was in before.items():
        assert_untouched(cluster, was)


def test_routes_that_would_double_records(clusters, source, target, name, tmp_path):
    clusters.start(("source", "3.9.1"))
    third = clusters.source("3.9.1")
    for cluster in (source, target, third):
        cluster.create_topic(name, 1)
    text = Link(source, target, [name], offsets="auto").yaml(0)
    text = text.replace("links:\n", f"  - name: third\n    bootstrap: {third.bootstrap}\nlinks:\n"
                        f"  - {{source: west, target: third, topics: [{name}]}}\n"
                        f"  - {{source: east, target: third, topics: [{name}]}}\n")
    config = tmp_path / "lockstep.yaml"
    config.write_text(text)
    done = run_cli("plan", "-c", config)
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"topic {name}: records of east would come to third twice" in " ".join(
        done.stdout.split())
