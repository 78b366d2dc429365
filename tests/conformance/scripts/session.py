"""What a script works with: calls that are written down with what differs by nature taken out."""

import json
import re
import time
from dataclasses import dataclass
from typing import Callable

from codec import Closed, Codec, Connection
from login import plain_token
from record_batches import Batch, Record

ZERO_ID = "A" * 22
OLDEST_TIME_MS = 1_500_000_000_000  # every number that is larger, and not too large, is a time
NEWEST_TIME_MS = 9_000_000_000_000
FIRST_OWN_PRODUCER_ID = 1 << 40  # scripts choose producer ids from here on
NAMED_FIELDS = {"topic_id": "topic-id", "member_id": "member", "leader": "member",
                "cluster_id": "cluster"}
SIZE_FIELDS = {"port", "total_bytes", "usable_bytes"}
SETTLING = {3, 5, 6, 14, 15, 16}  # a new topic or coordinator is not everywhere yet
COORDINATOR_SETTLES = {14, 15, 16}
SETTLES_SECONDS = 30  # until a broker answers what it must in the end
PASSWORDS = {"admin": "secret", "alice": "won:der"}  # of PLAIN users where brokers ask for a login


@dataclass
class Step:
    """One answer, as it is compared: paths such as `topics[0].error_code`, and their values."""

    label: str
    request: str
    fields: dict


@dataclass(frozen=True)
class Target:
    """The broker that is asked."""

    port: int
    kafka: str  # "4.3", "3.9" or "2.8"
    wants_login: bool


