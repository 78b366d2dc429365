"""Topics that have another name on the target: everything about them has it there."""

import json

import pytest

from broker import TEST_SETTINGS
from kafka_cluster import ClusterOptions, KafkaCluster, start_together
from lockstep import Link, run_cli
from paths import KAFKA_VERSIONS, NEWEST_KAFKA
from records import SteadyProducer, produce, produce_mixed, read
from test_around import acl, acls_of, give
from test_exact import interleaved_transactions
from test_groups import Member, commit_from_outside, committed, wait_place
from test_share_groups import ShareGroup, fresh_group
from waiting import holds_for


def renaming(source, target, topics: list[str], offsets: str = "preserve", **around) -> Link:
    """`prefix` or `rename`, and what else belongs to a link."""
    return Link(source, target, topics, offsets=offsets, around=around)


def without_offsets(records: list) -> list[tuple]:
    return [(r.partition, r.timestamp, r.key, r.value, r.headers) for r in records]


def assert_same(source, topic: str, target, copy: str, offsets: str = "preserve") -> int:
    """What a read_committed consumer sees; with `preserve`, at the same offsets."""
    expected, copied = read(source, topic, "read_committed"), read(target, copy, "read_committed")
    if offsets == "preserve":
        assert copied == expected
        assert target.end_offsets(copy) == source.end_offsets(topic)
    assert without_offsets(copied) == without_offsets(expected)
    return len(copied)


@pytest.mark.parametrize("version", KAFKA_VERSIONS)
@pytest.mark.parametrize("offsets", ["preserve", "translate"])
def test_records_arrive_under_the_new_name(clusters, lockstep, name, version, offsets):
    source, target = clusters.source(version), clusters.target(version)
    mixed = source.create_topic(f"{name}-mixed", 3)
    torn = source.create_topic(f"{name}-torn", 1)
    produce_mixed(source, mixed, "zstd", 2000)
    interleaved_transactions(source, torn, 10)
    before = set(target.topics())
    link = renaming(source, target, [f"{name}-.*"], offsets, prefix="eu.",
                    rename={torn: f"{name}.other"})
    process = lockstep(link)
    process.wait_lag_zero(mixed, torn)
    # Killed in the middle of more, it goes on where it was.
    interleaved_transactions(source, torn, 5)
    process.kill()
    produce_mixed(source, mixed, "lz4", 1000)
    process.start()
    process.wait_lag_zero(mixed, torn)
    assert assert_same(source, mixed, target, f"eu.{mixed}", offsets) == 3000
    assert assert_same(source, torn, target, f"{name}.other", offsets) > 100
    assert set(target.topics()) - before == {f"eu.{mixed}", f"{name}.other"}
    told = process.partition(mixed, 1)
    assert (told["state"], told["target_topic"]) == ("running", f"eu.{mixed}")
    assert process.partition(torn)["target_topic"] == f"{name}.other"


def test_every_command_knows_both_names(source, target, lockstep, name):
    topic, copy = source.create_topic(name, 2), f"eu.{name}"
    produce(source, topic, ["one", "two"])
    link = renaming(source, target, [topic], prefix="eu.")
    process = lockstep(link, wait_ready=False)
    process.wait_lag_zero(topic)

    def rows(page: str, key: str) -> set:
        return {(row["topic"], row["target_topic"])
                for row in json.loads(process.get(f"/api/v1/{page}").text)[key]}

    for page, key in (("topics", "topics"), ("lag", "partitions"), ("explain", "explanations")):
        assert rows(page, key) == {(topic, copy)}, page
    assert 'lockstep_renamed_topic_info{' in process.get("/metrics").text
    assert f'target_topic="{copy}"' in process.get("/metrics").text
    for command in ("topics", "lag", "explain", "status"):
        said = run_cli(command, "--url", process.url)
        assert copy in said.stdout, said.stdout + said.stderr
    # Partitions that are added, and proofs of either kind.
    source.add_partitions(topic, 3)
    produce(source, topic, ["three"], partition=2)
    process.wait(lambda: target.topics()[copy] == 3, "the copy has 3 partitions")
    process.wait_lag_zero(topic)
    process.wait(lambda: sum(p["verified"]["records"] if p["verified"] else 0
                             for p in process.status()["partitions"]) == 3, "all is proved")
    verified = json.loads(run_cli("verify", "-c", process.config, "--json").stdout)["links"][0]
    assert {(p["topic"], p["target_topic"], p["identical"])
            for p in verified["partitions"]} == {(topic, copy, True)}
    assert sum(p["records"] for p in verified["partitions"]) == 3
    cut = json.loads(run_cli("cut", "-c", process.config, "--json").stdout)["links"][0]
    assert cut["known"] and {p["target_topic"] for p in cut["partitions"]} == {copy}
    assert sum(p["cut"] for p in cut["partitions"]) == 3
    planned = json.loads(run_cli("plan", "-c", process.config, "--json").stdout)["links"][0]
    assert [(t["topic"], t["target_topic"], t["action"]) for t in planned["topics"]] == [
        (topic, copy, "go_on")]
    assert all(p["records_to_copy"] == 0 for p in planned["topics"][0]["partitions"])


