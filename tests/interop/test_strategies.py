"""Several clusters that are all written to: every record on every cluster, once, and never back."""

import json
import os
import random
import signal
import threading
import time
from dataclasses import dataclass
from itertools import permutations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lockstep import Replication, run_cli
from records import produce, producer, read

PARTITIONS = 2
# For so many seconds producers write while Lockstep is killed; in longer runs brokers are, too.
SECONDS = float(os.environ.get("STRATEGY_SECONDS", "10"))
LONG = 60
PER_SECOND = 300

COUNTERS = ("lockstep_copied_records_total", "lockstep_skipped_foreign_records_total")

# Whose records come by each link, a source and a target.
Routes = dict[tuple[str, str], set[str]]


class Writer:
    """Writes numbered records to each topic of one cluster in the background."""

    def __init__(self, name: str, cluster, topics: list[str]):
        self.name = name
        self.written: dict[tuple[str, int], int] = {(topic, partition): 0 for topic in topics
                                                    for partition in range(PARTITIONS)}
        self._client = producer(cluster, message_timeout_ms=900_000, compression_type="lz4")
        self._failures: list = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        assert self._client.flush(120) == 0 and not self._failures, self._failures[:3]

    def write(self, count: int) -> None:
        """So many more records to each partition, after `stop`."""
        for place in self.written:
            for _ in range(count):
                self._send(place)
        assert self._client.flush(120) == 0 and not self._failures, self._failures[:3]

    def _run(self) -> None:
        places = list(self.written)
        began, sent = time.monotonic(), 0
        while not self._stop.wait(0.02):
            due = int((time.monotonic() - began) * PER_SECOND)
            for number in range(sent, due):
                self._send(places[number % len(places)])
            sent = due
            self._client.poll(0)

    def _send(self, place: tuple[str, int]) -> None:
        topic, partition = place
        self._client.produce(topic, f"{self.name} {self.written[place]}", partition=partition,
                             on_delivery=lambda error, _: error and self._failures.append(error))
        self.written[place] += 1


def four_clusters(clusters) -> dict:
    """Of two versions of Kafka."""
    pairs = [("source", "4.3.0"), ("target", "4.3.0"), ("source", "3.9.1"), ("target", "3.9.1")]
    clusters.start(*pairs)
    return {name: clusters.get(which) for name, which in zip(("eu", "us", "asia", "africa"), pairs)}


def assert_everywhere_once(name: str, cluster, writers: list[Writer], topics: list[str]) -> int:
    """Each origin's records are all there, once and in their order."""
    total = 0
    for topic in topics:
        records = read(cluster, topic)
        total += len(records)
        for writer in writers:
            for partition in range(PARTITIONS):
                found = [record.value.decode() for record in records
                         if record.partition == partition
                         and record.value.startswith(writer.name.encode() + b" ")]
                expected = [f"{writer.name} {i}" for i in range(writer.written[topic, partition])]
                assert found == expected, (f"{topic}-{partition} on {name}: of {writer.name} "
                                           f"{len(found)} records, not {len(expected)}")
    return total


def run_with_faults(lockstep, replication: Replication, routes: Routes):
    """Writes to all clusters that records are born at, kills Lockstep now and then, and holds every
    cluster to all of it. Returns the process, which goes on."""
    topics, chance = replication.topics, random.Random(7)
    places = replication.clusters
    origins = [name for name in places if name in set().union(*routes.values())]
    for name in origins:
        for topic in topics:
            places[name].create_topic(topic, PARTITIONS)
    process = lockstep(replication)
    writers = [Writer(name, places[name], topics) for name in origins]
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        threading.Event().wait(chance.uniform(1, 8))  # how long it lives is the fault
        if SECONDS > LONG and chance.random() < 0.4:
            cluster = chance.choice(list(places.values()))
            cluster.restart_broker(0, chance.choice((signal.SIGTERM, signal.SIGKILL)))
        else:
            process.kill()
            process.start()
    for writer in writers:
        writer.stop()
    wait_everywhere(process, replication, writers)
    assert_nothing_comes_back(process, replication, routes, writers)
    total = sum(sum(writer.written.values()) for writer in writers)
    for name, cluster in places.items():
        assert assert_everywhere_once(name, cluster, writers, topics) == total
    verified = run_cli("verify", "-c", process.config, timeout=300)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    return process


