"""Groups of both protocols, and the offsets that they commit."""

from session import COORDINATOR_SETTLES, Session

# Subscriptions to a topic "t", without user data and with some.
_PROTOCOLS = [{"name": "range", "metadata": "0000" "00000001" "0001" "74" "ffffffff"},
              {"name": "sticky", "metadata": "0000" "00000001" "0001" "74" "00000001" "aa"}]


def _coordinated(s: Session, name: str) -> str:
    group = s.name(name)
    s.coordinate(group)
    return group


def _join(s: Session, group: str, member: str = "", **fields) -> dict:
    return {"group_id": group, "session_timeout_ms": 10000, "rebalance_timeout_ms": 10000,
            "member_id": member, "protocol_type": "consumer", "protocols": _PROTOCOLS} | fields


def _sync(group: str, generation: int, member: str, **fields) -> dict:
    return {"group_id": group, "generation_id": generation, "member_id": member,
            "protocol_type": "consumer", "protocol_name": "range"} | fields


def _beat(s: Session, label: str, group: str, generation: int, member: str, **fields) -> None:
    s.call(label, "Heartbeat", {"group_id": group, "generation_id": generation,
                                "member_id": member} | fields)


def _commit(s: Session, label: str, group: str, topic: str, offset: int, **how) -> None:
    partition = {"partition_index": how.pop("partition", 0), "committed_offset": offset,
                 "committed_leader_epoch": how.pop("epoch", -1),
                 "committed_metadata": how.pop("metadata", "")}
    s.call(label, "OffsetCommit", {
        "group_id": group, "generation_id_or_member_epoch": how.pop("generation", -1),
        "member_id": how.pop("member", ""), "group_instance_id": how.pop("instance", None),
        "topics": [{"name": topic, "partitions": [partition]}]},
        limit=how.pop("limit", 9), **how)


def _offsets(s: Session, label: str, group: str, topic: str | None, **how) -> None:
    topics = None if topic is None else [{"name": topic, "partition_indexes": [0, 1]}]
    s.call(label, "OffsetFetch", {"group_id": group, "topics": topics}, limit=7, **how)


def _describe(s: Session, label: str, group: str) -> None:
    s.call(label, "DescribeGroups", {"groups": [group]})


def _list(s: Session, label: str, group: str, **filters) -> None:
    answer = s.ask("ListGroups", s.newest("ListGroups"), filters)
    answer["groups"] = [g for g in answer["groups"] if g["group_id"] == group]
    s.write(label, "ListGroups", answer)


