"""Where a soak takes place: two clusters behind a proxy, and the workers of one link."""

from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Producer

from broker import TEST_SETTINGS, Broker
from kafka_cluster import ClusterOptions, KafkaCluster, start_together
from lockstep import Link, Lockstep
from processes import free_port
from proxy import Proxy, Route
from topic_admin import CLIENT
from waiting import eventually
from workload import LOG_START, REPLICATED, TopicPlan

SMALL_JVM = ("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
FILLER_BATCH = 20_000  # records handed to the producer at once
START_TO_DISK = 60     # seconds until a broker has written a log's start down


class ProxiedCluster(KafkaCluster):
    """A cluster with a second listener on each broker, which is advertised at the proxy's port."""

    def __init__(self, version: str, name: str, root: Path, brokers: int):
        replicas = str(min(3, brokers))
        settings = TEST_SETTINGS | {
            "log.cleaner.backoff.ms": "500",
            "log.flush.start.offset.checkpoint.interval.ms": "200",
            "log.initial.task.delay.ms": "500",  # before 3.9 it is always 30 s
            "unclean.leader.election.enable": "false",
            "transaction.state.log.min.isr": str(min(2, brokers)),
            "default.replication.factor": replicas}
        super().__init__(version, name, root, ClusterOptions(brokers, SMALL_JVM, settings))
        self._inner_ports = {broker.node: free_port() for broker in self.brokers}
        self._proxy_ports = {broker.node: free_port() for broker in self.brokers}

    @property
    def replicas(self) -> int:
        return min(3, len(self.brokers))

    @property
    def routes(self) -> list[Route]:
        return [Route(self.name, self._proxy_ports[node], port)
                for node, port in self._inner_ports.items()]

    @property
    def through_proxy(self) -> "Endpoint":
        return Endpoint(",".join(f"127.0.0.1:{p}" for p in self._proxy_ports.values()))

    def _broker_settings(self, broker: Broker) -> dict[str, str]:
        settings = super()._broker_settings(broker)
        listeners = settings.get("listeners", f"PLAINTEXT://127.0.0.1:{broker.port}")
        mapping = settings.get("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT")
        inner, outer = self._inner_ports[broker.node], self._proxy_ports[broker.node]
        return settings | {
            "listeners": f"{listeners},PROXIED://127.0.0.1:{inner}",
            "listener.security.protocol.map": f"{mapping},PROXIED:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{broker.port},"
                                    f"PROXIED://127.0.0.1:{outer}"}

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        """Returns when a leader that is killed comes back with this log start, too: a broker knows
        it in memory only until its next checkpoint."""
        super().delete_records(topic, partition, before)
        leader = self.admin.list_topics(topic, timeout=5).topics[topic].partitions[partition].leader
        broker = next(broker for broker in self.brokers if broker.node == leader)
        eventually(lambda: start_on_disk(broker, topic, partition) >= before,
                   f"{self.name}: {topic}-{partition} starts at {before} on disk", START_TO_DISK)

    def is_whole(self) -> bool:
        """Every broker is there, and every replica of every partition is in sync."""
        metadata = self.admin.list_topics(timeout=5)
        return len(metadata.brokers) == len(self.brokers) and all(
            partition.leader >= 0 and len(partition.isrs) == len(partition.replicas)
            for topic in metadata.topics.values() for partition in topic.partitions.values())


def start_on_disk(broker: Broker, topic: str, partition: int) -> int:
    """Where the log starts after a crash: in its first segment, or at what is written down."""
    segments = (broker.data / f"{topic}-{partition}").glob("*.log")
    first = min(int(segment.stem) for segment in segments)
    lines = (broker.data / "log-start-offset-checkpoint").read_text().splitlines()[2:]
    noted = {(name, int(index)): int(offset) for name, index, offset in map(str.split, lines)}
    return max(first, noted.get((topic, partition), 0))


@dataclass
class Endpoint:
    """What a link needs to know of a cluster."""

    bootstrap: str


@dataclass
class SoakLink(Link):
    """A link with a talkative log."""

    log_level: str = "debug"


@dataclass
class Options:
    version: str
    mode: str
    source_brokers: int
    target_brokers: int
    workers: int


class Field:
    """Clusters, proxy and workers. `start()`, `stop()`."""

    def __init__(self, directory: Path, options: Options):
        self.options = options
        self.directory = directory
        self.source = ProxiedCluster(options.version, "source", directory, options.source_brokers)
        self.target = ProxiedCluster(options.version, "target", directory, options.target_brokers)
        self.workers: list[Lockstep] = []
        self.proxy: Proxy | None = None

    @property
    def clusters(self) -> dict[str, ProxiedCluster]:
        return {"source": self.source, "target": self.target}

    def start(self) -> None:
        start_together(self.source, self.target)
        self.proxy = Proxy(self.source.routes + self.target.routes, self.directory / "proxy.log")

    def stop(self) -> None:
        for worker in self.workers:
            worker.stop()
        if self.proxy is not None:
            self.proxy.stop()
        self.source.stop()
        self.target.stop()

    def create(self, plan: TopicPlan, target_keeps_all: bool) -> None:
        """The topic at the source; at the target too where it is to be another one there."""
        def in_sync(cluster: ProxiedCluster) -> dict[str, str]:
            return REPLICATED | {"min.insync.replicas": str(min(2, cluster.replicas))}

        self.source.create_topic(plan.name, plan.partitions, self.source.replicas,
                                 in_sync(self.source) | plan.config)
        if plan.is_compacted and target_keeps_all:
            # Said outright: what nobody has set there, Lockstep sets as it is at the source.
            self.target.create_topic(plan.name, plan.partitions, self.target.replicas,
                                     in_sync(self.target) | {"cleanup.policy": "delete"})
        if plan.starts_high:
            self._raise_start(plan)

    def _raise_start(self, plan: TopicPlan) -> None:
        """More than a million records in each partition, and all of them deleted."""
        client = Producer(CLIENT | {"bootstrap.servers": self.source.bootstrap, "acks": "all",
                                    "compression.type": "zstd", "linger.ms": 50,
                                    "batch.num.messages": FILLER_BATCH,
                                    "queue.buffering.max.messages": 4 * FILLER_BATCH})
        messages = [{"value": b""}] * FILLER_BATCH
        for partition in range(plan.partitions):
            for _ in range(LOG_START // FILLER_BATCH + 1 + partition):
                while len(client) > 2 * FILLER_BATCH:
                    client.poll(0.1)
                client.produce_batch(plan.name, [dict(m) for m in messages], partition)
        if client.flush(120) > 0:
            raise AssertionError(f"{plan.name}: the filler is not acknowledged")
        for partition, end in self.source.end_offsets(plan.name).items():
            if end <= LOG_START:
                raise AssertionError(f"{plan.name}-{partition} ends at {end} only")
            self.source.delete_records(plan.name, partition, end)

    def start_workers(self, topics: list[str]) -> None:
        link = SoakLink(self.source.through_proxy, self.target.through_proxy, topics,
                        offsets=self.options.mode)
        for index in range(self.options.workers):
            home = self.directory / f"worker-{index}"
            worker = Lockstep(home, link, ["--state-dir", str(home / "state")])
            self.workers.append(worker)
            worker.start(wait_ready=False)
        for worker in self.workers:
            worker.wait_ready()

    def whole(self) -> None:
        for cluster in self.clusters.values():
            eventually(cluster.is_whole, f"{cluster.name}: all replicas are in sync", 120, 0.5)
