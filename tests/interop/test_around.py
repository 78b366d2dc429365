"""What lies around the data: topic configs, ACLs and quotas follow the source, and what is not
followed is shown."""

import json

import pytest
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType,
                                   AlterConfigOpType, ConfigEntry, ConfigResource,
                                   ResourcePatternType, ResourceType)

from broker import TEST_SETTINGS
from cluster_state import assert_untouched, state
from java_tools import tool
from kafka_cluster import ClusterOptions, KafkaCluster, start_together
from lockstep import Link, Replication, run_cli
from paths import NEWEST_KAFKA
from records import produce
from secure_cluster import GUEST, GUEST_PASSWORD, SecureCluster
from test_groups import commit_from_outside
from topic_admin import TIMEOUT
from waiting import eventually


def remove_config(cluster, topic: str, key: str) -> None:
    entry = ConfigEntry(key, None, incremental_operation=AlterConfigOpType.DELETE)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    cluster.admin.incremental_alter_configs([resource])[resource].result(TIMEOUT)


def wait_config(process, cluster, topic: str, **wanted) -> None:
    """Until the topic sets this itself; None: until it does not. Underscores stand for dots."""
    values = {key.replace("_", "."): value for key, value in wanted.items()}
    process.wait(lambda: all(cluster.config(topic).get(k) == v for k, v in values.items()),
                 f"{topic} on {cluster.name} has {values}")


def drift(process) -> set:
    return {(d["resource"], d["key"], d["wanted"], d["found"])
            for d in process.status()["configs"]["drift"]}


def check(process) -> dict:
    """What `check` says of the link."""
    return json.loads(run_cli("check", "-c", process.config, "--json").stdout)["links"][0]


def checked_configs(process) -> dict:
    return {topic["topic"]: {c["key"]: (c["action"], c["wanted"], c["found"])
                             for c in topic["config_changes"]}
            for topic in check(process)["topics"]}


@pytest.mark.parametrize("version", [NEWEST_KAFKA, "2.8.2"])
def test_configs_follow_and_what_others_have_set_stays(clusters, lockstep, name, version):
    source, target = clusters.source(version), clusters.target(version)
    source.create_topic(name, config={"retention.ms": "86400000", "segment.ms": "7200000"})
    produce(source, name, ["one"])
    rules = {"pinned": {"retention.bytes": 123456789}, "never": ["index.interval.bytes"]}
    process = lockstep(Link(source, target, [name], around={"topic_config": rules}))
    process.wait_copied(name)
    assert target.config(name)["retention.bytes"] == "123456789"
    process.wait(lambda: process.status()["configs"]["state"] == "in_step", "all is in step")

    # Somebody has a reason for other segments on the target.
    target.alter_config(name, segment_ms="3600000", index_interval_bytes="8192")
    process.wait(lambda: drift(process) == {(name, "segment.ms", "7200000", "3600000")},
                 "the drift is shown")
    source.alter_config(name, retention_ms="90000000", max_message_bytes="2000000",
                        retention_bytes="1000000000", index_interval_bytes="16384")
    wait_config(process, target, name, retention_ms="90000000", max_message_bytes="2000000",
                retention_bytes="123456789", index_interval_bytes="8192", segment_ms="3600000")
    remove_config(source, name, "max.message.bytes")
    wait_config(process, target, name, max_message_bytes=None)
    process.wait(lambda: process.status()["configs"]["state"] == "drifted", "it has drifted")
    assert 'lockstep_drift_settings{' in process.get("/metrics").text

    # What was agreed on is remembered: what changes while nobody looks is told from drift.
    process.kill()
    source.alter_config(name, retention_ms="80000000")
    eventually(lambda: source.config(name)["retention.ms"] == "80000000", "its broker knows")
    assert checked_configs(process) == {name: {"retention.ms": ("set", "80000000", "90000000"),
                                       "segment.ms": ("keep", "7200000", "3600000")}}
    assert target.config(name)["retention.ms"] == "90000000", "check only looks"
    process.start()
    wait_config(process, target, name, retention_ms="80000000", segment_ms="3600000")
    process.wait(lambda: "segment.ms is 3600000, and would be 7200000" in " ".join(
        run_cli("status", "--url", process.url).stdout.split()), "the status shows the drift")