def wait_everywhere(process, replication: Replication, writers: list[Writer]) -> None:
    """Until every cluster has it all, and every link has read all that its source has."""
    total = sum(sum(writer.written.values()) for writer in writers)
    ends: dict[str, dict[str, dict[int, int]]] = {}
    for name, cluster in replication.clusters.items():
        process.wait(lambda c=cluster: sum(map(c.record_count, replication.topics)) >= total,
                     f"{name} has all {total} records", 120)
        ends[name] = {topic: cluster.end_offsets(topic) for topic in replication.topics}

    def has_read_all(link: dict) -> bool:
        read_to: dict[str, dict[int, int]] = {}
        for p in link["partitions"]:
            if p["state"] == "running":
                read_to.setdefault(p["topic"], {})[p["partition"]] = p["next_offset"]
        return read_to == ends[link["source"]]

    process.wait(lambda: all(map(has_read_all, process.links())), "every link has read all", 120)


def assert_nothing_comes_back(process, replication: Replication, routes: Routes,
                              writers: list[Writer]) -> None:
    """The number of records tells where they were born: each link copies exactly those that are its
    own to carry, and passes over all others that its source has. Nothing restarts meanwhile."""
    born = {writer.name: 10 ** i for i, writer in enumerate(writers)}
    before = counted(process)
    for writer in writers:
        writer.write(born[writer.name])
    wait_everywhere(process, replication, writers)
    after = counted(process)
    expected = {}
    for (source, target), origins in routes.items():
        carried = sum(born[origin] for origin in origins)
        for topic in replication.topics:
            for partition in range(PARTITIONS):
                where = (source, target, topic, str(partition))
                expected[COUNTERS[0], *where] = carried
                expected[COUNTERS[1], *where] = sum(born.values()) - carried
    assert {what: after[what] - before.get(what, 0) for what in after} == expected


def counted(process) -> dict[tuple[str, ...], float]:
    """What the links' counters say: by metric, source, target, topic and partition."""
    return {(sample.name, *(sample.labels[label]
                            for label in ("source", "target", "topic", "partition"))): sample.value
            for family in text_string_to_metric_families(process.get("/metrics").text)
            for sample in family.samples if sample.name in COUNTERS}


def direct(places: dict) -> Routes:
    """Each link carries what was born at its source."""
    return {(one, other): {one} for one, other in permutations(places, 2)}


def some(clusters: dict, *names: str) -> dict:
    return {name: clusters[name] for name in names}


def test_active_active(clusters, lockstep, name):
    places = some(four_clusters(clusters), "eu", "us")
    run_with_faults(lockstep, Replication("active-active", places, [name]), direct(places))


@pytest.mark.parametrize("topics", [20])
def test_mesh_of_three(clusters, lockstep, name, topics):
    places = some(four_clusters(clusters), "eu", "us", "asia")
    names = [f"{name}-{i}" for i in range(topics)]
    run_with_faults(lockstep, Replication("mesh", places, names), direct(places))


def test_cheapest_mesh(clusters, lockstep, name):
    """A chain: what is born at one end is relayed twice."""
    places, chain = four_clusters(clusters), ("asia", "eu", "us", "africa")
    pairs = list(enumerate(zip(chain, chain[1:]), start=1))
    costs = "".join(f"      - {{between: [{one}, {other}], cost: 1}}\n"
                    for _, (one, other) in pairs)
    more = f"    routes: cheapest\n    costs:\n{costs}"
    routes: Routes = {(one, other): set(chain[:i]) for i, (one, other) in pairs}
    routes |= {(other, one): set(chain[i:]) for i, (one, other) in pairs}
    run_with_faults(lockstep, Replication("mesh", places, [name], more), routes)


def test_hub_and_three_spokes(clusters, lockstep, name):
    places = four_clusters(clusters)
    hub, *spokes = places
    routes: Routes = {(spoke, hub): {spoke} for spoke in spokes}
    routes |= {(hub, spoke): set(places) - {spoke} for spoke in spokes}
    run_with_faults(lockstep, Replication("hub-spoke", places, [name]), routes)


