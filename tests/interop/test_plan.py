"""`lockstep plan`: routes and what `run` would do, within seconds, and without a trace."""

import json
import time

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import ConfigResource, NewTopic, OffsetSpec, ResourceType

from lockstep import Link, Replication, run_cli
from records import produce, producer
from waiting import eventually

TOPICS = 1000
SECONDS = 5  # that a plan of so many may take
KAFKAS_OWN = ("__consumer_offsets", "__transaction_state", "__share_group_state")
REQUEST = {"request_timeout": 90}  # seconds, of a client for a thousand topics
ANSWERED = 120
ATTEMPTS = 5  # as the machine may stand still meanwhile


def state(cluster) -> dict:
    return eventually(lambda: look_at(cluster), "the cluster tells all", 2 * ANSWERED)


def look_at(cluster) -> dict:
    """All that a cluster tells of its topics and its groups; but for the ends of its own topics, to
    which its coordinators write when members or transactions of former tests time out."""
    found = cluster.admin.list_topics(timeout=60).topics
    resources = [ConfigResource(ResourceType.TOPIC, topic) for topic in found]
    asked = cluster.admin.describe_configs(resources, **REQUEST) if resources else {}
    configs = {resource.name: sorted((key, entry.value)
                                     for key, entry in future.result(ANSWERED).items())
               for resource, future in asked.items()}
    places = {TopicPartition(topic, partition): OffsetSpec.latest()
              for topic, about in found.items() if topic not in KAFKAS_OWN
              for partition in about.partitions}
    ends = {(place.topic, place.partition): future.result(ANSWERED).offset
            for place, future in (cluster.admin.list_offsets(places, **REQUEST) if places
                                  else {}).items()}
    groups = cluster.admin.list_consumer_groups(**REQUEST).result(ANSWERED).valid
    return {"topics": {name: len(about.partitions) for name, about in found.items()},
            "configs": configs, "ends": ends, "groups": {group.group_id for group in groups}}


def assert_untouched(cluster, before: dict) -> None:
    """Groups without members or offsets may be gone: brokers clean up now and then."""
    now = state(cluster)
    assert now["groups"] <= before["groups"], "plan only looks"
    assert now | {"groups": None} == before | {"groups": None}, "plan only looks"


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
    for _ in range(ATTEMPTS):
        started = time.monotonic()
        done = run_cli("plan", "-c", config, "--json")
        seconds = time.monotonic() - started
        if seconds <= SECONDS:
            break
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    link = json.loads(done.stdout)["links"][0]
    assert len(link["topics"]) == TOPICS
    assert sum(topic["action"] == "create" for topic in link["topics"]) == TOPICS // 2
    assert json.loads(done.stdout)["records_to_copy"] == TOPICS
    assert json.loads(done.stdout)["bytes_to_copy"] > TOPICS * 60
    for cluster, was in before.items():
        assert_untouched(cluster, was)
    assert seconds <= SECONDS, f"{seconds:.1f} s"


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