def classic_group(s: Session) -> None:
    group, topic = _coordinated(s, "g"), s.topic("a")
    # 4.x does not show what it has not written, and a first member writes nothing.
    _commit(s, "another group", s.name("other"), topic, 1)
    _describe(s, "unknown group", group)
    asked = s.call("asked to come with an id", "JoinGroup", _join(s, group))
    one = asked["member_id"]
    joined = s.call("joined", "JoinGroup", _join(s, group, one))
    generation = joined["generation_id"]
    _describe(s, "waits for the assignment", group)
    _beat(s, "heartbeat before the assignment", group, generation, one)
    s.call("sync", "SyncGroup", _sync(group, generation, one, protocol_type="consumer",
                                      protocol_name="range", assignments=[
                                          {"member_id": one, "assignment": "0a0b"}]))
    s.call("sync without protocol", "SyncGroup", _sync(group, generation, one,
                                                       protocol_name=None))
    s.call("sync again", "SyncGroup", _sync(group, generation, one))
    s.call("sync, wrong generation", "SyncGroup", _sync(group, 9, one))
    s.call("sync, wrong protocol", "SyncGroup", _sync(group, generation, one,
                                                      protocol_type="connect"))
    s.call("sync, wrong protocol name", "SyncGroup", _sync(
        group, generation, one, protocol_type="consumer", protocol_name="other"))
    s.call("sync, unknown member", "SyncGroup", _sync(group, generation, "nobody"))
    _describe(s, "stable", group)
    _list(s, "listed", group)
    _list(s, "listed as stable", group, states_filter=["Stable"])
    _list(s, "listed as empty", group, states_filter=["Empty"])
    _beat(s, "heartbeat", group, generation, one)
    _beat(s, "heartbeat, old generation", group, generation - 1, one)
    _beat(s, "heartbeat, later generation", group, generation + 1, one)
    _beat(s, "heartbeat, unknown member", group, generation, "nobody")
    _beat(s, "heartbeat, unknown group", s.name("absent"), 1, one)
    _beat(s, "heartbeat, empty group", "", 1, one)
    _beat(s, "heartbeat, unknown instance", group, generation, one, group_instance_id="i")
    _commit(s, "commit", group, topic, 5, member=one, generation=generation)
    _commit(s, "commit, wrong generation", group, topic, 6, member=one, generation=9)
    _commit(s, "commit, unknown member", group, topic, 6, member="nobody", generation=generation)
    _commit(s, "commit from outside", group, topic, 6)
    _commit(s, "commit with a generation alone", group, topic, 6, generation=generation)
    _offsets(s, "offsets", group, topic)
    s.call("delete while it is used", "DeleteGroups", {"groups_names": [group]})
    s.call("delete offsets of any topic", "OffsetDelete", {"group_id": group, "topics": [
        {"name": topic, "partitions": [{"partition_index": 0}]}]})
    s.call("rejoin of the leader", "JoinGroup", _join(s, group, one))
    s.call("leave, unknown member", "LeaveGroup", {"group_id": group, "members": [
        {"member_id": "nobody"}]})
    s.call("leave, unknown instance", "LeaveGroup", {"group_id": group, "members": [
        {"member_id": "", "group_instance_id": "i"}]})
    s.call("leave, unknown group", "LeaveGroup", {"group_id": s.name("absent"), "members": [
        {"member_id": one}]})
    s.call("leave", "LeaveGroup", {"group_id": group, "members": [{"member_id": one}]})
    _describe(s, "empty", group)
    _list(s, "listed when it is empty", group)
    _beat(s, "heartbeat when it is gone", group, generation, one)
    _commit(s, "commit from outside, empty", group, topic, 7)
    _offsets(s, "offsets from outside", group, topic)
    s.call("delete", "DeleteGroups", {"groups_names": [group]})
    s.call("delete again", "DeleteGroups", {"groups_names": [group]})
    s.call("delete empty name", "DeleteGroups", {"groups_names": [""]})
    _describe(s, "deleted", group)
    _offsets(s, "offsets of a deleted group", group, topic)


def classic_group_of_two(s: Session) -> None:
    group = _coordinated(s, "g")
    one = s.ask("JoinGroup", 4, _join(s, group))["member_id"]
    two = s.ask("JoinGroup", 4, _join(s, group))["member_id"]
    for member, text in ((one, "<one>"), (two, "<two>")):
        s._names[member] = text
    first = s.call("one", "JoinGroup", _join(s, group, one))
    s.call("sync of one", "SyncGroup", _sync(
        group, first["generation_id"], one, protocol_type="consumer", protocol_name="range",
        assignments=[{"member_id": one, "assignment": "01"}]))
    s.send("JoinGroup", _join(s, group, two, protocols=_PROTOCOLS[1:]), on="two")
    s.call("one is told", "Heartbeat", {
        "group_id": group, "generation_id": first["generation_id"], "member_id": one},
        until=lambda a: a["error_code"] == 27)
    s.call("commit while it rebalances", "OffsetCommit", {
        "group_id": group, "generation_id_or_member_epoch": first["generation_id"],
        "member_id": one, "topics": []}, limit=9)
    s.call("sync while it rebalances", "SyncGroup", _sync(group, first["generation_id"], one))
    _describe(s, "rebalances", group)
    s.send("JoinGroup", _join(s, group, one), on="one")
    joined = s.receive("one joins", "one")
    s.receive("two joins", "two")
    s.send("SyncGroup", _sync(group, joined["generation_id"], two, protocol_type="consumer",
                              protocol_name="sticky"), on="two")
    s.send("SyncGroup", _sync(
        group, joined["generation_id"], one, protocol_type="consumer", protocol_name="sticky",
        assignments=[{"member_id": one, "assignment": "01"},
                     {"member_id": two, "assignment": "02"}]), on="one")
    s.receive("one is assigned", "one")
    s.receive("two is assigned", "two")
    _describe(s, "stable", group)
    s.call("both leave", "LeaveGroup", {"group_id": group, "members": [
        {"member_id": one}, {"member_id": two}]})
    _describe(s, "empty", group)


