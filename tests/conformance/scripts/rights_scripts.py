"""What users may do: each request without a right, with some of those it needs, with all."""

from record_batches import TRANSACTIONAL
from rules import (ALL, ALTER, ALTER_CONFIGS, CLUSTER, CLUSTER_ACTION, CLUSTER_NAME, CREATE, DELETE,
                   DENY, DESCRIBE, DESCRIBE_CONFIGS, GROUP, IDEMPOTENT_WRITE, PREFIXED, READ, TOPIC,
                   TRANSACTIONAL_ID, WRITE, drop_rules, make_rules, rule)
from session import Session, error_codes

_ALICE = "User:alice"
_DENIALS = {29, 30, 31, 53}  # of a topic, a group, the cluster, a transactional id
_PRODUCER_ID = 1 << 41


def _is_let(answer: dict) -> bool:
    """For requests that the controller answers, which hears of rules by itself."""
    return not _DENIALS & set(error_codes(answer))


def _grant(s: Session, kind: int, name: str, *operations: int, **fields) -> None:
    make_rules(s, *(rule(_ALICE, kind, name, operation, **fields) for operation in operations))


def _asking(s: Session):
    def ask(label: str, api: str, body: dict, **how) -> dict:
        return s.call(label, api, body, on="alice", **how)
    return ask


