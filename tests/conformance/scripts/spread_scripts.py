"""Three brokers: who is asked for what another one leads or coordinates, and says so."""

from session import Session, error_codes

MOVING = "leaders-that-move"  # made here, looked at by moved_scripts once broker 1 was away
_UNKNOWN_PARTITION = 3


def _spread(s: Session, topic: str, *replicas: list[int]) -> None:
    """A topic whose partitions are on these brokers, the first of each its leader."""
    answer = s.ask("CreateTopics", s.newest("CreateTopics"), {"topics": [{
        "name": topic, "num_partitions": -1, "replication_factor": -1, "assignments": [
            {"partition_index": index, "broker_ids": brokers}
            for index, brokers in enumerate(replicas)]}], "timeout_ms": 10000})
    assert set(error_codes(answer)) == {0}, answer
    for index, brokers in enumerate(replicas):
        s.wait("ListOffsets", {"replica_id": -1, "topics": [
            {"name": topic, "partitions": [{"partition_index": index, "timestamp": -1}]}]},
            lambda a: set(error_codes(a)) == {0}, f"broker {brokers[0]}")
    s.normal(s.topic_id(topic), "topic_id")


def _is_known(answer: dict) -> bool:
    """A new topic is not everywhere at once."""
    return _UNKNOWN_PARTITION not in error_codes(answer)


def leaders_before_they_move(s: Session) -> None:
    _spread(s, MOVING, [1, 2, 3], [2, 3, 1])
    for value in (b"a", b"b", b"c"):
        s.produce("to broker 1", MOVING, s.batch(value), on="broker 1")
    s.produce("to broker 2", MOVING, s.batch(b"d"), on="broker 2", partition=1)
    write_metadata(s)


def write_metadata(s: Session) -> None:
    """Which of three is the controller is chance."""
    answer = s.ask("Metadata", s.newest("Metadata", 12), {"topics": [{"name": MOVING}]})
    del answer["controller_id"]
    s.write("metadata", "Metadata", answer)


def not_the_leader(s: Session) -> None:
    topic = s.name("a")
    _spread(s, topic, [1, 2])
    s.produce("its leader", topic, s.batch(b"a"), on="broker 1")
    for broker, role in ((2, "its follower"), (3, "a stranger")):
        how = {"on": f"broker {broker}", "until": _is_known}
        s.produce(role, topic, s.batch(b"a"), **how)
        s.produce(f"{role}, version 9", topic, s.batch(b"a"), version=9, **how)
        s.produce(f"{role}, acks 1", topic, s.batch(b"a"), acks=1, **how)
        s.fetch(f"{role}, version 10", topic, version=10, **how)
        s.fetch(f"{role}, version 12", topic, version=12, **how)
        s.call(f"{role}, offsets", "ListOffsets", {"replica_id": -1, "topics": [
            {"name": topic, "partitions": [{"partition_index": 0, "timestamp": -1}]}]}, **how)
        s.call(f"{role}, epochs", "OffsetForLeaderEpoch", {"replica_id": -1, "topics": [
            {"topic": topic, "partitions": [{"partition": 0, "current_leader_epoch": -1,
                                             "leader_epoch": 0}]}]}, **how)
        s.call(f"{role}, deletion", "DeleteRecords", {"topics": [{"name": topic, "partitions": [
            {"partition_index": 0, "offset": 1}]}], "timeout_ms": 5000}, **how)
        s.call(f"{role}, producers", "DescribeProducers", {"topics": [
            {"name": topic, "partition_indexes": [0]}]}, **how)
        s.call(f"{role}, marker", "WriteTxnMarkers", {"markers": [{
            "producer_id": 1 << 40, "producer_epoch": 0, "transaction_result": True,
            "coordinator_epoch": 0, "topics": [{"name": topic, "partition_indexes": [0]}]}]},
            limit=1, **how)
    s.fetch("what is there", topic, on="broker 1")


def _another_than_the_coordinator(s: Session, key: str, kind: int) -> str:
    """A connection to a broker that does not coordinate the group (0) or transactional id (1)."""
    answer = s.wait("FindCoordinator", {"key_type": kind, "coordinator_keys": [key]},
                    lambda a: a["coordinators"][0]["error_code"] == 0)
    return f"broker {answer['coordinators'][0]['node_id'] % 3 + 1}"


def not_the_coordinator_of_a_group(s: Session) -> None:
    group = s.name("g")
    how = {"on": _another_than_the_coordinator(s, group, 0)}
    member = {"group_id": group, "member_id": "m", "generation_id": 1}
    s.call("join", "JoinGroup", {
        "group_id": group, "session_timeout_ms": 10000, "rebalance_timeout_ms": 10000,
        "member_id": "", "protocol_type": "consumer",
        "protocols": [{"name": "range", "metadata": ""}]}, **how)
    s.call("sync", "SyncGroup", member | {"protocol_type": "consumer", "protocol_name": "range"},
           **how)
    s.call("heartbeat", "Heartbeat", member, **how)
    s.call("leave", "LeaveGroup", {"group_id": group, "members": [{"member_id": "m"}]}, **how)
    s.call("commit", "OffsetCommit", {
        "group_id": group, "generation_id_or_member_epoch": -1, "topics": [
            {"name": MOVING, "partitions": [{"partition_index": 0, "committed_offset": 1}]}]},
        limit=9, **how)
    s.call("fetch", "OffsetFetch", {"group_id": group, "topics": None}, version=7, **how)
    s.call("fetch, many groups", "OffsetFetch", {"groups": [{"group_id": group, "topics": None}]},
           limit=9, **how)
    s.call("describe", "DescribeGroups", {"groups": [group]}, **how)
    s.call("delete", "DeleteGroups", {"groups_names": [group]}, **how)
    if s.has("ConsumerGroupHeartbeat") and s.kafka == "4.3":
        s.call("heartbeat of KIP-848", "ConsumerGroupHeartbeat", {
            "group_id": group, "member_id": "A" * 22, "member_epoch": 0,
            "rebalance_timeout_ms": 10000, "subscribed_topic_names": [MOVING],
            "topic_partitions": []}, **how)
        s.call("describe of KIP-848", "ConsumerGroupDescribe", {"group_ids": [group]}, **how)


def not_the_coordinator_of_a_transaction(s: Session) -> None:
    name = s.name("t")
    how = {"on": _another_than_the_coordinator(s, name, 1)}
    producer = {"producer_id": 1 << 40, "producer_epoch": 0}
    s.call("init", "InitProducerId", {"transactional_id": name, "transaction_timeout_ms": 60000},
           **how)
    s.call("add partitions", "AddPartitionsToTxn", {
        "v3_and_below_transactional_id": name, "v3_and_below_producer_id": 1 << 40,
        "v3_and_below_producer_epoch": 0,
        "v3_and_below_topics": [{"name": MOVING, "partitions": [0]}]}, version=3, **how)
    s.call("add offsets", "AddOffsetsToTxn",
           producer | {"transactional_id": name, "group_id": s.name("g")}, **how)
    for committed in (True, False):
        s.call(f"end, {committed}", "EndTxn",
               producer | {"transactional_id": name, "committed": committed}, **how)
    s.call("describe", "DescribeTransactions", {"transactional_ids": [name]}, **how)