def join_errors(s: Session) -> None:
    group = _coordinated(s, "g")

    def join(label: str, member: str = "", on_group: str = group, **fields) -> dict:
        return s.call(label, "JoinGroup", _join(s, on_group, member, **fields),
                      until=lambda a: a["error_code"] not in COORDINATOR_SETTLES)

    join("empty group", on_group="")
    join("unknown member", "nobody")
    join("session too short", session_timeout_ms=100)
    join("session too long", session_timeout_ms=10_000_000)
    join("no protocols", protocols=[])
    join("no protocol type", protocol_type="")
    old = s.call("an old version joins at once", "JoinGroup", _join(s, group), version=3)
    join("other protocol type", protocol_type="connect")
    join("no common protocol", protocols=[{"name": "none", "metadata": ""}])
    s.call("it leaves", "LeaveGroup", {"group_id": group, "member_id": old["member_id"]},
           version=2)
    _describe(s, "empty", group)


def static_members(s: Session) -> None:
    group = _coordinated(s, "g")
    instance = {"group_instance_id": "i"}
    first = s.call("joins at once", "JoinGroup", _join(s, group, **instance))
    one, generation = first["member_id"], first["generation_id"]
    s.call("sync", "SyncGroup", _sync(
        group, generation, one, protocol_type="consumer", protocol_name="range",
        assignments=[{"member_id": one, "assignment": "0a"}], **instance))
    _describe(s, "stable", group)
    second = s.call("comes back", "JoinGroup", _join(s, group, **instance))
    _describe(s, "after it came back", group)
    _beat(s, "the old id is fenced", group, generation, one, **instance)
    s.call("sync of the old id", "SyncGroup", _sync(group, generation, one, **instance))
    s.call("join of the old id", "JoinGroup", _join(s, group, one, **instance))
    two, generation = second["member_id"], second["generation_id"]
    s.call("sync of the new id", "SyncGroup", _sync(group, generation, two, **instance))
    _beat(s, "heartbeat of the new id", group, generation, two, **instance)
    s.call("leave with the old id", "LeaveGroup", {"group_id": group, "members": [
        {"member_id": one} | instance]})
    s.call("leave by instance", "LeaveGroup", {"group_id": group, "members": [
        {"member_id": ""} | instance]})
    _describe(s, "empty", group)