class Session:
    """One run of one script against one broker.

    Where the broker asks for a login, the connections "main" and "admin" are the administrator's,
    "alice" is hers, and all others are not logged in. A connection such as "broker 2" is to that
    broker of the cluster.
    """

    def __init__(self, codec: Codec, target: "Target", script: str, nonce: str):
        self.kafka = target.kafka
        self.steps: list[Step] = []
        self.now_ms = int(time.time() * 1000)
        self._codec = codec
        self._target = target
        self._script = script
        self._nonce = nonce
        self._connections: dict[str, Connection] = {}
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._labels: dict[str, int] = {}
        self._versions = self._ask_versions()

    # --- requests

    def newest(self, api: str, limit: int = 99) -> int:
        """The highest version that the broker has, and that is no higher than `limit`."""
        return min(self._versions[api_keys()[api]], limit)

    def has(self, api: str) -> bool:
        return api_keys()[api] in self._versions

    def call(self, label: str, api: str, body: dict, **how) -> dict:
        """Sends a request, and writes its answer down. `how`: version, limit, on (the name of a
        connection), until (a check of the answer; asked again until it is true, or
        SETTLES_SECONDS)."""
        until: Callable[[dict], bool] = how.pop("until", lambda answer: True)
        deadline = time.monotonic() + SETTLES_SECONDS
        version = how.get("version", self.newest(api, how.get("limit", 99)))
        while True:
            answer = self.ask(api, version, body, how.get("on", "main"))
            if answer is None or until(answer) or time.monotonic() > deadline:
                self.write(label, f"{api} v{version}", answer)
                return answer or {}
            time.sleep(0.03)

    def ask(self, api: str, version: int, body: dict, on: str = "main") -> dict | None:
        """The same without writing it down. None: the broker closed the connection."""
        connection = self.connection(on)
        try:
            connection.send(api, version, body)
            return connection.receive()
        except Closed:
            del self._connections[on]
            return None

    def wait(self, api: str, body: dict, done: Callable[[dict], bool], on: str = "main") -> dict:
        """Asks until `done`, without writing it down."""
        deadline = time.monotonic() + SETTLES_SECONDS
        while True:
            answer = self.ask(api, self.newest(api), body, on)
            if done(answer):
                return answer
            assert time.monotonic() < deadline, f"{self._script}: {api} still answers {answer}"
            time.sleep(0.03)

    def send(self, api: str, body: dict, on: str = "main", limit: int = 99) -> None:
        self.connection(on).send(api, self.newest(api, limit), body)

    def receive(self, label: str, on: str = "main") -> dict:
        answer = self.connection(on).receive()
        self.write(label, f"on {on}", answer)
        return answer

    def connection(self, name: str) -> Connection:
        if name not in self._connections:
            self._connections[name] = Connection(self._codec, "127.0.0.1", self._port_of(name))
            user = "admin" if name == "main" else name
            if self._target.wants_login and user in PASSWORDS:
                self._log_in(user, name)
        return self._connections[name]

    def _port_of(self, connection: str) -> int:
        if not connection.startswith("broker "):
            return self._target.port
        node = int(connection.removeprefix("broker "))
        answer = self.wait("Metadata", {"topics": []}, lambda a: node in [
            broker["node_id"] for broker in a["brokers"]])
        return next(b["port"] for b in answer["brokers"] if b["node_id"] == node)

    def _log_in(self, user: str, on: str) -> None:
        for api, version, body in (
                ("SaslHandshake", 1, {"mechanism": "PLAIN"}),
                ("SaslAuthenticate", 2,
                 {"auth_bytes": plain_token(user, PASSWORDS[user]).hex()})):
            answer = self.ask(api, version, body, on)
            assert answer and answer["error_code"] == 0, f"{user} cannot log in: {answer}"

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    # --- what most scripts need

    def name(self, name: str) -> str:
        """A name of a topic, group or transactional id that nobody else uses."""
        return f"{self._script}.{name}.{self._nonce}"

    def batch(self, *values: bytes, **header) -> Batch:
        records = [Record(value) for value in values or (b"v",)]
        return Batch(**({"records": records, "timestamp_ms": self.now_ms} | header))

    def topic(self, name: str, partitions: int = 1, **configs: str) -> str:
        """Creates a topic, and waits until it can be used. Config names with _ for dots."""
        topic = self.name(name)
        self._must("CreateTopics", {"topics": [{
            "name": topic, "num_partitions": partitions, "replication_factor": 1,
            "configs": [{"name": key.replace("_", "."), "value": value}
                        for key, value in configs.items()]}], "timeout_ms": 10000})
        indexes = [{"partition_index": i, "timestamp": -1} for i in range(partitions)]
        self._must("ListOffsets", {"replica_id": -1, "topics": [
            {"name": topic, "partitions": indexes}]}, limit=6)
        if self.newest("Metadata") >= 10:
            self.normal(self.topic_id(topic), "topic_id")
        return topic

    def topic_id(self, topic: str) -> str:
        answer = self.ask("Metadata", 10, {
            "topics": [{"name": topic}], "allow_auto_topic_creation": False})
        return answer["topics"][0]["topic_id"]

    def produce(self, label: str, topic: str, batch: Batch | str, **how) -> dict:
        """`how`: acks, transactional_id, partition, and what call() takes."""
        body = {"transactional_id": how.pop("transactional_id", None),
                "acks": how.pop("acks", -1), "timeout_ms": 5000,
                "topic_data": [{"name": topic, "partition_data": [{
                    "index": how.pop("partition", 0),
                    "records": batch if isinstance(batch, str) else batch.hex()}]}]}
        how.setdefault("limit", 12)
        return self.call(label, "Produce", body, **how)

    def fetch(self, label: str, topic: str, offset: int = 0, **how) -> dict:
        """Without a session. `how`: isolation, partition, max_bytes and what call() takes."""
        body = {"replica_id": -1, "max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1 << 20,
                "isolation_level": how.pop("isolation", 0), "session_id": 0, "session_epoch": -1,
                "topics": [{"topic": topic, "partitions": [{
                    "partition": how.pop("partition", 0), "fetch_offset": offset,
                    "current_leader_epoch": how.pop("current_leader_epoch", -1),
                    "last_fetched_epoch": how.pop("last_fetched_epoch", -1),
                    "log_start_offset": -1,
                    "partition_max_bytes": how.pop("max_bytes", 1 << 20)}]}]}
        how.setdefault("limit", 12)
        return self.call(label, "Fetch", body, **how)

    def coordinate(self, key: str, key_type: int = 0) -> None:
        """Waits until the coordinator of a group (0) or transactional id (1) works."""
        self._must("FindCoordinator", {"key": key, "key_type": key_type}, limit=3)
        if key_type == 0:
            self._must("OffsetFetch", {"group_id": key, "topics": None}, limit=7)

    def init_producer(self, label: str, transactional_id: str | None = None, **fields) -> dict:
        how = {key: fields.pop(key) for key in ("until", "limit", "version") if key in fields}
        how.setdefault("until", lambda a: a["error_code"] not in COORDINATOR_SETTLES | {51})
        return self.call(label, "InitProducerId", {
            "transactional_id": transactional_id, "transaction_timeout_ms": 60000} | fields, **how)

    def _must(self, api: str, body: dict, limit: int = 99) -> dict:
        deadline = time.monotonic() + 20
        while True:
            answer = self.ask(api, self.newest(api, limit), body)
            codes = set(error_codes(answer))
            if codes <= {0}:
                return answer
            if not codes & SETTLING or time.monotonic() > deadline:
                raise AssertionError(f"{self._script}: {api} answered {answer}")
            time.sleep(0.03)

    def _ask_versions(self) -> dict[int, int]:
        answer = self.ask("ApiVersions", 0, {})
        return {api["api_key"]: api["max_version"] for api in answer["api_keys"]}

    # --- writing down

    def write(self, label: str, request: str, answer: dict | None) -> None:
        self._labels[label] = self._labels.get(label, 0) + 1
        if self._labels[label] > 1:
            label = f"{label} #{self._labels[label]}"
        seen = "connection closed" if answer is None else self.normal(answer)
        self.steps.append(Step(label, request, dict(flatten(seen))))

    def normal(self, value, field: str = ""):
        """The same with placeholders for what no two clusters have in common."""
        if isinstance(value, dict):
            return {key: self.normal(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            items = [self.normal(item, field) for item in value]
            is_ordered = field in ("records", "aborted_transactions")
            return items if is_ordered else sorted(items, key=json.dumps)
        if isinstance(value, str):
            return self._normal_text(value, field)
        if isinstance(value, int) and not isinstance(value, bool):
            return self._normal_number(value, field)
        return value

    def _normal_text(self, value: str, field: str):
        if field.endswith("message") and value:
            return "<text>"
        if field == "log_dir":
            return "<directory>"
        if field in NAMED_FIELDS and value not in ("", ZERO_ID):
            return self._placeholder(value, NAMED_FIELDS[field])
        return self._names.get(value, re.sub(f"[._]{self._nonce}", "", value))

    def _normal_number(self, value: int, field: str):
        if field.endswith("producer_id") and 0 <= value < FIRST_OWN_PRODUCER_ID:
            return self._placeholder(value, "producer-id")
        if field == "session_id" and value != 0:
            return self._placeholder(value, "session")
        if OLDEST_TIME_MS < value < NEWEST_TIME_MS:
            return "<time>" if abs(value - self.now_ms) > 120_000 or value != self.now_ms \
                else "<now>"
        return "<number>" if field in SIZE_FIELDS and value >= 0 else value

    def _placeholder(self, value, kind: str) -> str:
        key = f"{kind} {value}" if isinstance(value, int) else value
        if key not in self._names:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._names[key] = f"<{kind}-{self._counts[kind]}>"
        return self._names[key]


def flatten(value, path: str = ""):
    """(path, value) of everything that is not a list or object, or an empty one."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flatten(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        yield f"{path}.size", len(value)
        for index, inner in enumerate(value):
            where = inner["name"] if path.endswith("configs") else index
            yield from flatten(inner, f"{path}[{where}]")
    else:
        yield path or "answer", value


def error_codes(value):
    """Every error code anywhere in an answer."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "error_code":
                yield inner
            else:
                yield from error_codes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from error_codes(inner)


def api_keys() -> dict[str, int]:
    return _API_KEYS


_API_KEYS = {
    "Produce": 0, "Fetch": 1, "ListOffsets": 2, "Metadata": 3, "OffsetCommit": 8, "OffsetFetch": 9,
    "FindCoordinator": 10, "JoinGroup": 11, "Heartbeat": 12, "LeaveGroup": 13, "SyncGroup": 14,
    "DescribeGroups": 15, "ListGroups": 16, "SaslHandshake": 17, "ApiVersions": 18,
    "CreateTopics": 19, "DeleteTopics": 20, "DeleteRecords": 21, "InitProducerId": 22,
    "OffsetForLeaderEpoch": 23, "AddPartitionsToTxn": 24, "AddOffsetsToTxn": 25, "EndTxn": 26,
    "WriteTxnMarkers": 27, "TxnOffsetCommit": 28, "DescribeAcls": 29, "CreateAcls": 30,
    "DeleteAcls": 31, "DescribeConfigs": 32, "AlterConfigs": 33, "DescribeLogDirs": 35,
    "SaslAuthenticate": 36, "CreatePartitions": 37, "DeleteGroups": 42, "ElectLeaders": 43,
    "IncrementalAlterConfigs": 44, "OffsetDelete": 47,
    "DescribeClientQuotas": 48, "AlterClientQuotas": 49, "DescribeUserScramCredentials": 50,
    "AlterUserScramCredentials": 51, "DescribeCluster": 60, "DescribeProducers": 61,
    "DescribeTransactions": 65, "ListTransactions": 66, "ConsumerGroupHeartbeat": 68,
    "ConsumerGroupDescribe": 69, "ListConfigResources": 74,
    "DescribeTopicPartitions": 75,
}
