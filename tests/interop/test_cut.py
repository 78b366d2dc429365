"""`lockstep cut`: no transaction is torn by it, and nothing is cut that need not be."""

import json
import random
from collections import defaultdict

import pytest
from confluent_kafka import Producer

from java_tools import helper_command, run_helper
from lockstep import Link, run_cli
from paths import KAFKA_VERSIONS, NEWEST_KAFKA
from processes import end, free_port, spawn
from records import CLIENT, produce, read
from waiting import eventually

TRANSACTIONS = 30  # of each client, at a time
VECTORS = 10  # of copied ends, for each history
CUTS_AT_MOST = 200  # until one meets the copy in the middle of a transaction, and one has no doubt
CLIENT_PATIENCE = 120  # seconds


def by_librdkafka(cluster, topics: list[str], prefix: str, first: int = 0) -> None:
    """Three producers whose transactions overlap, over some of the partitions; some are aborted.

    Each record begins with the name of its transaction; `first` is the first one's number.
    """
    partitions = [(topic, p) for topic in topics for p in range(cluster.topics()[topic])]
    chance = random.Random(first)
    producers = [Producer(CLIENT | {"bootstrap.servers": cluster.bootstrap, "linger.ms": 0,
                                    "transactional.id": f"{prefix}-{i}"}) for i in range(3)]
    for one in producers:
        one.init_transactions(CLIENT_PATIENCE)
    for number in range(first, first + TRANSACTIONS, len(producers)):
        chosen = [chance.sample(partitions, chance.randint(1, len(partitions)))
                  for _ in producers]
        for one in producers:
            one.begin_transaction()
        for _ in range(2):
            for i, one in enumerate(producers):
                for topic, partition in chosen[i]:
                    for _ in range(chance.randint(1, 3)):
                        one.produce(topic, f"{prefix}-{number + i} record", partition=partition)
                assert one.flush(CLIENT_PATIENCE) == 0
        for i, one in enumerate(producers):
            if chance.random() < 0.2:
                one.abort_transaction(CLIENT_PATIENCE)
            else:
                one.commit_transaction(CLIENT_PATIENCE)


def by_java(cluster, topics: list[str], prefix: str, first: int = 0) -> None:
    """The same with the Java producer; from Kafka 4 on with an epoch for each transaction."""
    run_helper("Transactions", bootstrap=cluster.bootstrap, topic=",".join(topics), prefix=prefix,
               first=first, seed=first, count=TRANSACTIONS)


def transactions(cluster, topics: list[str], prefix: str, first: int = 0) -> None:
    """Of both kinds of producers; when it is called again, they are started anew."""
    by_librdkafka(cluster, topics, f"{prefix}-c", first)
    by_java(cluster, topics, f"{prefix}-java", first)


class Judge:
    """What a consumer sees at the source, and what follows from it; knows nothing of Lockstep."""

    def __init__(self, source, topics: list[str]):
        self.records = [(topic, record.partition, record.offset, record.value)
                        for topic in topics for record in read(source, topic, "read_committed")]
        self.transactions = defaultdict(list)  # the places of each one's records, by its name
        for topic, partition, offset, value in self.records:
            if value.endswith(b" record"):
                self.transactions[value].append(((topic, partition), offset))

    def is_whole(self, name: bytes, ends: dict) -> bool:
        inside = {offset < ends[place] for place, offset in self.transactions[name]}
        return len(inside) == 1

    def largest(self, copied: dict) -> dict:
        """The largest ends that tear nothing: what is torn is put behind them until nothing is."""
        ends = dict(copied)
        torn = True
        while torn:
            torn = [name for name in self.transactions if not self.is_whole(name, ends)]
            for name in torn:
                for place, offset in self.transactions[name]:
                    ends[place] = min(ends[place], offset)
        return ends

    def inside(self, ends: dict) -> int:
        return sum(offset < ends[topic, partition]
                   for topic, partition, offset, _ in self.records)

    def check(self, link: dict) -> None:
        """Whether a cut tears nothing and, if it claims to be, is the largest."""
        ends = {(p["topic"], p["partition"]): p["cut"] for p in link["partitions"]}
        copied = {(p["topic"], p["partition"]): p["copied_to"] for p in link["partitions"]}
        assert all(ends[place] <= copied[place] for place in ends)
        torn = [name for name in self.transactions if not self.is_whole(name, ends)]
        assert not torn, (torn, link)
        largest = self.largest(copied)
        assert all(ends[place] <= largest[place] for place in ends)
        if not link["note"]:
            assert self.inside(ends) == self.inside(largest), (largest, link)