def offsets_of_simple_groups(s: Session) -> None:
    group, topic = _coordinated(s, "g"), s.topic("a", 2)
    _offsets(s, "nothing committed", group, topic)
    _offsets(s, "nothing committed, all", group, None)
    _commit(s, "first", group, topic, 5, metadata="hello", epoch=3)
    _commit(s, "to the other partition", group, topic, 0, partition=1)
    _commit(s, "lower", group, topic, 4)
    _commit(s, "negative", group, topic, -1)
    _commit(s, "unknown topic", group, s.name("absent"), 1)
    _commit(s, "unknown partition", group, topic, 1, partition=8)
    _commit(s, "long metadata", group, topic, 1, metadata="x" * 4097)
    _commit(s, "metadata as long as can be", group, topic, 1, metadata="x" * 4096, partition=1)
    _commit(s, "null metadata", group, topic, 2, metadata=None)
    _commit(s, "empty group", "", topic, 1)
    _commit(s, "with a member", group, topic, 1, member="nobody", generation=1)
    _commit(s, "with a generation", group, topic, 1, generation=1)
    _commit(s, "with an instance", group, topic, 1, instance="i")
    _commit(s, "a member of an unknown group", s.name("none"), topic, 1, member="x", generation=2)
    _commit(s, "version 2", group, topic, 6, limit=5)
    _offsets(s, "offsets", group, topic)
    _offsets(s, "all offsets", group, None)
    _offsets(s, "unknown topic's", group, s.name("absent"))
    _describe(s, "described", group)
    _list(s, "listed", group)
    s.call("delete offsets", "OffsetDelete", {"group_id": group, "topics": [
        {"name": topic, "partitions": [{"partition_index": 0}, {"partition_index": 9}]},
        {"name": s.name("absent"), "partitions": [{"partition_index": 0}]}]})
    _offsets(s, "offsets afterwards", group, topic)
    s.call("delete offsets of an unknown group", "OffsetDelete", {
        "group_id": s.name("absent"), "topics": [
            {"name": topic, "partitions": [{"partition_index": 0}]}]})
    if s.newest("OffsetFetch") >= 8:
        s.call("many groups", "OffsetFetch", {"groups": [
            {"group_id": group, "topics": None},
            {"group_id": s.name("absent"), "topics": None},
            {"group_id": group, "topics": [{"name": topic, "partition_indexes": [0, 7]}]}]},
            version=8)
        s.call("with a member epoch", "OffsetFetch", {"groups": [
            {"group_id": group, "topics": None, "member_id": "m", "member_epoch": 4}]},
            limit=9) if s.newest("OffsetFetch") >= 9 else None
    s.call("delete both", "DeleteGroups", {"groups_names": [group, s.name("absent")]})


def offsets_by_id(s: Session) -> None:
    if s.newest("OffsetCommit") < 10:
        return
    group, topic = _coordinated(s, "g"), s.topic("a")
    for label, topic_id in (("good", s.topic_id(topic)), ("unknown", "bm90IGFuIGlkIG9mIG91cg")):
        s.call(f"commit, {label}", "OffsetCommit", {
            "group_id": group, "generation_id_or_member_epoch": -1, "topics": [
                {"topic_id": topic_id, "partitions": [
                    {"partition_index": 0, "committed_offset": 3}]}]}, version=10)
        s.call(f"fetch, {label}", "OffsetFetch", {"groups": [{"group_id": group, "topics": [
            {"topic_id": topic_id, "partition_indexes": [0, 4]}]}]}, version=10)