@pytest.fixture(scope="module")
def guarded(home):
    """Two clusters with Kafka's own authorizer; who comes without a name may do everything."""
    settings = TEST_SETTINGS | {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS"}
    clusters = [KafkaCluster(NEWEST_KAFKA, name, home, ClusterOptions(settings=settings))
                for name in ("guarded-source", "guarded-target")]
    start_together(*clusters)
    yield clusters
    for cluster in clusters:
        cluster.remove()


def acl(name: str, operation: str, principal: str = "User:alice", kind: str = "TOPIC",
        pattern: str = "LITERAL", permission: str = "ALLOW") -> AclBinding:
    return AclBinding(ResourceType[kind], name, ResourcePatternType[pattern], principal, "*",
                      AclOperation[operation], AclPermissionType[permission])


def give(cluster, *acls: AclBinding) -> None:
    for future in cluster.admin.create_acls(list(acls)).values():
        future.result(TIMEOUT)


def take(cluster, *acls: AclBinding) -> None:
    filters = [AclBindingFilter(a.restype, a.name, a.resource_pattern_type, a.principal, a.host,
                                a.operation, a.permission_type) for a in acls]
    for future in cluster.admin.delete_acls(filters).values():
        assert len(future.result(TIMEOUT)) == 1


def acls_of(cluster) -> set[AclBinding]:
    everything = AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, None, None,
                                  AclOperation.ANY, AclPermissionType.ANY)
    return set(cluster.admin.describe_acls(everything).result(TIMEOUT))


def wait_acls(process, cluster, *wanted: AclBinding) -> None:
    process.wait(lambda: acls_of(cluster) == set(wanted), f"{cluster.name} has {wanted}")


def test_acls_follow_and_only_lockstep_s_own_are_deleted(guarded, lockstep, name):
    source, target = guarded
    source.create_topic(name)
    produce(source, name, ["one"])
    theirs = acl("payroll", "READ", "User:boss")  # on the target only, nobody else's business
    give(target, theirs)
    read, denied = acl(name, "READ"), acl(name, "READ", "User:mallory", permission="DENY")
    by_prefix, group = acl(name[:5], "DESCRIBE", pattern="PREFIXED"), acl("g", "READ", kind="GROUP")
    transactions = acl("tx-", "WRITE", kind="TRANSACTIONAL_ID", pattern="PREFIXED")
    give(source, read, denied, by_prefix, group, transactions, acl(name, "WRITE"),
         acl("elsewhere", "READ"), acl(name, "READ", "User:CN=carol,OU=eu"))
    around = {"acls": {"follow": "on", "principals": [{"from": "User:CN=([^,]+),.*",
                                                       "to": "User:\\1"}]}}
    process = lockstep(Link(source, target, [name], around=around))
    carol = acl(name, "READ", "User:carol")
    wait_acls(process, target, theirs, read, denied, by_prefix, group, transactions, carol)
    process.wait(lambda: process.status()["acls"]["state"] == "in_step", "the ACLs are in step")
    process.wait(lambda: process.status()["acls"]["on_failover"] == [
        f"ALLOW User:alice from * WRITE on TOPIC {name}"], "what a failover needs is shown")

    # Lockstep knows its own after a restart, and what is to be done can be seen before.
    process.kill()
    take(source, read, group)
    dave = acl(name, "ALL", "User:dave")
    give(source, dave)
    eventually(lambda: {dave} == {read, group, dave} & acls_of(source), "its broker knows")
    plan = check(process)["acls"]
    assert sorted(plan["create"]) == [f"ALLOW User:dave from * DESCRIBE_CONFIGS on TOPIC {name}",
                                      f"ALLOW User:dave from * READ on TOPIC {name}"]
    assert sorted(plan["delete"]) == ["ALLOW User:alice from * READ on GROUP g",
                                      f"ALLOW User:alice from * READ on TOPIC {name}"]
    assert read in acls_of(target), "check only looks"
    process.start()
    wait_acls(process, target, theirs, denied, by_prefix, transactions, carol,
              acl(name, "READ", "User:dave"), acl(name, "DESCRIBE_CONFIGS", "User:dave"))


def test_a_cluster_without_an_authorizer_is_a_state(source, target, lockstep, name):
    source.create_topic(name)
    produce(source, name, ["one"])
    process = lockstep(Link(source, target, [name], around={"acls": {"follow": "on"}}))
    process.wait(lambda: process.status()["acls"]["state"] == "unavailable", "there are no ACLs")
    assert "no authorizer" in process.status()["acls"]["problem"]
    process.wait_copied(name)


def quotas_of(cluster) -> str:
    return tool(cluster, "kafka-configs", "--describe", "--entity-type", "users",
                "--entity-type", "clients")


def test_quotas_follow(guarded, lockstep, name):
    source, target = guarded
    source.create_topic(name)
    for cluster, quota in ((source, "producer_byte_rate=1048576,request_percentage=12.5"),
                           (target, "consumer_byte_rate=77")):
        tool(cluster, "kafka-configs", "--alter", "--add-config", quota, "--entity-type", "users",
             "--entity-name", "alice", "--entity-type", "clients", "--entity-default")
    process = lockstep(Link(source, target, [name], around={"quotas": {"follow": "changes"}}))
    process.wait(lambda: process.status()["quotas"]["in_step"] == 2, "two quotas are in step")
    for quota in ("producer_byte_rate=1048576.0", "request_percentage=12.5",
                  "consumer_byte_rate=77.0"):
        eventually(lambda q=quota: q in quotas_of(target), f"the target has {quota}")
    process.wait(lambda: [(d["key"], d["wanted"], d["found"])
                          for d in process.status()["quotas"]["drift"]] == [
        ("consumer_byte_rate", None, "77")], "the drift is shown")


