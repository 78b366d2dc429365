"""What tests ask of a cluster about its topics, by librdkafka's admin client."""

import logging

from confluent_kafka import TopicPartition
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource,
                                   NewPartitions, NewTopic, OffsetSpec, ResourceType)

from waiting import eventually

TIMEOUT = 60  # seconds, for each question

# librdkafka tells of every broker that restarts; tests restart brokers on purpose.
_silent = logging.getLogger("librdkafka")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False

CLIENT = {
    "socket.timeout.ms": 10000,
    "reconnect.backoff.ms": 20,
    "reconnect.backoff.max.ms": 500,
    "log_level": 0,
    "logger": _silent,
}


class TopicAdmin:
    """Topics of one cluster: create, change, delete, look at."""

    def __init__(self, bootstrap: str, login: dict[str, str] | None = None):
        """`login`: librdkafka's settings to get in, where a cluster asks who comes."""
        self._bootstrap = bootstrap
        self._login = login or {}
        self._client: AdminClient | None = None

    @property
    def admin(self) -> AdminClient:
        if self._client is None:
            self._client = AdminClient(CLIENT | self._login
                                       | {"bootstrap.servers": self._bootstrap})
        return self._client

    def knows_brokers(self, count: int) -> bool:
        metadata = self.admin.list_topics(timeout=5)
        return len(metadata.brokers) == count and metadata.controller_id >= 0

    def topics(self) -> dict[str, int]:
        """Names and partition counts, without Kafka's own topics."""
        return {name: len(topic.partitions)
                for name, topic in self.admin.list_topics(timeout=TIMEOUT).topics.items()
                if not name.startswith("__")}

    def leader(self, topic: str, partition: int = 0) -> int:
        """The node that leads a partition now, -1 for none."""
        metadata = self.admin.list_topics(topic, timeout=TIMEOUT).topics[topic]
        return metadata.partitions[partition].leader

    def create_topic(self, name: str, partitions: int = 1, replicas: int = 1,
                     config: dict[str, str] | None = None) -> str:
        """Creates a topic and waits until all its partitions have leaders; returns the name."""
        new = NewTopic(name, partitions, replicas, config={k: str(v) for k, v in
                                                           (config or {}).items()})
        self.admin.create_topics([new], operation_timeout=TIMEOUT,
                                 request_timeout=TIMEOUT)[name].result(2 * TIMEOUT)
        self.wait_topic(name, partitions)
        return name

    def wait_topic(self, name: str, partitions: int = 1, timeout: float = TIMEOUT) -> None:
        """Until the topic is there, with that many partitions, all led by somebody."""
        def is_led() -> bool:
            topic = self.admin.list_topics(name, timeout=TIMEOUT).topics[name]
            return (topic.error is None and len(topic.partitions) == partitions
                    and all(p.leader >= 0 for p in topic.partitions.values()))

        eventually(is_led, f"topic {name} has {partitions} partitions with leaders", timeout)

    def add_partitions(self, name: str, total: int) -> None:
        self.admin.create_partitions([NewPartitions(name, total)],
                                     request_timeout=TIMEOUT)[name].result(2 * TIMEOUT)
        self.wait_topic(name, total)

    def delete_topic(self, name: str) -> None:
        if name in self.topics():
            self.admin.delete_topics([name], operation_timeout=TIMEOUT,
                                     request_timeout=TIMEOUT)[name].result(2 * TIMEOUT)
        eventually(lambda: name not in self.topics(), f"topic {name} is gone", TIMEOUT)

    def alter_config(self, topic: str, **config: str) -> None:
        """Sets topic configs; underscores in the names stand for dots."""
        entries = [ConfigEntry(key.replace("_", "."), str(value),
                               incremental_operation=AlterConfigOpType.SET)
                   for key, value in config.items()]
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
        self.admin.incremental_alter_configs([resource],
                                             request_timeout=TIMEOUT)[resource].result(2 * TIMEOUT)

    def config(self, topic: str) -> dict[str, str]:
        """The topic's configs that are set on the topic itself."""
        resource = ConfigResource(ResourceType.TOPIC, topic)
        asked = self.admin.describe_configs([resource], request_timeout=TIMEOUT)
        entries = asked[resource].result(2 * TIMEOUT)
        return {name: entry.value for name, entry in entries.items()
                if entry.source == 1}  # DYNAMIC_TOPIC_CONFIG

    def end_offsets(self, topic: str) -> dict[int, int]:
        """Log end of each partition as a consumer sees it; {} while there is no such topic."""
        return self._offsets(topic, OffsetSpec.latest())

    def start_offsets(self, topic: str) -> dict[int, int]:
        return self._offsets(topic, OffsetSpec.earliest())

    def record_count(self, topic: str) -> int:
        """Sum of the end offsets; 0 while there is no such topic."""
        return sum(self.end_offsets(topic).values())

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        """Moves the log start offset up to `before`."""
        wanted = TopicPartition(topic, partition, before)
        self.admin.delete_records([wanted], request_timeout=TIMEOUT)[wanted].result(2 * TIMEOUT)

    def _offsets(self, topic: str, which: OffsetSpec) -> dict[int, int]:
        def ask() -> tuple[dict[int, int]]:
            found = self.admin.list_topics(topic, timeout=TIMEOUT).topics[topic]
            if found.error is not None:
                return ({},)
            asked = self.admin.list_offsets({TopicPartition(topic, partition): which
                                             for partition in found.partitions},
                                            request_timeout=5)
            return ({tp.partition: future.result(TIMEOUT).offset for tp, future in asked.items()},)

        # A leader may be new, or restarting.
        return eventually(ask, f"offsets of {topic}", TIMEOUT)[0]