def test_configs_follow_to_the_new_name(source, target, lockstep, name):
    topic, copy = source.create_topic(name, config={"retention.ms": "86400000"}), f"eu.{name}"
    process = lockstep(renaming(source, target, [topic], prefix="eu."))
    process.wait(lambda: target.config(copy)["retention.ms"] == "86400000", "it is made so")
    process.wait(lambda: process.status()["configs"]["state"] == "in_step", "all is in step")
    source.alter_config(topic, retention_ms="90000000")
    process.wait(lambda: target.config(copy)["retention.ms"] == "90000000", "it follows")
    target.alter_config(copy, retention_ms="1000000")
    source.alter_config(topic, retention_ms="80000000")
    process.wait(lambda: [d["resource"] for d in process.status()["configs"]["drift"]] == [copy],
                 "the drift is of the copy")


@pytest.mark.parametrize("offsets", ["preserve", "translate"])
def test_groups_find_their_place_in_the_copy(source, target, lockstep, name, offsets):
    topic, copy, group = source.create_topic(name), f"eu.{name}", f"{name}-group"
    produce(source, topic, [str(i) for i in range(100)])
    commit_from_outside(source, group, topic, 40)
    process = lockstep(renaming(source, target, [topic], offsets, prefix="eu."))
    process.wait_lag_zero(topic)
    wait_place(target, group, copy, 40)
    assert committed(target, group, topic) < 0, "the old name means nothing there"
    with Member(target, group, copy) as member:
        assert member.read(20) == list(range(40, 60))
        member.commit(60)
    wait_place(source, group, topic, 60)  # and back
    commit_from_outside(source, group, topic, 10)
    wait_place(target, group, copy, 10)
    assert [(g["group"], g["exact"], g["partitions"]) for g in process.status()["groups"]
            if g["group"] == group] == [(group, 1, 1)]


def test_share_groups_find_their_place_in_the_copy(source, target, lockstep, name):
    group = fresh_group(source, name)
    assert group.deliver(source, 20) == list(range(20))
    process = lockstep(renaming(source, target, [group.topic], prefix="eu."))
    process.wait_lag_zero(group.topic)
    there = ShareGroup(group.name, f"eu.{group.topic}")
    there.wait_start(target, p0=20)
    assert there.deliver(target, 30) == list(range(20, 50))
    group.wait_start(source, p0=50)  # and back


