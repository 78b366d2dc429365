"""Configs of topics and brokers: what is told, what is refused."""

from session import Session

_TOPIC, _BROKER = 2, 4
_SET, _DELETE, _APPEND, _SUBTRACT = range(4)


def describe_configs(s: Session) -> None:
    topic = s.topic("a", retention_ms="5000", cleanup_policy="compact")

    def describe(label: str, kind: int, name: str, keys: list[str] | None, **fields) -> dict:
        return s.call(label, "DescribeConfigs", {"resources": [
            {"resource_type": kind, "resource_name": name, "configuration_keys": keys}]} | fields)

    keys = ["retention.ms", "cleanup.policy", "max.message.bytes", "min.insync.replicas",
            "message.timestamp.type", "compression.type", "segment.bytes", "no.such.config",
            "retention.bytes", "message.format.version", "message.timestamp.difference.max.ms",
            "message.timestamp.before.max.ms", "message.timestamp.after.max.ms"]
    describe("some", _TOPIC, topic, keys)
    describe("with synonyms", _TOPIC, topic, ["retention.ms", "max.message.bytes",
                                              "cleanup.policy"], include_synonyms=True)
    describe("no keys", _TOPIC, topic, [])
    describe("unknown topic", _TOPIC, s.name("absent"), keys)
    describe("invalid topic", _TOPIC, "a/b", keys)
    describe("unknown broker", _BROKER, "99", None)
    describe("broker that is no number", _BROKER, "one", None)
    describe("unknown type", 77, "x", None)
    answer = s.ask("DescribeConfigs", s.newest("DescribeConfigs"), {"resources": [
        {"resource_type": _TOPIC, "resource_name": topic, "configuration_keys": None}]})
    s.write("all of a topic", "DescribeConfigs", {"configs": {
        config["name"]: {key: config[key] for key in (
            "value", "config_source", "read_only", "is_sensitive", "config_type")}
        for config in answer["results"][0]["configs"]}})


def alter_configs(s: Session) -> None:
    topic = s.topic("a", retention_ms="5000")

    def alter(label: str, *changes, name: str = topic, kind: int = _TOPIC, **fields) -> None:
        s.call(label, "IncrementalAlterConfigs", {"resources": [
            {"resource_type": kind, "resource_name": name, "configs": [
                {"name": key, "config_operation": operation, "value": value}
                for key, operation, value in changes]}]} | fields)

    def show(label: str, keys: list[str], done=lambda values: True) -> None:
        s.call(label, "DescribeConfigs", {"resources": [
            {"resource_type": _TOPIC, "resource_name": topic, "configuration_keys": keys}]},
            until=lambda a: done({c["name"]: c["value"] for c in a["results"][0]["configs"]}))

    alter("set", ("retention.ms", _SET, "7000"))
    show("is set", ["retention.ms"], lambda v: v["retention.ms"] == "7000")
    alter("validate only", ("retention.ms", _SET, "9000"), validate_only=True)
    alter("no number", ("retention.ms", _SET, "soon"))
    alter("too small", ("retention.ms", _SET, "-2"))
    alter("null", ("retention.ms", _SET, None))
    alter("unknown config", ("no.such.config", _SET, "1"))
    alter("unknown value", ("cleanup.policy", _SET, "burn"))
    alter("twice", ("retention.ms", _SET, "1"), ("retention.ms", _SET, "2"))
    alter("append to a number", ("retention.ms", _APPEND, "1"))
    alter("append to a list", ("cleanup.policy", _APPEND, "compact"))
    show("appended", ["cleanup.policy"], lambda v: "compact" in v["cleanup.policy"])
    alter("subtract from a list", ("cleanup.policy", _SUBTRACT, "delete"))
    show("subtracted", ["cleanup.policy"], lambda v: v["cleanup.policy"] == "compact")
    alter("unknown operation", ("retention.ms", 9, "1"))
    alter("delete", ("retention.ms", _DELETE, None), ("cleanup.policy", _DELETE, None))
    show("deleted", ["retention.ms", "cleanup.policy"],
         lambda v: v["cleanup.policy"] == "delete")
    alter("delete what is not set", ("retention.ms", _DELETE, None))
    alter("unknown topic", ("retention.ms", _SET, "1"), name=s.name("absent"))
    alter("invalid topic", ("retention.ms", _SET, "1"), name="a/b")
    alter("unknown broker", ("log.retention.ms", _SET, "1"), name="99", kind=_BROKER)
    alter("unknown type", ("x", _SET, "1"), kind=77)
    alter("no changes")
    s.call("replace all", "AlterConfigs", {"resources": [
        {"resource_type": _TOPIC, "resource_name": topic, "configs": [
            {"name": "segment.bytes", "value": "2000000"}]}]})
    show("replaced", ["segment.bytes", "retention.ms"],
         lambda v: v["segment.bytes"] == "2000000")
    s.call("replace, unknown config", "AlterConfigs", {"resources": [
        {"resource_type": _TOPIC, "resource_name": topic, "configs": [
            {"name": "no.such.config", "value": "1"}]}]})
    s.call("replace, unknown topic", "AlterConfigs", {"resources": [
        {"resource_type": _TOPIC, "resource_name": s.name("absent"), "configs": []}]})


def list_config_resources(s: Session) -> None:
    if not s.has("ListConfigResources"):
        return
    topic = s.topic("a", retention_ms="5000")

    def list_them(label: str, **how) -> None:
        """Topics of other scripts are not told of."""
        version = how.pop("version", s.newest("ListConfigResources"))
        answer = s.ask("ListConfigResources", version, how)
        if answer is not None:
            answer["config_resources"] = [
                one for one in answer["config_resources"]
                if one["resource_type"] != _TOPIC or one["resource_name"] == topic]
        s.write(label, f"ListConfigResources v{version}", answer)

    list_them("client metrics", version=0)
    if s.newest("ListConfigResources") > 0:
        list_them("all")
        for kind in (_TOPIC, _BROKER, 8, 16, 32):
            list_them(f"type {kind}", resource_types=[kind])
        list_them("two types", resource_types=[_BROKER, _TOPIC])
        list_them("unknown type", resource_types=[77])