def consumer_group(s: Session) -> None:
    """KIP-848."""
    if s.kafka != "4.3":
        return
    group, topic = _coordinated(s, "g"), s.topic("a", 2)
    s.topic_id(topic)
    member = "bWVtYmVyIG51bWJlciBvbg"
    s._names[member] = "<mine>"

    def beat(label: str, epoch: int, **fields) -> dict:
        how = {"until": fields.pop("until")} if "until" in fields else {}
        return s.call(label, "ConsumerGroupHeartbeat", {
            "group_id": group, "member_id": member, "member_epoch": epoch,
            "rebalance_timeout_ms": -1} | fields, **how)

    def describe(label: str, name: str = group) -> None:
        s.call(label, "ConsumerGroupDescribe", {"group_ids": [name]})

    subscription = {"subscribed_topic_names": [topic], "rebalance_timeout_ms": 10000,
                    "topic_partitions": []}
    describe("unknown group")
    beat("unknown member", 3)
    beat("joins without a subscription", 0, rebalance_timeout_ms=10000, topic_partitions=[])
    beat("joins without a timeout", 0, subscribed_topic_names=[topic], topic_partitions=[])
    beat("joins with partitions", 0, **subscription | {"topic_partitions": [
        {"topic_id": s.topic_id(topic), "partitions": [0]}]})
    beat("joins without partitions", 0, subscribed_topic_names=[topic],
         rebalance_timeout_ms=10000)
    beat("unknown assignor", 0, **subscription, server_assignor="dice")
    beat("empty assignor", 0, **subscription, server_assignor="")
    beat("empty group", 0, **subscription, group_id="")
    beat("empty member", 0, **subscription, member_id="")
    beat("empty instance", 0, **subscription, instance_id="")
    beat("empty rack", 0, **subscription, rack_id="")
    beat("epoch -3", -3)
    beat("epoch -2 without an instance", -2)
    beat("wrong pattern", 0, **subscription | {"subscribed_topic_regex": "["})
    beat("joins", 0, **subscription, until=lambda a: a.get("assignment") is not None)
    describe("described")
    epoch = s.ask("ConsumerGroupHeartbeat", 1, {
        "group_id": group, "member_id": member, "member_epoch": 0, **subscription})["member_epoch"]
    beat("heartbeat", epoch)
    beat("owns all", epoch, topic_partitions=[
        {"topic_id": s.topic_id(topic), "partitions": [0, 1]}])
    beat("older epoch", epoch - 1) if epoch > 1 else None
    beat("newer epoch", epoch + 1)
    beat("other member", epoch, member_id="nobody")
    _commit(s, "commit", group, topic, 4, member=member, generation=epoch)
    _commit(s, "commit, stale epoch", group, topic, 4, member=member, generation=epoch - 1)
    _commit(s, "commit, newer epoch", group, topic, 4, member=member, generation=epoch + 1)
    _commit(s, "commit, unknown member", group, topic, 4, member="nobody", generation=epoch)
    _commit(s, "commit from outside", group, topic, 4)
    _commit(s, "commit, old version, stale epoch", group, topic, 4, member=member,
            generation=epoch - 1, limit=8)
    s.call("offsets of a member", "OffsetFetch", {"groups": [
        {"group_id": group, "member_id": member, "member_epoch": epoch, "topics": [
            {"name": topic, "partition_indexes": [0]}]}]}, version=9)
    s.call("offsets, stale epoch", "OffsetFetch", {"groups": [
        {"group_id": group, "member_id": member, "member_epoch": epoch - 1, "topics": None}]},
        version=9)
    s.call("offsets, unknown member", "OffsetFetch", {"groups": [
        {"group_id": group, "member_id": "nobody", "member_epoch": epoch, "topics": None}]},
        version=9)
    _beat(s, "classic heartbeat", group, epoch, member)
    s.call("classic join", "JoinGroup", _join(s, group))
    _describe(s, "classic describe", group)
    _list(s, "listed", group)
    _list(s, "listed as classic", group, types_filter=["classic"])
    _list(s, "listed as consumer", group, types_filter=["consumer"])
    s.call("delete while it is used", "DeleteGroups", {"groups_names": [group]})
    beat("subscribes to what is not there", epoch, subscribed_topic_names=[s.name("absent")])
    beat("leaves", -1)
    beat("leaves again", -1)
    describe("empty")
    _list(s, "listed when it is empty", group)
    _commit(s, "commit from outside, empty", group, topic, 9)
    s.call("delete", "DeleteGroups", {"groups_names": [group]})
    describe("deleted")
    describe("empty name", "")


def consumer_group_at_once(s: Session) -> None:
    """The first member of a group comes with its subscription."""
    if s.kafka != "4.3":
        return
    group, topic = _coordinated(s, "g"), s.topic("a")
    s.call("joins", "ConsumerGroupHeartbeat", {
        "group_id": group, "member_id": "bWVtYmVyIG51bWJlciB0aA", "member_epoch": 0,
        "rebalance_timeout_ms": 10000, "subscribed_topic_names": [topic], "topic_partitions": []})
    s.call("described", "ConsumerGroupDescribe", {"group_ids": [group]})


def consumer_group_over_classic(s: Session) -> None:
    """A group of the other protocol, empty and not."""
    if s.kafka != "4.3":
        return
    group, topic = _coordinated(s, "g"), s.topic("a")
    _commit(s, "a simple group", group, topic, 4)
    s.call("consumer describe of a classic group", "ConsumerGroupDescribe",
           {"group_ids": [group]})
    s.call("joins in the new way", "ConsumerGroupHeartbeat", {
        "group_id": group, "member_id": "bWVtYmVyIG51bWJlciB0dw", "member_epoch": 0,
        "rebalance_timeout_ms": 10000, "subscribed_topic_names": [topic], "topic_partitions": []})
    _list(s, "listed", group)
    _offsets(s, "offsets are kept", group, topic)