@pytest.fixture(scope="module")
def guarded(home):
    settings = TEST_SETTINGS | {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS"}
    clusters = [KafkaCluster(NEWEST_KAFKA, f"renaming-{role}", home,
                             ClusterOptions(settings=settings)) for role in ("source", "target")]
    start_together(*clusters)
    yield clusters
    for cluster in clusters:
        cluster.remove()


def test_acls_are_for_the_copies(guarded, lockstep, name):
    source, target = guarded
    source.create_topic(f"{name}-a")
    source.create_topic(f"{name}-b")
    give(source, acl(f"{name}-a", "READ"), acl(name, "DESCRIBE", pattern="PREFIXED"),
         acl("*", "READ", "User:auditor"), acl(f"{name}-b", "READ", "User:bob"))
    process = lockstep(renaming(source, target, [f"{name}-.*"], prefix="eu.",
                                rename={f"{name}-b": f"{name}.b"}, acls={"follow": "on"}))
    wanted = {acl(f"eu.{name}-a", "READ"), acl(f"eu.{name}", "DESCRIBE", pattern="PREFIXED"),
              acl(f"{name}.b", "DESCRIBE"), acl("eu.", "READ", "User:auditor", pattern="PREFIXED"),
              acl(f"{name}.b", "READ", "User:auditor"), acl(f"{name}.b", "READ", "User:bob")}
    process.wait(lambda: acls_of(target) == wanted, f"the target has {wanted}")


class SecondLink(Link):
    """Two links that differ must have different names: those of one name take turns."""

    def yaml(self, http_port: int) -> str:
        return super().yaml(http_port).replace("name: east-to-west", "name: second")


@pytest.mark.parametrize("offsets", ["preserve", "translate"])
def test_a_topic_under_two_names(source, target, lockstep, name, offsets):
    """Two links with the same source and target: each is a copy of its own."""
    topic = source.create_topic(name, 2)
    produce_mixed(source, topic, "gzip", 500)
    plain = lockstep(Link(source, target, [topic], offsets=offsets))
    renamed = lockstep(SecondLink(source, target, [topic], offsets=offsets,
                                  around={"prefix": "eu."}))
    with SteadyProducer(source, topic, 300) as load:
        for process in (plain, renamed):
            process.wait_lag_zero(topic)
            process.kill()
            process.start()
        load.stop()
    for process, copy in ((plain, topic), (renamed, f"eu.{topic}")):
        process.wait_lag_zero(topic)
        assert assert_same(source, topic, target, copy, offsets) == 500 + load.acknowledged


def test_two_topics_of_one_name_are_not_copied(source, target, lockstep, name):
    one, other = source.create_topic(f"{name}-one"), source.create_topic(f"{name}-other")
    fine = source.create_topic(f"{name}-fine")
    for topic in (one, other, fine):
        produce(source, topic, ["a"])
    link = renaming(source, target, [f"{name}-.*"], rename={one: other})
    process = lockstep(link, wait_ready=False)
    process.wait_lag_zero(fine)
    for topic in (one, other):
        reason = process.wait_blocked(topic)
        assert f"{one}, {other} would all be called {other} on the target" in reason
        assert process.partition(topic)["reason_code"] == "name_on_target"
    assert other not in target.topics()
    planned = run_cli("plan", "-c", process.config)
    assert planned.returncode == 3 and "would all be called" in " ".join(planned.stdout.split())
    # Once there is one only, it is copied.
    source.delete_topic(other)
    process.wait_lag_zero(one)
    assert assert_same(source, one, target, other) == 1


def both_ways(source, target, prefixes: tuple[str, str], topics: str, more: str = "") -> Link:
    class BothWays(Link):
        def yaml(self, http_port: int) -> str:
            text = super().yaml(http_port)
            back = (f"  - {{source: west, target: east, prefix: {prefixes[1]}, "
                    f"topics: [\"{topics}\"]{more}}}\nhttp:\n")
            return text.replace("http:\n", back, 1)

    return BothWays(source, target, [topics], around={"prefix": prefixes[0]}, offsets="auto",
                    exclude=[f"{prefixes[1]}.*".replace(".", r"\.", 1)])


def test_no_topic_comes_back_under_another_name(source, target, lockstep, name):
    """Prefixes in both directions: the second link would take copies back, and so on for ever."""
    topic = source.create_topic(f"{name}-orders")
    produce(source, topic, ["a", "b"])
    link = both_ways(source, target, ("east.", "west."), f"[a-z.]*{name}-.*")
    process = lockstep(link, wait_ready=False)
    copy = f"east.{topic}"
    process.wait(lambda: target.end_offsets(copy) == {0: 2}, "it is copied there")

    def blocked_on_the_way_back() -> dict:
        back = next(link for link in process.links() if link["name"] == "west-to-east")
        return {p["topic"]: p["reason"] for p in back["partitions"] if p["state"] == "blocked"}

    reason = process.wait(lambda: blocked_on_the_way_back().get(copy), "it does not come back")
    assert f"topic {topic} of east would come back there as west.{copy}" in reason
    names = {t for cluster in (source, target) for t in cluster.topics() if name in t}
    assert names == {topic, copy}
    holds_for(lambda: {t for cluster in (source, target) for t in cluster.topics()
                       if name in t} == names, "no more topics", 6)
    planned = run_cli("plan", "-c", process.config)
    assert planned.returncode == 3
    assert f"would come back there as west.{copy}" in " ".join(planned.stdout.split())


def test_prefixes_in_both_directions(source, target, lockstep, name):
    east, west = source.create_topic(f"{name}-e"), target.create_topic(f"{name}-w")
    produce(source, east, ["from east"])
    produce(target, west, ["from west"])
    link = both_ways(source, target, ("east.", "west."), f"[a-z.]*{name}-.*",
                     r', exclude: ["east\\..*"]')
    process = lockstep(link)
    process.wait(lambda: target.end_offsets(f"east.{east}") == {0: 1}
                 and source.end_offsets(f"west.{west}") == {0: 1}, "both are copied")
    assert {t for t in source.topics() if name in t} == {east, f"west.{west}"}
    assert {t for t in target.topics() if name in t} == {west, f"east.{east}"}


@pytest.mark.parametrize("rules, words", [
    ('prefix: "a b"', ['the prefix "a b" cannot begin']),
    ("rename: {orders: x, payments: x}", ['would both be called "x"']),
    ("rename: {ordres: x}", ['"ordres" is to be renamed, but is no topic that is copied']),
    ("rename: {orders: payments}", ['would both be called "payments"']),
    ('rename: {orders: "a/b"}', ['"a/b" is no name of a topic']),
    ("prefix: __lockstep_", ["Kafka's or Lockstep's own"]),
    ("on_deleted: perhaps", ['"on_deleted" must be ignore, mirror, or a duration']),
])
def test_wrong_names_are_errors_of_the_configuration(source, target, tmp_path, rules, words):
    text = Link(source, target, ["orders", "payments"]).yaml(0)
    config = tmp_path / "lockstep.yaml"
    config.write_text(text.replace("    offsets:", f"    {rules}\n    offsets:", 1))
    said = run_cli("check", "-c", config)
    assert said.returncode == 2, said.stdout
    assert all(word in said.stderr for word in words), said.stderr


def test_a_ring_of_named_topics_is_an_error_of_the_configuration(source, target, tmp_path):
    text = Link(source, target, ["orders"], around={"prefix": "east."}).yaml(0).replace(
        "http:\n", "  - {source: west, target: east, topics: [east.orders], prefix: west.}\n"
                   "http:\n", 1)
    config = tmp_path / "lockstep.yaml"
    config.write_text(text)
    said = run_cli("check", "-c", config)
    assert said.returncode == 2, said.stdout
    assert "topic orders of east would come back there as west.east.orders" in said.stderr


@pytest.mark.parametrize("strategy", ["active-active", "mesh"])
@pytest.mark.parametrize("rule", ["prefix: x.", "rename: {orders: x}", "on_deleted: mirror"])
def test_strategies_of_several_origins_keep_names_and_topics(source, target, tmp_path, strategy,
                                                             rule):
    config = tmp_path / "lockstep.yaml"
    config.write_text(f"""\
clusters:
  - {{name: east, bootstrap: "{source.bootstrap}"}}
  - {{name: west, bootstrap: "{target.bootstrap}"}}
replications:
  - name: all
    strategy: {strategy}
    clusters: [east, west]
    topics: [orders]
    {rule}
""")
    said = run_cli("check", "-c", config)
    assert said.returncode == 2, said.stdout
    assert f'"{rule.split(":")[0]}" cannot be with {strategy}' in said.stderr