def test_active_passive(clusters, lockstep, name):
    """Copies of the active cluster keep its offsets; each passive one has them all."""
    places = some(four_clusters(clusters), "eu", "us", "asia")
    routes: Routes = {("eu", passive): {"eu"} for passive in ("us", "asia")}
    process = run_with_faults(lockstep, Replication("active-passive", places, [name]), routes)
    for passive in ("us", "asia"):
        assert read(places[passive], name) == read(places["eu"], name)
    assert {p["offsets"] for link in process.links() for p in link["partitions"]} == {"preserve"}


def test_a_quiet_origin_is_not_taken_for_lost(clusters, lockstep, name):
    """Its last record is long deleted with all that others wrote behind it: nothing was lost."""
    places = some(four_clusters(clusters), "eu", "us")
    eu, us = places.values()
    for cluster in places.values():
        cluster.create_topic(name, 1)
    process = lockstep(Replication("active-active", places, [name]))
    produce(eu, name, ["eu 0"])
    produce(us, name, [f"us {i}" for i in range(12_000)])
    process.wait(lambda: eu.record_count(name) == us.record_count(name) == 12_001,
                 "both have all", 60)

    def stored() -> int:
        """How often it was stored where eu's own records are."""
        start, what = f"{eu.cluster_id}:".encode(), f":{name}:0:s:0".encode()
        return sum(r.key.startswith(start) and r.key.endswith(what)
                   for r in read(us, "__lockstep_offsets"))

    process.wait(lambda: stored() >= 2, "that it has none behind the first is stored", 30)
    process.kill()
    eu.delete_records(name, 0, 12_001)
    process.start()
    produce(eu, name, ["eu 1"])
    process.wait(lambda: us.record_count(name) == 12_002, "it goes on", 30)
    assert [r.value for r in read(us, name) if r.value.startswith(b"eu")] == [b"eu 0", b"eu 1"]


@pytest.mark.parametrize("how", ["paused", "stopped"])
def test_what_was_read_before_a_rest_is_not_taken_for_lost(clusters, lockstep, name, how):
    """While it rests, the source deletes what it had read: eu's next record was not among it."""
    places = some(four_clusters(clusters), "eu", "us")
    eu, us = places.values()
    for cluster in places.values():
        cluster.create_topic(name, 1)
    process = lockstep(Replication("active-active", places, [name]))
    produce(eu, name, [f"eu {i}" for i in range(100)])
    process.wait(lambda: us.record_count(name) == 100, "eu's are there", 30)
    produce(us, name, [f"us {i}" for i in range(4_900)])
    process.wait(lambda: eu.record_count(name) == us.record_count(name) == 5_000, "all is", 60)
    process.wait(lambda: link_of(process, "eu-to-us")["partitions"][0]["next_offset"] == 5_000,
                 "all was read", 30)
    if how == "paused":
        ask(process, "pause")
    else:
        assert process.terminate()[0] == 0
    eu.delete_records(name, 0, 3_000)
    if how == "paused":
        ask(process, "resume")
    else:
        process.start()
    produce(eu, name, ["eu 100"])
    process.wait(lambda: us.record_count(name) == 5_001, "it goes on", 30)
    copied = [r.value.decode() for r in read(us, name) if r.value.startswith(b"eu ")]
    assert copied == [f"eu {i}" for i in range(101)]


def ask(process, what: str) -> None:
    answer = run_cli(what, "--link", "all.eu-to-us", "--url", process.url)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def recreate(cluster, topic: str) -> None:
    cluster.delete_topic(topic)
    cluster.create_topic(topic, 1)


def link_of(process, name: str) -> dict:
    return next(link for link in process.links() if link["name"].endswith(name))


def planned_problems(process) -> dict[str, str]:
    """What `plan` says is in the way of its links, by their names."""
    plan = json.loads(run_cli("plan", "-c", process.config, "--json").stdout)
    return {link["name"]: partition["blocked"] for link in plan["links"]
            for topic in link["topics"] for partition in topic["partitions"]}


def reason_of(process, link: str) -> str:
    partitions = link_of(process, link)["partitions"]
    return partitions[0]["reason"] if partitions else ""


