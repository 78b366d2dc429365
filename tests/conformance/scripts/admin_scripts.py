"""Topics, partitions, metadata, coordinators, versions."""

from session import Session, api_keys

# Those that clients use; a sandbox has neither quorums nor requests between brokers.
_API_KEYS = {*api_keys().values(), 17, 29, 30, 31, 36, 48, 49, 50, 51, 74}


def api_versions(s: Session) -> None:
    """What one side does not have shows as a field that is missing."""
    answer = s.ask("ApiVersions", s.newest("ApiVersions"), {
        "client_software_name": "script", "client_software_version": "1"})
    s.write("ranges", "ApiVersions", {str(api["api_key"]): {
        "min": api["min_version"], "max": api["max_version"]}
        for api in answer["api_keys"] if api["api_key"] in _API_KEYS})
    s.write("features", "ApiVersions", {
        "supported": answer.get("supported_features"),
        "finalized": answer.get("finalized_features"),
        "error_code": answer["error_code"]})
    name = {"client_software_name": "a b", "client_software_version": "1"}
    s.write("invalid name of the client", "ApiVersions",
            {"error_code": (s.ask("ApiVersions", 3, name, on="other") or {}).get("error_code")})


def metadata(s: Session) -> None:
    topic = s.topic("a", 2)

    def ask(label: str, topics, **how) -> None:
        fields = {"allow_auto_topic_creation": False} | how.pop("fields", {})
        answer = s.ask("Metadata", how.get("version", s.newest("Metadata")),
                       {"topics": topics} | fields)
        s.write(label, f"Metadata v{how.get('version', s.newest('Metadata'))}", answer)

    ask("known", [{"name": topic}])
    ask("unknown", [{"name": s.name("absent")}])
    ask("both", [{"name": topic}, {"name": s.name("absent")}])
    ask("twice", [{"name": topic}, {"name": topic}])
    ask("invalid", [{"name": "a/b"}])
    ask("empty name", [{"name": ""}])
    ask("dot", [{"name": "."}])
    ask("long name", [{"name": "x" * 250}])
    ask("none", [])
    ask("version 4", [{"name": topic}], version=4)
    ask("version 9", [{"name": topic}], version=9,
        fields={"include_cluster_authorized_operations": True,
                "include_topic_authorized_operations": True})
    ask("unknown, with creation", [{"name": s.name("b")}],
        fields={"allow_auto_topic_creation": False})
    if s.newest("Metadata") >= 12:
        ask("by id", [{"name": None, "topic_id": s.topic_id(topic)}])
        ask("by unknown id", [{"name": None, "topic_id": "bm90IGFuIGlkIG9mIG91cg"}])
    if s.has("DescribeTopicPartitions"):
        for label, names in (("known", [topic]), ("unknown", [s.name("absent")]),
                             ("invalid", ["a/b"])):
            s.call(f"described, {label}", "DescribeTopicPartitions", {
                "topics": [{"name": name} for name in names], "response_partition_limit": 100})
        s.call("described, one partition", "DescribeTopicPartitions", {
            "topics": [{"name": topic}], "response_partition_limit": 1})
        s.call("described, from the second on", "DescribeTopicPartitions", {
            "topics": [{"name": topic}], "response_partition_limit": 100,
            "cursor": {"topic_name": topic, "partition_index": 1}})


def clusters(s: Session) -> None:
    s.call("cluster", "DescribeCluster", {"include_cluster_authorized_operations": True})
    s.call("controllers", "DescribeCluster", {"endpoint_type": 2}) \
        if s.newest("DescribeCluster") >= 1 else None
    s.call("coordinator", "FindCoordinator", {"key": s.name("g"), "key_type": 0}, limit=3,
           until=lambda a: a["error_code"] == 0)
    s.call("coordinator, version 0", "FindCoordinator", {"key": s.name("g")}, version=0)
    s.call("coordinator of a transaction", "FindCoordinator", {
        "key": s.name("t"), "key_type": 1}, limit=3, until=lambda a: a["error_code"] == 0)
    s.call("coordinator, empty key", "FindCoordinator", {"key": "", "key_type": 0}, limit=3)
    s.call("coordinator, unknown type", "FindCoordinator", {"key": "x", "key_type": 9}, limit=3)
    if s.newest("FindCoordinator") >= 4:
        s.call("many coordinators", "FindCoordinator", {
            "key_type": 0, "coordinator_keys": [s.name("g"), s.name("h"), ""]}, limit=5)
        s.call("many coordinators, unknown type", "FindCoordinator", {
            "key_type": 9, "coordinator_keys": [s.name("g")]}, limit=5)


