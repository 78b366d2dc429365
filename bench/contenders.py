"""The replicators that are measured: how each is started and where its copy lands."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from broker import BENCH_JVM, log_option, write_properties
from kafka_cluster import KafkaCluster
from lockstep import Link, Lockstep
from paths import NEWEST_KAFKA, kafka_jars
from processes import spawn

MM2_JVM = ("-Xms256M", "-Xmx2G", *BENCH_JVM[2:])  # what connect-mirror-maker.sh gives it
MM2_TUNING = {
    "{target}.producer.compression.type": "lz4",
    "{target}.producer.batch.size": str(256 << 10),
    "{target}.producer.linger.ms": "20",
    "{source}.consumer.max.poll.records": "5000",
}


@dataclass
class Route:
    source: KafkaCluster
    target: KafkaCluster
    directory: Path


class MirrorMaker2:
    """Kafka's own replicator in its dedicated mode. Every run has cluster names of its own, as it
    keeps its progress on the target under the source's name."""

    runs = 0

    def __init__(self, name: str, tuned: bool = False):
        self.name = name
        self._tuned = tuned
        self._alias = ""

    def start(self, route: Route, topic: str) -> subprocess.Popen:
        MirrorMaker2.runs += 1
        self._alias = f"east{MirrorMaker2.runs}"
        home = route.directory / f"mm2-{MirrorMaker2.runs}"
        home.mkdir(parents=True)
        properties = write_properties(home / "mm2.properties", self._settings(route, topic))
        return spawn(["java", *MM2_JVM, log_option(NEWEST_KAFKA, home), "-cp",
                      f"{kafka_jars(NEWEST_KAFKA)}/*",
                      "org.apache.kafka.connect.mirror.MirrorMaker", properties], home / "log")

    def target_topic(self, topic: str) -> str:
        return f"{self._alias}.{topic}"

    def _settings(self, route: Route, topic: str) -> dict[str, str]:
        source, target = self._alias, "west"
        link = f"{source}->{target}"
        settings = {
            "clusters": f"{source}, {target}",
            f"{source}.bootstrap.servers": route.source.bootstrap,
            f"{target}.bootstrap.servers": route.target.bootstrap,
            f"{link}.enabled": "true",
            f"{link}.topics": topic,
            # One broker each; everything else is MirrorMaker's default.
            "replication.factor": "1",
            "checkpoints.topic.replication.factor": "1",
            "heartbeats.topic.replication.factor": "1",
            "offset-syncs.topic.replication.factor": "1",
            "offset.storage.replication.factor": "1",
            "status.storage.replication.factor": "1",
            "config.storage.replication.factor": "1",
        }
        if self._tuned:
            settings |= {key.format(source=source, target=target): value
                         for key, value in MM2_TUNING.items()}
        return settings


class LockstepContender:
    """Keeps topic names: the target's topic is deleted between runs."""

    name = "lockstep"

    def start(self, route: Route, topic: str) -> subprocess.Popen:
        replicator = Lockstep(route.directory, Link(route.source, route.target, [topic]))
        return replicator.start(wait_ready=False).process

    def target_topic(self, topic: str) -> str:
        return topic