@dataclass
class PlainLinks(Replication):
    """Links of their own between some pairs of clusters, with translated offsets."""

    pairs: tuple = ()

    def yaml(self, http_port: int) -> str:
        links = "".join(f"  - {{source: {one}, target: {other}, offsets: translate, "
                        f"topics: {json.dumps(self.topics)}}}\n" for one, other in self.pairs)
        text = super().yaml(http_port)
        return (text[:text.index("replications:")] + "links:\n" + links
                + text[text.index("http:"):])


def plain_links(places: dict, topics: list[str], *pairs: tuple[str, str]) -> PlainLinks:
    return PlainLinks("", places, topics, pairs=pairs)


def test_plain_links_that_relayed_do_not_become_a_mesh(clusters, lockstep, name):
    """By the mesh's routes the relayed records would come a second time, by any of its links."""
    places = some(four_clusters(clusters), "eu", "us", "asia")
    eu, us, asia = places.values()
    for cluster in places.values():
        cluster.create_topic(name, 1)
    chain = lockstep(plain_links(places, [name], ("asia", "eu"), ("eu", "us")))
    for one, cluster in (("asia", asia), ("eu", eu)):
        produce(cluster, name, [f"{one} {i}" for i in range(10)])
    chain.wait(lambda: us.record_count(name) == 20, "us has both", 30)
    assert chain.terminate()[0] == 0
    mesh = lockstep(Replication("mesh", places, [name]))
    mesh.wait(lambda: "the records of all origins so far" in reason_of(mesh, "eu-to-us"),
              "eu's link says why it does not go on", 30)
    mesh.wait(lambda: "may have come to us from cluster" in reason_of(mesh, "asia-to-us"),
              "nor does asia's", 30)
    mesh.wait(lambda: asia.record_count(name) == 20, "what asia never had comes there", 30)
    assert us.record_count(name) == 20
    assert mesh.terminate()[0] == 0
    chain.start()  # the way back
    produce(asia, name, ["asia 10"])
    chain.wait(lambda: us.record_count(name) == 21, "the former links go on", 30)
    values = [r.value.decode() for r in read(us, name)]
    assert len(set(values)) == 21


def test_a_mesh_does_not_become_plain_links(clusters, lockstep, name):
    places = some(four_clusters(clusters), "eu", "us", "asia")
    eu, us, asia = places.values()
    for cluster in places.values():
        cluster.create_topic(name, 1)
    mesh = lockstep(Replication("mesh", places, [name]))
    produce(eu, name, ["eu 0"])
    mesh.wait(lambda: us.record_count(name) == 1, "eu's is there", 30)
    produce(asia, name, [f"asia {i}" for i in range(10)])
    for cluster in (eu, us):
        mesh.wait(lambda c=cluster: c.record_count(name) == 11, "asia's are there", 30)
    assert mesh.terminate()[0] == 0
    chain = lockstep(plain_links(places, [name], ("asia", "eu"), ("eu", "us")))
    chain.wait(lambda: "by the routes of a replication so far" in reason_of(chain, "eu-to-us"),
               "it says why it does not go on", 30)
    assert list(planned_problems(chain).values()) == ["", reason_of(chain, "eu-to-us")]
    produce(asia, name, ["asia 10"])
    chain.wait(lambda: eu.record_count(name) == 12, "asia's own go on: eu's it has not", 30)
    assert us.record_count(name) == 11


def test_plain_links_become_a_replication_and_plain_again(clusters, lockstep, name):
    """Where there was no third cluster, both are the same."""
    places = some(four_clusters(clusters), "eu", "us")
    eu, us = places.values()
    for cluster in places.values():
        cluster.create_topic(name, 1)
    links = plain_links(places, [name], ("eu", "us"), ("us", "eu"))
    total = 0
    for step, config in enumerate((links, Replication("active-active", places, [name]), links)):
        process = lockstep(config)
        for one, cluster in places.items():
            produce(cluster, name, [f"{one} {step} {i}" for i in range(10)])
        total += 20
        for cluster in places.values():
            process.wait(lambda c=cluster, n=total: c.record_count(name) == n,
                         f"all are there in step {step}", 30)
        assert process.terminate()[0] == 0
    for cluster in places.values():
        assert len({r.value for r in read(cluster, name)}) == total == cluster.record_count(name)