def cut(directory, link: Link) -> dict:
    config = directory / f"cut-{free_port()}.yaml"
    config.write_text(link.yaml(free_port()))
    ended = run_cli("cut", "-c", config, "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads(ended.stdout)["links"][0]


def has_cut_some(link: dict) -> bool:
    return any(p["records_behind"] > 0 for p in link["partitions"])


@pytest.mark.parametrize("version, offsets", [*((v, "preserve") for v in KAFKA_VERSIONS),
                                              (NEWEST_KAFKA, "translate")])
def test_a_topic_that_lags_behind(clusters, lockstep, name, version, offsets, tmp_path):
    source, target = clusters.source(version), clusters.target(version)
    wide, narrow = source.create_topic(f"{name}-wide", 2), source.create_topic(f"{name}-narrow")
    both = Link(source, target, [wide, narrow], offsets=offsets)
    transactions(source, [wide, narrow], name)
    process = lockstep(both)
    process.wait_lag_zero(wide, narrow)
    process.terminate()
    assert all(p["records_behind"] == 0 for p in cut(tmp_path, both)["partitions"])
    transactions(source, [wide, narrow], name, TRANSACTIONS)
    process = lockstep(Link(source, target, [wide], offsets=offsets))
    process.wait_lag_zero(wide)
    process.terminate()
    found = cut(tmp_path, both)
    judge = Judge(source, [wide, narrow])
    judge.check(found)
    assert found["note"] == ""
    behind = {(p["topic"], p["partition"]): p["records_behind"] for p in found["partitions"]}
    assert behind[wide, 0] > 0 and behind[wide, 1] > 0
    cut_there = [p["transactions_cut"] for p in found["partitions"] if p["topic"] == wide]
    assert all(count > 0 for count in cut_there)
    process = lockstep(both)
    process.wait_lag_zero(wide, narrow)
    assert all(p["records_behind"] == 0 for p in cut(tmp_path, both)["partitions"])


def raise_ends(target, topic: str, most: dict[int, int], chance: random.Random) -> None:
    """Lets the target look as if more had been copied: its logs' ends are all that counts."""
    for partition, end_offset in target.end_offsets(topic).items():
        more = chance.choice([0, 1, chance.randint(2, 9), chance.randint(10, 60)])
        more = min(more, most[partition] - end_offset)
        if more > 0:
            produce(target, topic, ["x"] * more, partition)


def check_vectors(source, target, topic: str, directory) -> int:
    """Cuts at many vectors of copied ends; returns how many of them had to be cut."""
    most = source.end_offsets(topic)
    target.create_topic(topic, len(most))
    judge = Judge(source, [topic])
    chance = random.Random(topic)
    torn = 0
    for _ in range(VECTORS):
        raise_ends(target, topic, most, chance)
        found = cut(directory, Link(source, target, [topic]))
        judge.check(found)
        assert found["note"] == ""
        torn += has_cut_some(found)
    return torn


@pytest.mark.parametrize("version", KAFKA_VERSIONS)
def test_any_copied_ends(clusters, name, version, tmp_path):
    source, target = clusters.source(version), clusters.target(version)
    topic = source.create_topic(name, 3)
    transactions(source, [topic], name)
    produce(source, topic, ["plain"] * 30, partition=1)
    transactions(source, [topic], name, TRANSACTIONS)
    assert check_vectors(source, target, topic, tmp_path) > VECTORS / 4


def test_leaders_on_several_brokers(three_brokers, target, name, tmp_path):
    # A broker that stood still for seconds is given no partitions to lead.
    tries = (three_brokers.create_topic(f"{name}-{i}", 6, replicas=3) for i in range(10))
    topic = next(t for t in tries if len({three_brokers.leader(t, p) for p in range(6)}) == 3)
    transactions(three_brokers, [topic], name)
    assert check_vectors(three_brokers, target, topic, tmp_path) > VECTORS / 4


@pytest.mark.parametrize("version", KAFKA_VERSIONS)
def test_while_everything_moves(clusters, lockstep, name, version, tmp_path):
    source, target = clusters.source(version), clusters.target(version)
    topic = source.create_topic(name, 3)
    link = Link(source, target, [topic])
    process = lockstep(link)
    load = spawn(helper_command("Transactions", bootstrap=source.bootstrap, topic=topic,
                                prefix=name, count=1_000_000, pause=15), tmp_path / "load")
    eventually(lambda: target.record_count(topic) > 200, "it copies")
    found = [cut(tmp_path, link) for _ in range(10)]
    while not any(map(has_cut_some, found)) or all(one["note"] for one in found):
        assert len(found) < CUTS_AT_MOST, "never in the middle of a transaction, or always in doubt"
        found.append(cut(tmp_path, link))
    end(load, timeout=CLIENT_PATIENCE)  # killed, it would leave transactions open
    process.wait_copied(topic, timeout=CLIENT_PATIENCE)
    judge = Judge(source, [topic])
    for one in found:
        judge.check(one)
    without_doubt = sum(one["note"] == "" for one in found)
    print(f"{without_doubt} of {len(found)} without doubt")
    assert without_doubt > 0


def test_the_target_is_ahead(source, target, name, tmp_path):
    topic = source.create_topic(name)
    target.create_topic(name)
    produce(target, topic, ["not from here"])
    config = tmp_path / "cut.yaml"
    config.write_text(Link(source, target, [topic]).yaml(free_port()))
    ended = run_cli("cut", "-c", config)
    assert ended.returncode == 3
    assert "no cut is known" in ended.stdout
    assert "the target ends at 1, the source already at 0" in " ".join(ended.stdout.split())


def test_a_link_that_is_not_there(source, target, name, tmp_path):
    config = tmp_path / "cut.yaml"
    config.write_text(Link(source, target, [name]).yaml(free_port()))
    ended = run_cli("cut", "-c", config, "--link", "west-to-east")
    assert ended.returncode == 2
    assert ended.stderr == 'lockstep: there is no link "west-to-east"; there are east-to-west\n'
