"""Regions: how far away clusters are, whether they answer, what goes between them."""

import itertools
import json
import signal
import time

import pytest

from cluster_state import assert_untouched, state
from kafka_cluster import KafkaCluster
from lockstep import Link, Replication, run_cli
from paths import NEWEST_KAFKA
from records import SteadyProducer

PLACES = ("europe", "america")  # of east, and of west
SOON = 20  # seconds, until a cluster that has ended is told to be unreachable


@pytest.fixture
def far(home, name):
    """A cluster that may be ended."""
    cluster = KafkaCluster(NEWEST_KAFKA, name, home).start()
    yield cluster
    cluster.remove()


@pytest.fixture
def run(source, far, lockstep, name, monkeypatch):
    """A Lockstep that copies between two regions; and its regions, by name."""
    source.create_topic(name, 1)
    for cluster, region in zip((source, far), PLACES):
        monkeypatch.setattr(cluster, "more", {"region": region}, raising=False)
    process = lockstep(Link(source, far, [name]))

    def regions() -> dict[str, dict]:
        done = run_cli("regions", "--json", "--url", process.url)
        found = json.loads(done.stdout)["regions"]
        has_trouble = any(region["health"] == "unreachable" for region in found)
        assert done.returncode == (3 if has_trouble else 0), done.stdout + done.stderr
        return {region["region"]: region for region in found}

    process.regions = regions
    return process


def is_measured(region: dict) -> bool:
    return region["health"] == "healthy" and (region["round_trip_ms"] or 0) > 0


def test_both_are_healthy_and_bytes_flow(run, source, name):
    with SteadyProducer(source, name, per_second=200):
        run.wait(lambda: all(map(is_measured, run.regions().values())), "both are measured")
        run.wait(lambda: run.regions()["europe"]["out_bytes_per_second"] > 0, "bytes flow")
        found = run.regions()
    assert tuple(found) == PLACES
    assert found["america"]["in_bytes_per_second"] > 0
    assert found["america"]["out_bytes_per_second"] == found["europe"]["in_bytes_per_second"] == 0
    east = found["europe"]["clusters"][0]
    assert east["cluster"] == "east" and east["brokers"] == 1 and east["reason"] == ""
    table = run_cli("regions", "--url", run.url).stdout
    assert table.startswith("REGION   CLUSTER  HEALTH")
    assert "europe   east     healthy" in table and "america  west     healthy" in table
    metrics = run.get("/metrics").text
    assert 'lockstep_cluster_up{cluster="east",region="europe"} 1' in metrics
    assert 'lockstep_cluster_brokers{cluster="west",region="america"} 1' in metrics
    assert 'lockstep_cluster_round_trip_seconds{cluster="east",region="europe"} 0.0' in metrics


@pytest.mark.parametrize("how", [pytest.param(signal.SIGTERM, id="controlled"),
                                 pytest.param(signal.SIGKILL, id="crash")])
def test_a_cluster_that_ends_and_comes_back(run, far, how):
    run.wait(lambda: is_measured(run.regions()["america"]), "it is measured")
    far.end_broker(how=how)
    ended = time.monotonic()
    found = run.wait(lambda: [region for region in [run.regions()["america"]]
                              if region["health"] == "unreachable"], "it is unreachable")[0]
    assert time.monotonic() - ended < SOON
    west = found["clusters"][0]
    assert "cluster west" in west["reason"] and west["round_trip_ms"] is None
    assert run.regions()["europe"]["health"] == "healthy"
    done = run_cli("regions", "--url", run.url)
    assert done.returncode == 3 and "america  west     unreachable" in done.stdout
    assert "cluster west" in done.stdout
    assert 'lockstep_cluster_up{cluster="west",region="america"} 0' in run.get("/metrics").text
    far.start_broker()
    run.wait(lambda: is_measured(run.regions()["america"]), "it is healthy again")
    assert run_cli("regions", "--url", run.url).returncode == 0
    assert run.log_text().count("cluster west is unreachable") == 1
    assert run.log_text().count("cluster west is healthy again") == 1


def test_a_plan_measures_the_costs_of_a_mesh(clusters, source, target, name, tmp_path):
    clusters.start(("source", "3.9.1"))
    places = {"eu": source, "us": target, "asia": clusters.source("3.9.1")}
    source.create_topic(name, 1)
    costs = ("    routes: cheapest\n    costs:\n      - {between: [eu, us], cost: 1000}\n"
             "      - {between: [us, asia], cost: 1}\n      - {between: [eu, asia], cost: 2}\n")
    config = tmp_path / "lockstep.yaml"
    config.write_text(Replication("mesh", places, [name], more=costs).yaml(0))
    before = {cluster: state(cluster) for cluster in places.values()}
    done = run_cli("plan", "-c", config)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nCOSTS\n  all: its costs give eu - asia, asia - us\n" in done.stdout
    plan = json.loads(run_cli("plan", "-c", config, "--json").stdout)
    assert [each["between"] for each in plan["measured_costs"]] == [
        ["asia", "eu"], ["asia", "us"], ["eu", "us"]]
    assert all(each["cost"] > 0 for each in plan["measured_costs"])
    for cluster, was in before.items():
        assert_untouched(cluster, was)


def test_costs_that_were_measured_can_be_set(clusters, source, target, name, tmp_path):
    """A plan with the block that a plan has printed says the routes that it said there."""
    clusters.start(("source", "3.9.1"))
    places = {"eu": source, "us": target, "asia": clusters.source("3.9.1")}
    source.create_topic(name, 1)
    config = tmp_path / "lockstep.yaml"

    def plan(more: str) -> str:
        config.write_text(Replication("mesh", places, [name], more=more).yaml(0))
        done = run_cli("plan", "-c", config)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # Of three clusters beside each other any may be measured to be the nearest, each time anew.
    for _, center in itertools.product(range(6), places):
        others = [other for other in places if other != center]
        costs = "".join(f"      - {{between: [{center}, {other}], cost: 1}}\n" for other in others)
        text = plan(f"    routes: cheapest\n    costs:\n{costs}")
        if "    costs:\n" in text:
            block = text[text.index("    costs:\n"):text.index("\nLINKS")]
            said = text.partition("the measured costs would give ")[2].partition(".")[0]
            wanted = {frozenset(pair.split(" - ")) for pair in " ".join(said.split()).split(", ")}
            again = plan(f"    routes: cheapest\n{block}")
            given = again.partition("its costs give ")[2].partition("\n")[0]
            assert {frozenset(pair.split(" - ")) for pair in given.split(", ")} == wanted
            return
    pytest.fail("all costs give the routes that are measured")