def test_a_relay_that_was_created_again_is_not_copied_again(clusters, lockstep, name):
    """The hub has no records of its own; whether it is the former one is told by the spokes'."""
    places = some(four_clusters(clusters), "eu", "us", "asia")
    hub, us, asia = places.values()
    for cluster in places.values():
        cluster.create_topic(name, 1)
    process = lockstep(Replication("hub-spoke", places, [name]))
    produce(us, name, [f"us {i}" for i in range(10)])
    process.wait(lambda: asia.record_count(name) == 10, "asia has us's", 30)
    assert process.terminate()[0] == 0
    recreate(hub, name)
    process.start()
    for link in ("us-to-eu", "eu-to-asia"):
        process.wait(lambda each=link: link_of(process, each)["partitions"] != [], link, 30)
    process.wait(lambda: hub.record_count(name) == 10, "the hub is filled again", 30)
    process.wait(lambda: "created again" in reason_of(process, "eu-to-asia"), "it says why", 30)
    assert asia.record_count(name) == 10


def test_a_topic_that_is_deleted_there_comes_by_the_new_routes(clusters, lockstep, name):
    """Also where a restart finds others' records there, before an origin's first one."""
    places = some(four_clusters(clusters), "eu", "us", "asia")
    eu, us, asia = places.values()
    for cluster in places.values():
        cluster.create_topic(name, 1)
    mesh = lockstep(Replication("mesh", places, [name]))
    produce(us, name, ["us 0"])
    for cluster in (eu, asia):
        mesh.wait(lambda c=cluster: c.record_count(name) == 1, "us's is everywhere", 30)
    assert mesh.terminate()[0] == 0
    hub = lockstep(Replication("hub-spoke", places, [name]))
    hub.wait(lambda: "by this route all of them" in reason_of(hub, "eu-to-asia"), "blocked", 30)
    assert hub.terminate()[0] == 0
    recreate(asia, name)
    produce(asia, name, ["asia 0"])  # others' come before
    hub.start()
    hub.wait(lambda: asia.record_count(name) == 2, "us's comes by the hub", 30)
    assert [r.value for r in read(asia, name)] == [b"asia 0", b"us 0"]


def test_other_routes_bring_nothing_a_second_time(clusters, lockstep, name):
    places = some(four_clusters(clusters), "eu", "us", "asia")
    for cluster in places.values():
        cluster.create_topic(name, 1)
    direct = lockstep(Replication("mesh", places, [name]))
    for one, cluster in places.items():
        produce(cluster, name, [f"{one} {i}" for i in range(10)])
    for cluster in places.values():
        direct.wait(lambda c=cluster: c.record_count(name) == 30, "it is everywhere", 30)
    assert direct.terminate()[0] == 0
    relayed = lockstep(Replication("hub-spoke", places, [name]))
    planned = planned_problems(relayed)
    for link in ("all.eu-to-us", "all.eu-to-asia"):
        relayed.wait(lambda each=link: "before: by this route all of them"
                     in reason_of(relayed, each),
                     f"{link} says why it does not", 30)
        assert planned[link] == reason_of(relayed, link)
    assert {cluster.record_count(name) for cluster in places.values()} == {30}


def test_links_that_would_double_records_do_not(clusters, lockstep, name):
    """Plain links in a triangle: what would come a second time is not copied, and it says why."""
    places = some(four_clusters(clusters), "eu", "us", "asia")
    eu, us, asia = places.values()
    for cluster in places.values():
        cluster.create_topic(name, 1)

    triangle = plain_links(places, [name], ("eu", "us"), ("eu", "asia"), ("us", "asia"))
    process = lockstep(triangle)
    produce(eu, name, [str(i) for i in range(100)])
    for cluster in (us, asia):
        process.wait(lambda c=cluster: c.record_count(name) == 100, "both have it", 30)

    process.wait(lambda: "records of eu would come to asia twice"
                 in reason_of(process, "us-to-asia"), "it says why", 20)
    assert asia.record_count(name) == 100