def test_dry_runs_leave_no_trace(guarded, name, tmp_path):
    """Although all is wanted: topics, configs, partitions, groups, ACLs, quotas, users."""
    source, target = guarded
    new, known = f"{name}-new", f"{name}-known"
    for topic in (new, known):
        source.create_topic(topic, 2, config={"retention.ms": "86400000"})
        produce(source, topic, [str(i) for i in range(20)])
    target.create_topic(known, 1)
    commit_from_outside(source, f"{name}-group", new, 7)
    give(source, acl(new, "READ"), acl(new, "WRITE"))
    tool(source, "kafka-configs", "--alter", "--add-config", "producer_byte_rate=1000",
         "--entity-type", "users", "--entity-name", name)
    around = {"topic_config": {"follow": "all", "pinned": {"segment.ms": 3600000}},
              "acls": {"follow": "on"}, "quotas": {"follow": "all"},
              "users": [{"name": f"{name}-user", "password": "hunter2"}]}
    config = tmp_path / "lockstep.yaml"
    config.write_text(Link(source, target, [f"{name}-.*"], offsets="auto",
                           around=around).yaml(0))
    before = {cluster: (state(cluster), quotas_of(cluster)) for cluster in guarded}
    for command, code in (("check", 0), ("plan", 0), ("diff", 3), ("cut", 0), ("verify", 3)):
        for more in ([], ["--json"]):
            done = run_cli(command, "-c", config, *more, timeout=180)
            assert done.returncode == code, (command, done.stdout[-2000:], done.stderr)
    link = json.loads(run_cli("plan", "-c", config, "--json").stdout)["links"][0]
    assert {t["topic"]: t["action"] for t in link["topics"]} == {new: "create", known: "grow"}
    assert link["acls"]["create"] and link["acls"]["on_failover"] and link["users"]["create"]
    assert link["quotas"]["changes"] and f"{name}-group" in link["groups"]
    for cluster, (was, quotas) in before.items():
        assert_untouched(cluster, was)
        assert quotas_of(cluster) == quotas


def listed_acls(cluster, user: str) -> set[tuple[str, str]]:
    """Of one principal: resource and rule, as Kafka's own tool prints them."""
    found, resource = set(), ""
    for line in tool(cluster, "kafka-acls", "--list", "--principal", f"User:{user}").splitlines():
        if "ACLs for resource" in line:
            resource = line.split("`")[1]
        elif "principal=" in line:
            found.add((resource, line.strip()))
    return found


def test_acls_of_every_kind_of_resource(guarded, lockstep, name):
    """But for the right to act as a broker, and those that change things, which wait."""
    source, target = guarded
    source.create_topic(name)
    user = f"{name}-user"
    allow, deny = ["--allow-principal", f"User:{user}"], ["--deny-principal", f"User:{user}"]
    tool(source, "kafka-acls", "--add", *allow, *deny, "--operation", "Describe", "--topic", name,
         "--group", "grp", "--cluster", "--transactional-id", "tx", "--delegation-token", "tok")
    tool(source, "kafka-acls", "--add", *allow, *deny, "--operation", "DescribeTokens",
         "--user-principal", "User:bob")
    tool(source, "kafka-acls", "--add", *allow, *deny, "--operation", "Alter", "--cluster")
    tool(source, "kafka-acls", "--add", *allow, "--operation", "ClusterAction", "--cluster")
    kinds = ["topic", "group", "cluster", "transactional_id", "delegation_token", "user"]
    process = lockstep(Link(source, target, [name],
                            around={"acls": {"follow": "on", "resources": kinds}}))
    wanted = {(resource, rule) for resource, rule in listed_acls(source, user)
              if "CLUSTER_ACTION" not in rule and not ("=ALTER," in rule and "=ALLOW" in rule)}
    assert len({resource for resource, _ in wanted}) == 6 and len(wanted) == 13
    process.wait(lambda: process.status()["acls"]["on_failover"] == [
        f"ALLOW User:{user} from * ALTER on CLUSTER kafka-cluster"], "one waits for a failover")
    eventually(lambda: listed_acls(target, user) == wanted, "the others are there", interval=1)