def create_topics(s: Session) -> None:
    def create(label: str, name: str, **fields) -> dict:
        how = {key: fields.pop(key) for key in ("version",) if key in fields}
        outer = {"validate_only": fields.pop("validate_only", False), "timeout_ms": 10000}
        answer = s.ask("CreateTopics", how.get("version", s.newest("CreateTopics")), {
            "topics": [{"name": name, "num_partitions": 1, "replication_factor": 1} | fields],
            **outer})
        for topic in (answer or {}).get("topics", []):
            configs = topic.pop("configs", None) or []
            topic["configs_set"] = sorted(f"{c['name']}={c['value']}" for c in configs
                                          if c["config_source"] == 1)
            topic["has_configs"] = bool(configs)
        s.write(label, "CreateTopics", answer)
        return answer

    good = s.name("a")
    create("validate only", good, validate_only=True)
    create("good", good, configs=[{"name": "retention.ms", "value": "99"}])
    create("again", good)
    create("again, validate only", good, validate_only=True)
    create("default numbers", s.name("b"), num_partitions=-1, replication_factor=-1)
    create("no partitions", s.name("c"), num_partitions=0)
    create("negative partitions", s.name("c"), num_partitions=-2)
    create("no replicas", s.name("c"), replication_factor=0)
    create("too many replicas", s.name("c"), replication_factor=5)
    create("invalid name", "a/b")
    create("empty name", "")
    create("dots", "..")
    create("long name", "x" * 250)
    create("unknown config", s.name("c"), configs=[{"name": "no.such", "value": "1"}])
    create("invalid config", s.name("c"), configs=[{"name": "retention.ms", "value": "soon"}])
    create("null config", s.name("c"), configs=[{"name": "retention.ms", "value": None}])
    create("internal name", "__consumer_offsets")
    placed = {"num_partitions": -1, "replication_factor": -1}
    create("assigned", s.name("d"), **placed, assignments=[
        {"partition_index": 0, "broker_ids": [1]}, {"partition_index": 1, "broker_ids": [1]}])
    create("assigned to an unknown broker", s.name("e"), **placed, assignments=[
        {"partition_index": 0, "broker_ids": [7]}])
    create("assigned twice to a broker", s.name("e"), **placed, assignments=[
        {"partition_index": 0, "broker_ids": [1, 1]}])
    create("assigned with a hole", s.name("e"), **placed, assignments=[
        {"partition_index": 1, "broker_ids": [1]}])
    create("assigned to nobody", s.name("e"), **placed, assignments=[
        {"partition_index": 0, "broker_ids": []}])
    create("assigned, and a number", s.name("e"), assignments=[
        {"partition_index": 0, "broker_ids": [1]}])
    create("version 4", s.name("f"), version=4)
    s.call("a name twice", "CreateTopics", {"topics": [
        {"name": s.name("z"), "num_partitions": 1, "replication_factor": 1}] * 2,
        "timeout_ms": 10000})
    create("collides with a name with dots", s.name("a").replace(".", "_"))


def delete_topics(s: Session) -> None:
    one, two = s.topic("a"), s.topic("b")
    ids = s.newest("DeleteTopics") >= 6
    two_id = s.topic_id(two)

    def delete(label: str, *names: str) -> None:
        s.call(label, "DeleteTopics", {"topic_names": list(names), "timeout_ms": 10000}, version=5)

    delete("good", one)
    s.call("it is gone", "Metadata", {
        "topics": [{"name": one}], "allow_auto_topic_creation": False}, version=9,
        until=lambda a: a["topics"][0]["error_code"] == 3)
    delete("again", one)
    delete("invalid name", "a/b")
    delete("empty name", "")
    if ids:
        def by_id(label: str, **topic) -> None:
            s.call(label, "DeleteTopics", {"topics": [topic], "timeout_ms": 10000}, version=6)

        by_id("by id and name", name=two, topic_id=two_id)
        by_id("by unknown id", name=None, topic_id="bm90IGFuIGlkIG9mIG91cg")
        by_id("by nothing", name=None)
        by_id("by id", name=None, topic_id=two_id)
    s.produce("to a deleted topic", one, s.batch(b"a"))


def create_partitions(s: Session) -> None:
    topic = s.topic("a", 2)

    def create(label: str, count: int, name: str = topic, **fields) -> None:
        s.call(label, "CreatePartitions", {
            "topics": [{"name": name, "count": count, "assignments": fields.pop("to", None)}],
            "timeout_ms": 10000} | fields)

    create("validate only", 4, validate_only=True)
    create("three", 3)
    s.call("three are there", "Metadata", {"topics": [{"name": topic}]}, version=9,
           until=lambda a: len(a["topics"][0]["partitions"]) == 3)
    create("as many", 3)
    create("fewer", 1)
    create("none", 0)
    create("negative", -1)
    create("unknown topic", 3, s.name("absent"))
    create("invalid topic", 3, "a/b")
    create("assigned", 4, to=[{"broker_ids": [1]}])
    create("assigned too few", 6, to=[{"broker_ids": [1]}])
    create("assigned to an unknown broker", 5, to=[{"broker_ids": [8]}])
    create("assigned to nobody", 5, to=[{"broker_ids": []}])
    s.call("a name twice", "CreatePartitions", {"topics": [
        {"name": topic, "count": 7, "assignments": None}] * 2, "timeout_ms": 10000})


def elections(s: Session) -> None:
    topic = s.topic("a")

    def elect(label: str, name: str, kind: int, partition: int = 0) -> None:
        s.call(label, "ElectLeaders", {"election_type": kind, "topic_partitions": [
            {"topic": name, "partitions": [partition]}], "timeout_ms": 10000})

    elect("preferred", topic, 0)
    elect("unclean", topic, 1)
    elect("unknown topic", s.name("absent"), 0)
    elect("unknown partition", topic, 0, 4)