def rights_to_read(s: Session) -> None:
    ask, topic, other = _asking(s), s.topic("a"), s.topic("b")
    absent = s.name("absent")
    s.produce("a record", topic, s.batch(b"a"))

    def all_of_it(state: str) -> None:
        for label, name in (("", topic), ("another, ", other), ("absent, ", absent)):
            s.fetch(f"{label}fetch, {state}", name, on="alice")
            ask(f"{label}list offsets, {state}", "ListOffsets", {
                "replica_id": -1, "topics": [{"name": name, "partitions": [
                    {"partition_index": 0, "timestamp": -1}]}]}, limit=9)
            ask(f"{label}epochs, {state}", "OffsetForLeaderEpoch", {
                "replica_id": -1, "topics": [{"topic": name, "partitions": [
                    {"partition": 0, "leader_epoch": 0, "current_leader_epoch": -1}]}]})
            ask(f"{label}producers, {state}", "DescribeProducers", {
                "topics": [{"name": name, "partition_indexes": [0]}]})

    all_of_it("nothing")
    _grant(s, TOPIC, topic, DESCRIBE)
    all_of_it("describe")
    _grant(s, TOPIC, topic, READ)
    all_of_it("read")
    if s.newest("Fetch") >= 13:
        for name in (topic, other):
            ask("fetch by id", "Fetch", {
                "max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1000, "session_epoch": -1,
                "topics": [{"topic_id": s.topic_id(name), "partitions": [
                    {"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1000}]}]},
                version=13)
    ask("fetch as a replica", "Fetch", {
        "replica_id": 5, "max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1000,
        "session_epoch": -1, "topics": [{"topic": topic, "partitions": [
            {"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1000}]}]}, version=12)
    drop_rules(s, _ALICE)


def rights_to_write(s: Session) -> None:
    ask, topic, other, absent = _asking(s), s.topic("a"), s.topic("b"), s.name("absent")
    own_id = {"producer_id": _PRODUCER_ID, "producer_epoch": 0, "base_sequence": 0}

    def put(label: str, name: str = topic, **how) -> None:
        s.produce(label, name, how.pop("batch", s.batch(b"a")), on="alice", **how)

    put("nothing")
    put("nothing, absent", absent)
    put("nothing, with a producer id", batch=s.batch(b"a", **own_id))
    _grant(s, TOPIC, topic, READ, DESCRIBE)
    put("read")
    _grant(s, TOPIC, topic, WRITE)
    put("write")
    put("another", other)
    put("with a producer id", batch=s.batch(b"a", **own_id))
    put("with one ack", acks=1)
    ask("both", "Produce", {"acks": -1, "timeout_ms": 5000, "topic_data": [
        {"name": name, "partition_data": [{"index": 0, "records": s.batch(b"a").hex()}]}
        for name in (topic, other)]}, limit=12)
    put("transaction without a right", transactional_id=s.name("x"),
        batch=s.batch(b"a", **own_id, attributes=TRANSACTIONAL))
    s.fetch("what is there", topic)
    ask("delete records", "DeleteRecords", {"timeout_ms": 5000, "topics": [
        {"name": name, "partitions": [{"partition_index": 0, "offset": 1}]}
        for name in (topic, other, absent)]})
    _grant(s, TOPIC, topic, DELETE)
    ask("delete records, delete", "DeleteRecords", {"timeout_ms": 5000, "topics": [
        {"name": topic, "partitions": [{"partition_index": 0, "offset": 1}]}]})
    drop_rules(s, _ALICE)
    put("taken back")
    ask("delete records, taken back", "DeleteRecords", {"timeout_ms": 5000, "topics": [
        {"name": topic, "partitions": [{"partition_index": 0, "offset": 2}]}]})


def rights_to_producer_ids(s: Session) -> None:
    topic, txn = s.topic("a"), s.name("x")
    s.coordinate(txn, 1)

    def init(label: str, transactional_id: str | None = None, **how) -> None:
        s.call(label, "InitProducerId", {"transactional_id": transactional_id,
                                         "transaction_timeout_ms": 60000}, on="alice", limit=5,
               until=lambda a: a["error_code"] not in {14, 15, 16, 51}, **how)

    init("nothing")
    init("transactional, nothing", txn)
    _grant(s, TOPIC, topic, READ)
    init("read of a topic")
    _grant(s, TOPIC, topic, WRITE)
    init("write to a topic")
    drop_rules(s, _ALICE)
    _grant(s, TOPIC, topic, WRITE, resource_pattern_type=PREFIXED)
    init("write to a prefix")
    _grant(s, TOPIC, topic[:-2], WRITE, resource_pattern_type=PREFIXED, permission_type=DENY)
    init("write to a prefix, a shorter one denied")
    drop_rules(s, _ALICE)
    _grant(s, TOPIC, "*", WRITE)
    init("write to everything")
    _grant(s, TOPIC, topic, WRITE, permission_type=DENY)
    init("write to everything but one")
    _grant(s, TOPIC, "*", WRITE, permission_type=DENY)
    init("write to everything, denied")
    _grant(s, CLUSTER, CLUSTER_NAME, IDEMPOTENT_WRITE)
    init("idempotent write")
    drop_rules(s, _ALICE)
    _grant(s, TRANSACTIONAL_ID, txn, DESCRIBE)
    init("transactional, describe", txn)
    _grant(s, TRANSACTIONAL_ID, txn, WRITE)
    init("transactional, write", txn)
    init("no id, write to a transactional id")
    drop_rules(s, _ALICE)


def rights_to_transactions(s: Session) -> None:
    ask, topic, other = _asking(s), s.topic("a"), s.topic("b")
    txn, group = s.name("x"), s.name("g")
    s.coordinate(txn, 1)
    s.coordinate(group)
    made = s.init_producer("by the administrator", txn, limit=5)
    who = {"producer_id": made["producer_id"], "producer_epoch": made["producer_epoch"]}

    def all_of_it(state: str) -> None:
        ask(f"add partitions, {state}", "AddPartitionsToTxn", {
            "v3_and_below_transactional_id": txn, "v3_and_below_producer_id": who["producer_id"],
            "v3_and_below_producer_epoch": who["producer_epoch"], "v3_and_below_topics": [
                {"name": name, "partitions": [0]} for name in (topic, other, s.name("absent"))]},
            version=3)
        ask(f"add offsets, {state}", "AddOffsetsToTxn", {
            "transactional_id": txn, "group_id": group} | who, version=3)
        ask(f"commit offsets, {state}", "TxnOffsetCommit", {
            "transactional_id": txn, "group_id": group, "topics": [{"name": name, "partitions": [
                {"partition_index": 0, "committed_offset": 1}]} for name in (topic, other)]} | who,
            version=3)
        ask(f"end, {state}", "EndTxn", {"transactional_id": txn, "committed": False} | who,
            version=3, until=lambda a: a["error_code"] != 51)
        if s.has("DescribeTransactions"):
            ask(f"describe, {state}", "DescribeTransactions", {"transactional_ids": [txn]},
                until=lambda a: "Prepare" not in a["transaction_states"][0]["transaction_state"])
            answer = s.ask("ListTransactions", 0, {}, on="alice")
            answer["transaction_states"] = [one for one in answer["transaction_states"]
                                            if one["transactional_id"] == txn]
            s.write(f"list, {state}", "ListTransactions", answer)
        ask(f"coordinator, {state}", "FindCoordinator", {"key": txn, "key_type": 1}, limit=3)

    all_of_it("nothing")
    _grant(s, TRANSACTIONAL_ID, txn, DESCRIBE)
    all_of_it("describe")
    _grant(s, TRANSACTIONAL_ID, txn, WRITE)
    all_of_it("write")
    _grant(s, GROUP, group, READ)
    all_of_it("group")
    _grant(s, TOPIC, topic, READ)
    all_of_it("topic to read")
    _grant(s, TOPIC, topic, WRITE)
    all_of_it("topic to write")
    _grant(s, TOPIC, other, READ, WRITE)
    all_of_it("topics")
    markers = {"markers": [who | {"transaction_result": True, "coordinator_epoch": 0, "topics": [
        {"name": topic, "partition_indexes": [0]}]}]}
    ask("markers", "WriteTxnMarkers", markers, limit=1)
    drop_rules(s, _ALICE)


def rights_to_groups(s: Session) -> None:
    ask, topic, other = _asking(s), s.topic("a"), s.topic("b")
    group = s.name("g")
    s.coordinate(group)
    s.call("a commit", "OffsetCommit", {"group_id": group, "generation_id_or_member_epoch": -1,
                                        "topics": [{"name": name, "partitions": [
                                            {"partition_index": 0, "committed_offset": 3}]}
                                            for name in (topic, other)]}, limit=9)

    def all_of_it(state: str) -> None:
        ask(f"coordinator, {state}", "FindCoordinator", {"key": group, "key_type": 0}, limit=3)
        ask(f"commit, {state}", "OffsetCommit", {
            "group_id": group, "generation_id_or_member_epoch": -1, "topics": [
                {"name": name, "partitions": [{"partition_index": 0, "committed_offset": 4}]}
                for name in (topic, other, s.name("absent"))]}, limit=9)
        for label, names in (("some", (topic, other, s.name("absent"))), ("all", None)):
            ask(f"offsets of {label}, {state}", "OffsetFetch", {
                "group_id": group, "topics": names and [
                    {"name": name, "partition_indexes": [0]} for name in names]}, limit=7)
        if s.newest("OffsetFetch") >= 8:
            ask(f"offsets of groups, {state}", "OffsetFetch", {"groups": [
                {"group_id": group, "topics": None}]}, version=9)
        ask(f"describe, {state}", "DescribeGroups", {
            "groups": [group], "include_authorized_operations": True}, limit=5)
        answer = s.ask("ListGroups", s.newest("ListGroups"), {}, on="alice")
        answer["groups"] = [one for one in answer["groups"] if one["group_id"] == group]
        s.write(f"list, {state}", "ListGroups", answer)
        ask(f"join, {state}", "JoinGroup", {
            "group_id": group, "session_timeout_ms": 10000, "rebalance_timeout_ms": 10000,
            "protocol_type": "consumer", "protocols": [{"name": "range", "metadata": ""}]})
        ask(f"sync, {state}", "SyncGroup", {
            "group_id": group, "generation_id": 1, "member_id": "m", "protocol_type": "consumer",
            "protocol_name": "range"})
        ask(f"heartbeat, {state}", "Heartbeat", {
            "group_id": group, "generation_id": 1, "member_id": "m"})
        ask(f"leave, {state}", "LeaveGroup", {
            "group_id": group, "members": [{"member_id": "m"}]})
        ask(f"delete offsets, {state}", "OffsetDelete", {"group_id": group, "topics": [
            {"name": name, "partitions": [{"partition_index": 0}]}
            for name in (other, s.name("absent"))]})

    all_of_it("nothing")
    ask("delete, nothing", "DeleteGroups", {"groups_names": [group, s.name("h")]})
    _grant(s, GROUP, group, DESCRIBE)
    all_of_it("describe")
    _grant(s, TOPIC, topic, DESCRIBE)
    all_of_it("describe of a topic")
    _grant(s, GROUP, group, READ)
    all_of_it("read")
    _grant(s, TOPIC, topic, READ)
    all_of_it("read of a topic")
    ask("delete, read", "DeleteGroups", {"groups_names": [group]})
    _grant(s, GROUP, group, DELETE)
    all_of_it("delete")
    _grant(s, CLUSTER, CLUSTER_NAME, DESCRIBE)
    all_of_it("describe of the cluster")
    drop_rules(s, _ALICE)


def rights_to_new_groups(s: Session) -> None:
    """KIP-848."""
    if not (s.kafka == "4.3" and s.has("ConsumerGroupHeartbeat")):
        return
    ask, topic, group = _asking(s), s.topic("a"), s.name("g")
    s.coordinate(group)

    def all_of_it(state: str) -> None:
        join = {"group_id": group, "member_id": "m" * 22, "member_epoch": 0,
                "rebalance_timeout_ms": 10000, "topic_partitions": []}
        ask(f"join, {state}", "ConsumerGroupHeartbeat", join | {
            "subscribed_topic_names": [topic]}, version=1)
        ask(f"join by pattern, {state}", "ConsumerGroupHeartbeat", join | {
            "subscribed_topic_regex": topic + ".*"}, version=1)
        ask(f"describe, {state}", "ConsumerGroupDescribe", {
            "group_ids": [group], "include_authorized_operations": True})

    all_of_it("nothing")
    _grant(s, GROUP, group, DESCRIBE)
    all_of_it("describe")
    _grant(s, GROUP, group, READ)
    all_of_it("read")
    _grant(s, TOPIC, topic, DESCRIBE)
    ask("join, topic", "ConsumerGroupHeartbeat", {
        "group_id": group, "member_id": "m" * 22, "member_epoch": 0, "topic_partitions": [],
        "rebalance_timeout_ms": 10000, "subscribed_topic_names": [topic]}, version=1)
    drop_rules(s, _ALICE)


def rights_to_see_topics(s: Session) -> None:
    ask, topic, other = _asking(s), s.topic("a"), s.topic("b")
    absent = s.name("absent")

    def metadata(label: str, names: list[str] | None, **fields) -> None:
        version = 9
        answer = s.ask("Metadata", version, {
            "topics": names and [{"name": name} for name in names],
            "allow_auto_topic_creation": False, "include_topic_authorized_operations": True,
            "include_cluster_authorized_operations": True} | fields, on="alice")
        answer["topics"] = [one for one in answer["topics"]
                            if one["name"] in (topic, other, absent)]
        s.write(label, f"Metadata v{version}", answer)

    def all_of_it(state: str) -> None:
        metadata(f"some, {state}", [topic, other, absent])
        metadata(f"all, {state}", None)
        metadata(f"absent, with creation, {state}", [absent], allow_auto_topic_creation=True)
        if s.newest("Metadata") >= 12:
            for name in (topic, other):
                ask(f"by id, {state}", "Metadata", {"topics": [
                    {"name": None, "topic_id": s.topic_id(name)}]}, version=12)
        if s.has("DescribeTopicPartitions"):
            ask(f"partitions, {state}", "DescribeTopicPartitions", {
                "topics": [{"name": name} for name in (topic, other, absent)],
                "response_partition_limit": 100})
        ask(f"configs, {state}", "DescribeConfigs", {"resources": [
            {"resource_type": 2, "resource_name": name, "configuration_keys": ["retention.ms"]}
            for name in (topic, other, absent)]})
        answer = s.ask("DescribeLogDirs", s.newest("DescribeLogDirs"), {
            "topics": [{"topic": topic, "partitions": [0]}]}, on="alice")
        s.write(f"log directories, {state}", "DescribeLogDirs", {
            "error_code": answer.get("error_code"), "topics": [
                one for directory in answer["results"] for one in directory["topics"]
                if one["name"] == topic]})

    all_of_it("nothing")
    _grant(s, TOPIC, topic, DESCRIBE)
    all_of_it("describe")
    _grant(s, TOPIC, topic, DESCRIBE_CONFIGS, DELETE)
    all_of_it("configs")
    _grant(s, CLUSTER, CLUSTER_NAME, DESCRIBE)
    all_of_it("cluster")
    drop_rules(s, _ALICE)
    for operation in (READ, WRITE, CREATE, DELETE, ALTER, ALTER_CONFIGS, ALL):
        _grant(s, TOPIC, topic, operation)
        metadata(f"operation {operation}", [topic])
        drop_rules(s, _ALICE)


def rights_to_change_topics(s: Session) -> None:
    ask, topic, other = _asking(s), s.topic("a"), s.topic("b")
    prefix = s.name("n")

    def create(label: str, name: str, **fields) -> None:
        until = fields.pop("until", lambda a: True)
        answer = s.wait("CreateTopics", {"topics": [
            {"name": name, "num_partitions": 1, "replication_factor": 1}],
            "timeout_ms": 10000} | fields, until, on="alice")
        for told in answer["topics"]:
            told["configs"] = bool(told.get("configs"))
        s.write(label, "CreateTopics", answer)

    def change(label: str, until=lambda a: True) -> None:
        for name in (other, topic):
            which = "other" if name == other else "topic"
            how = {"until": until} if name == topic else {}
            ask(f"{label}, partitions of {which}", "CreatePartitions", {
                "topics": [{"name": name, "count": 1}], "timeout_ms": 5000}, **how)
            ask(f"{label}, configs of {which}", "IncrementalAlterConfigs", {"resources": [
                {"resource_type": 2, "resource_name": name, "configs": [
                    {"name": "retention.ms", "config_operation": 0, "value": "99"}]}]}, **how)
            ask(f"{label}, all configs of {which}", "AlterConfigs", {"resources": [
                {"resource_type": 2, "resource_name": name, "configs": []}]}, **how)
            ask(f"{label}, election of {which}", "ElectLeaders", {
                "election_type": 0, "timeout_ms": 5000,
                "topic_partitions": [{"topic": name, "partitions": [0]}]})

    create("nothing", prefix + ".1")
    create("nothing, what is there", topic)
    create("nothing, invalid", "a/b")
    change("nothing")
    ask("nothing, configs of a broker", "IncrementalAlterConfigs", {"resources": [
        {"resource_type": 4, "resource_name": "1", "configs": [
            {"name": "log.retention.ms", "config_operation": 0, "value": "99"}]}]})
    _grant(s, TOPIC, prefix, CREATE, resource_pattern_type=PREFIXED)
    create("prefix", prefix + ".1", until=_is_let)
    create("prefix, validate only", prefix + ".2", validate_only=True)
    create("prefix, another", s.name("m"))
    _grant(s, TOPIC, prefix, DESCRIBE_CONFIGS, resource_pattern_type=PREFIXED)
    create("prefix with configs", prefix + ".3")
    _grant(s, CLUSTER, CLUSTER_NAME, CREATE)
    create("cluster", s.name("m"), until=_is_let)
    _grant(s, TOPIC, topic, ALTER, ALTER_CONFIGS)
    change("alter", until=_is_let)
    _grant(s, CLUSTER, CLUSTER_NAME, ALTER)
    change("alter of the cluster")
    for label, name in (("seen", topic), ("not seen", other), ("absent", s.name("absent"))):
        ask(f"delete, {label}", "DeleteTopics", {"topic_names": [name], "timeout_ms": 5000},
            version=5)
        if s.newest("DeleteTopics") >= 6 and label != "absent":
            ask(f"delete by id, {label}", "DeleteTopics", {
                "topics": [{"name": None, "topic_id": s.topic_id(name)}], "timeout_ms": 5000},
                version=6)
    _grant(s, TOPIC, topic, DELETE)
    ask("delete", "DeleteTopics", {"topic_names": [topic], "timeout_ms": 5000}, version=5,
        until=_is_let)
    drop_rules(s, _ALICE)


def rights_to_the_cluster(s: Session) -> None:
    ask = _asking(s)

    def all_of_it(state: str) -> None:
        ask(f"cluster, {state}", "DescribeCluster", {
            "include_cluster_authorized_operations": True})
        ask(f"broker's configs, {state}", "DescribeConfigs", {"resources": [
            {"resource_type": 4, "resource_name": "1", "configuration_keys": ["num.partitions"]}]})
        ask(f"users, {state}", "DescribeUserScramCredentials", {
            "users": [{"name": s.name("nobody")}]})
        ask(f"change of users, {state}", "AlterUserScramCredentials", {
            "deletions": [{"name": s.name("nobody"), "mechanism": 1}]},
            until=_is_let if state == "ALTER" else lambda a: True)
        ask(f"no change of users, {state}", "AlterUserScramCredentials", {})
        ask(f"quotas, {state}", "DescribeClientQuotas", {"components": [
            {"entity_type": "user", "match_type": 0, "match": s.name("nobody")}]})
        ask(f"change of quotas, {state}", "AlterClientQuotas", {"validate_only": True, "entries": [
            {"entity": [{"entity_type": "user", "entity_name": s.name("nobody")}],
             "ops": [{"key": "producer_byte_rate", "value": 1000.0}]}]},
            until=_is_let if state == "ALTER_CONFIGS" else lambda a: True)
        ask(f"election of everything, {state}", "ElectLeaders", {
            "election_type": 0, "topic_partitions": [], "timeout_ms": 5000})

    all_of_it("nothing")
    for name, operation in (("DESCRIBE", DESCRIBE), ("ALTER", ALTER),
                            ("DESCRIBE_CONFIGS", DESCRIBE_CONFIGS),
                            ("ALTER_CONFIGS", ALTER_CONFIGS), ("CLUSTER_ACTION", CLUSTER_ACTION)):
        _grant(s, CLUSTER, CLUSTER_NAME, operation)
        all_of_it(name)
        drop_rules(s, _ALICE)


def rules_that_clash(s: Session) -> None:
    """Which of some rules counts, judged by what may be done to a topic."""
    topic = s.topic("abcd")

    def show(label: str, *rules: dict) -> None:
        make_rules(s, *rules)
        answer = s.ask("Metadata", 9, {
            "topics": [{"name": topic}], "allow_auto_topic_creation": False,
            "include_topic_authorized_operations": True}, on="alice")
        s.write(label, "Metadata v9", answer["topics"][0])
        for principal in (_ALICE, "User:*", "User:alic", "Group:alice"):
            drop_rules(s, principal)

    def may(operation: int, name: str = topic, **fields) -> dict:
        return rule(fields.pop("principal", _ALICE), TOPIC, name, operation, **fields)

    deny, prefixed = {"permission_type": DENY}, {"resource_pattern_type": PREFIXED}
    show("deny of one operation", may(ALL), may(READ, **deny))
    show("deny of all", may(READ), may(WRITE), may(ALL, **deny))
    show("deny of describe", may(READ), may(DESCRIBE, **deny))
    show("deny of read does not take describe", may(WRITE), may(READ, **deny))
    show("deny of a prefix", may(ALL), may(READ, topic[:6], **deny, **prefixed))
    show("deny of everything", may(ALL), may(READ, "*", **deny))
    show("deny of another", may(ALL), may(READ, topic + "x", **deny))
    show("deny of a longer prefix", may(ALL), may(READ, topic + "x", **deny, **prefixed))
    show("allow of a prefix, deny of the name", may(ALL, topic[:6], **prefixed), may(READ, **deny))
    show("allow of everything, deny of a prefix", may(ALL, "*"),
         may(WRITE, topic[:6], **deny, **prefixed))
    show("the whole name as a prefix", may(READ, **prefixed))
    show("a star as a prefix", may(READ, "*", **prefixed))
    show("everybody", may(READ, principal="User:*"))
    show("everybody, denied to her", may(ALL, principal="User:*"), may(READ, **deny))
    show("denied to everybody", may(ALL), may(READ, principal="User:*", **deny))
    show("somebody with a shorter name", may(READ, principal="User:alic"))
    show("another kind of principal", may(READ, principal="Group:alice"))
    show("from here", may(READ, host="127.0.0.1"))
    show("from elsewhere", may(READ, host="127.0.0.2"))
    show("denied from elsewhere", may(READ), may(READ, host="127.0.0.2", **deny))
    show("of a group of that name", rule(_ALICE, GROUP, topic, READ))
    show("idempotent write, which topics do not have", may(ALTER_CONFIGS), may(DESCRIBE_CONFIGS,
                                                                              **deny))
