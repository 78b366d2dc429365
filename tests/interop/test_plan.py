"""`lockstep plan`: routes and what `run` would do, without a trace."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from confluent_kafka.admin import NewTopic

from cluster_state import ANSWERED, REQUEST, assert_untouched, state
from lockstep import Link, Replication, run_cli
from records import produce, producer, read
from test_settings import HOUR_MS, Told, as_start, hours_ago_ms, produce_at

TOPICS = 1000  # how long a plan of so many takes is measured by bench/plan.py


@dataclass
class PlainLinks:
    """Links of their own between any clusters."""

    clusters: dict[str, Any]  # by name
    links: list[tuple[str, str]]
    topics: list[str]

    def yaml(self, http_port: int) -> str:
        clusters = "".join(f"  - {{name: {name}, bootstrap: {json.dumps(cluster.bootstrap)}}}\n"
                           for name, cluster in self.clusters.items())
        links = "".join(f"  - {{source: {source}, target: {target}, "
                        f"topics: {json.dumps(self.topics)}}}\n" for source, target in self.links)
        return (f"clusters:\n{clusters}links:\n{links}"
                f"http:\n  listen: 127.0.0.1:{http_port}\n")


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


@pytest.mark.parametrize("start, first", [("latest", 25), ("two hours ago", 20)])
@pytest.mark.parametrize("offsets", ["preserve", "translate", "auto"])
def test_a_copy_begins_where_the_plan_says(source, target, lockstep, name, tmp_path, offsets, start,
                                           first):
    """To begin there, `auto` needs more filler than it may write; at offset 0 it needs none."""
    topic = source.create_topic(name, 1)
    old_ms = hours_ago_ms(3)
    produce_at(source, topic, old_ms, 20)
    produce_at(source, topic, old_ms + 2 * HOUR_MS, 5)
    told = start if start == "latest" else as_start(old_ms + HOUR_MS)
    link = Told(source, target, [topic], offsets=offsets, more=f"    start: {told}\n",
                max_filler="1" if offsets == "auto" else "")
    config = tmp_path / "plan.yaml"
    config.write_text(link.yaml(0))
    done = run_cli("plan", "-c", config, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    plan = json.loads(done.stdout)
    planned = plan["links"][0]["topics"][0]["partitions"][0]
    assert planned["next_offset"] == first and planned["records_to_copy"] == 25 - first
    assert plan["records_to_copy"] == 25 - first
    process = lockstep(link)
    process.wait_lag_zero(topic)
    found = process.partition(topic)
    assert found["offsets"] == planned["offsets"]
    assert found["offsets"] == ("preserve" if offsets == "preserve" else "translate")
    assert found["translated_why"] == planned["translated_why"]
    assert len(read(target, topic)) == 25 - first


def test_what_blocks_a_late_beginning(source, target, lockstep, name, tmp_path):
    topic = source.create_topic(name, 1)
    produce(source, topic, [str(i) for i in range(25)])
    link = Told(source, target, [topic], max_filler="1", more="    start: latest\n")
    config = tmp_path / "plan.yaml"
    config.write_text(link.yaml(0))
    done = run_cli("plan", "-c", config, "--json")
    assert done.returncode == 3, done.stdout + done.stderr
    planned = json.loads(done.stdout)["links"][0]["topics"][0]["partitions"][0]
    assert "max_filler is 1" in planned["blocked"]
    assert lockstep(link).wait_blocked(topic) == planned["blocked"]


def test_routes_are_those_that_run_would_refuse(clusters, source, target, lockstep, name, tmp_path):
    """The topic is on one cluster only, from where one link brings it on; or on none."""
    clusters.start(("source", "3.9.1"))
    places = {"eu": source, "us": target, "asia": clusters.source("3.9.1")}
    links = PlainLinks(places, [("us", "asia"), ("us", "eu"), ("eu", "asia")], [f"{name}-[0-9]"])
    config = tmp_path / "lockstep.yaml"
    config.write_text(links.yaml(0))
    nowhere = run_cli("plan", "-c", config)
    assert nowhere.returncode == 3, nowhere.stdout + nowhere.stderr
    assert "topics that match" in nowhere.stdout and "by one way" not in nowhere.stdout
    topic = source.create_topic(f"{name}-1", 1)
    produce(source, topic, ["a record"])
    what = "records of us would come to asia twice, by us -> asia and by us -> eu -> asia"
    for command in ("plan", "check"):
        done = run_cli(command, "-c", config)
        assert done.returncode == 3, done.stdout + done.stderr
        assert what in " ".join(done.stdout.split())
    plan = json.loads(run_cli("plan", "-c", config, "--json").stdout)
    assert [problem.startswith(f"topic {topic}: {what}") for problem in plan["route_problems"]] == [
        True]
    planned = {link["name"]: link["topics"] for link in plan["links"]}["eu-to-asia"][0]
    process = lockstep(links)

    def reason() -> str:
        for link in process.links():
            for partition in link["partitions"]:
                if link["name"] == "eu-to-asia" and partition["state"] == "blocked":
                    return partition["reason"]
        return ""

    assert process.wait(reason, "it is blocked") == planned["partitions"][0]["blocked"]


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