def test_configs_are_removed_on_either_side_where_links_go_both_ways(source, target, lockstep,
                                                                     name):
    """Whichever link looks first: the other one carries it, and neither takes it back."""
    us, eu = source, target
    us.create_topic(name, config={"retention.ms": "86400000"})
    process = lockstep(Replication("active-active", {"us": us, "eu": eu}, [name]))

    def in_step() -> list[int]:
        """How many settings each link agrees on, but for one that has drifted."""
        looks = [link["configs"] for link in process.links()]
        return [look["in_step"] for look in looks if look["state"] == "in_step"]

    process.wait(lambda: len(in_step()) == 2 and all(in_step()), "both links agree")
    agreed = in_step()

    def wait_both(value: str | None, counts: list[int]) -> None:
        process.wait(lambda: all(cluster.config(name).get("retention.ms") == value
                                 for cluster in (us, eu)), f"both have {value}")
        process.wait(lambda: in_step() == counts, "both links agree")

    for turn in range(6):
        one, other = (us, eu) if turn % 2 else (eu, us)
        remove_config(one, name, "retention.ms")
        wait_both(None, [count - 1 for count in agreed])
        (other if turn % 3 else one).alter_config(name, retention_ms=f"{90000000 + turn}")
        wait_both(f"{90000000 + turn}", agreed)


def acls_on(cluster, name: str) -> set[AclBinding]:
    return {found for found in acls_of(cluster) if found.name == name}


def test_acls_are_revoked_where_they_were_made_where_links_go_both_ways(guarded, lockstep, name):
    us, eu = guarded
    us.create_topic(name)
    rules = [{"from": "User:dev-(.*)", "to": "User:prod-\\1"}]
    process = lockstep(Replication(
        "active-active", {"us": us, "eu": eu}, [name],
        f"    acls: {json.dumps({'follow': 'on', 'principals': rules})}\n"))
    process.wait(lambda: [link["acls"]["state"] for link in process.links()]
                 == ["in_step", "in_step"], "both links follow")

    def wait_acls_on(cluster, *wanted: AclBinding) -> None:
        process.wait(lambda: acls_on(cluster, name) == set(wanted),
                     f"{cluster.name} has {wanted}")

    for turn in range(6):
        one, other = (us, eu) if turn % 2 else (eu, us)
        made = acl(name, "READ"), acl(name, "READ", "User:dev-x")
        copied = acl(name, "READ"), acl(name, "READ", "User:prod-x")
        give(one, *made)
        wait_acls_on(other, *copied)
        assert acls_on(one, name) == set(made), "nothing comes back"
        take(one, *made)
        wait_acls_on(other)
        wait_acls_on(one)

    # What would stop Lockstep itself waits, and what it overrules waits with it.
    give(us, acl(name, "READ"), acl(name, "READ", "User:*", permission="DENY"),
         acl(name, "DESCRIBE_CONFIGS"))
    wait_acls_on(eu, acl(name, "DESCRIBE_CONFIGS"))
    process.wait(lambda: sorted(waiting for waiting in process.links()[0]["acls"]["on_failover"]
                                if name in waiting) == [
        f"ALLOW User:alice from * READ on TOPIC {name}",
        f"DENY User:* from * READ on TOPIC {name}"], "they wait")
    take(us, acl(name, "READ"), acl(name, "READ", "User:*", permission="DENY"),
         acl(name, "DESCRIBE_CONFIGS"))
    wait_acls_on(eu)


def test_acls_where_the_source_hides_what_lockstep_has_created_there(guarded, lockstep, name,
                                                                     home):
    target = guarded[1]
    source = SecureCluster(NEWEST_KAFKA, "hiding", home).start()
    try:
        seen = source.at("SASL_PLAINTEXT", sasl={
            "mechanism": "PLAIN", "username": GUEST, "password": GUEST_PASSWORD})
        source.create_topic(name)
        for operation in (AclOperation.READ, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS):
            source.allow(GUEST, name, operation)
        give(source, acl("kafka-cluster", "DESCRIBE", f"User:{GUEST}", kind="BROKER"),
             acl(name, "READ"), acl(name, "READ", "User:mallory", permission="DENY"))
        around = {"acls": {"follow": "on", "exclude_principals": [f"User:{GUEST}"]}}
        process = lockstep(Link(seen, target, [name], around=around))
        denied = acl(name, "READ", "User:mallory", permission="DENY")
        process.wait(lambda: acls_on(target, name) == {denied}, "only the DENY comes")
        process.wait(lambda: process.status()["acls"]["state"] == "failing", "it says so")
        problem = process.status()["acls"]["problem"]
        assert "__lockstep_followed cannot be read" in problem, problem
        assert "TOPIC_AUTHORIZATION_FAILED" in problem, problem
        source.allow(GUEST, "__lockstep_followed", AclOperation.READ)
        process.wait(lambda: acls_on(target, name) == {denied, acl(name, "READ")},
                     "there is no such topic")
        process.wait(lambda: process.status()["acls"]["state"] == "in_step", "all is in step")
    finally:
        source.remove()
