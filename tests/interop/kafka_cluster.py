"""Real Apache Kafka clusters on loopback, for tests, bench and demo.

4.x and 3.x run in KRaft mode, every broker being a controller too; 2.8.2 runs with ZooKeeper.
A cluster keeps its ports and data when its brokers restart.
"""

import base64
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from broker import COMMON_SETTINGS, TEST_JVM, TEST_SETTINGS, Broker, log_option, write_properties
from cluster_security import Security
from paths import NEWEST_KAFKA, kafka_jars
from processes import end, free_port, port_accepts, spawn
from topic_admin import TopicAdmin
from waiting import Hopeless, eventually

START_TIMEOUT = 240  # seconds; a machine with two busy cores is slow


@dataclass
class ClusterOptions:
    brokers: int = 1
    jvm: tuple[str, ...] = TEST_JVM
    settings: dict[str, str] = field(default_factory=lambda: dict(TEST_SETTINGS))
    security: Security = field(default_factory=Security)


class KafkaCluster(TopicAdmin):
    """One cluster. `start()`, use it (`bootstrap`, and what TopicAdmin offers), `stop()`."""

    def __init__(self, version: str, name: str, root: Path, options: ClusterOptions | None = None):
        options = options or ClusterOptions()
        self.version = version
        self.name = name
        self.directory = root / name
        self.brokers = [Broker(version, node, self.directory / f"broker-{node}", options.jvm)
                        for node in range(1, options.brokers + 1)]
        for broker in self.brokers:
            broker.more_ports = {one.name: free_port() for one in options.security.listeners}
        self.uses_zookeeper = version.startswith("2.")
        self.cluster_id = base64.urlsafe_b64encode(b"\0" + os.urandom(15)).decode().rstrip("=")
        self._settings = options.settings
        self._security = options.security
        self._zookeeper: subprocess.Popen | None = None
        self._zookeeper_port = free_port() if self.uses_zookeeper else None
        super().__init__(self.bootstrap)

    @property
    def bootstrap(self) -> str:
        return ",".join(f"127.0.0.1:{broker.port}" for broker in self.brokers)

    def bootstrap_of(self, listener: str) -> str:
        """Where clients come in by one of the listeners of ClusterOptions.security."""
        return ",".join(f"127.0.0.1:{broker.more_ports[listener]}" for broker in self.brokers)

    def start(self) -> "KafkaCluster":
        self.spawn()
        self.wait_ready()
        return self

    def spawn(self) -> None:
        """Starts every process without waiting, so that several clusters can come up together."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if self.uses_zookeeper:
            self._spawn_zookeeper()
        for broker in self.brokers:
            broker.configure(self._broker_settings(broker))
            broker.spawn(None if self.uses_zookeeper else self.cluster_id)

    def wait_ready(self) -> None:
        """Until every broker accepts connections and is listed, with a controller elected."""
        eventually(lambda: all(map(self._is_up, self.brokers))
                   and self.knows_brokers(len(self.brokers)),
                   f"{self.name}: {len(self.brokers)} brokers are ready", START_TIMEOUT, 0.1)

    def stop(self) -> None:
        """Ends every process; quick, as the data is not needed any more."""
        for broker in self.brokers:
            broker.end(signal.SIGKILL)
        if self._zookeeper is not None:
            end(self._zookeeper, signal.SIGKILL)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def end_broker(self, index: int = 0, how: int = signal.SIGTERM) -> None:
        """SIGTERM is Kafka's controlled shutdown, SIGKILL a crash."""
        self.brokers[index].end(how)

    def start_broker(self, index: int = 0) -> None:
        """The same broker again: same port, same data."""
        self.brokers[index].spawn(None)
        self.wait_ready()

    def restart_broker(self, index: int = 0, how: int = signal.SIGTERM) -> None:
        self.end_broker(index, how)
        self.start_broker(index)

    def partition_directory(self, topic: str, partition: int, index: int = 0) -> Path:
        """Where a broker keeps the segments of a partition."""
        return self.brokers[index].data / f"{topic}-{partition}"

    def _is_up(self, broker: Broker) -> bool:
        if not broker.is_running():
            # ZooKeeper remembers a killed broker until its session expires.
            if not (self.uses_zookeeper and "NodeExists" in broker.last_words(40)):
                raise Hopeless(f"{self.name}: broker {broker.node} ended:\n{broker.last_words()}")
            broker.spawn(None)
        return broker.accepts()

    def _broker_settings(self, broker: Broker) -> dict[str, str]:
        replicas = str(min(3, len(self.brokers)))
        settings = COMMON_SETTINGS | {
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.replication.factor": replicas,
        }
        if self.uses_zookeeper:
            settings |= {"broker.id": str(broker.node),
                         "zookeeper.connect": f"127.0.0.1:{self._zookeeper_port}",
                         "zookeeper.session.timeout.ms": "6000"}
        else:
            voters = ",".join(f"{b.node}@127.0.0.1:{b.controller_port}" for b in self.brokers)
            settings |= {
                "process.roles": "broker,controller",
                "node.id": str(broker.node),
                "controller.quorum.voters": voters,
                "controller.listener.names": "CONTROLLER",
                "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
                "listeners": f"PLAINTEXT://127.0.0.1:{broker.port},"
                             f"CONTROLLER://127.0.0.1:{broker.controller_port}",
                "broker.session.timeout.ms": "4000",
                "broker.heartbeat.interval.ms": "500",
                # Else a broker ends that is not registered within 60 s; six may start at once.
                "initial.broker.registration.timeout.ms": str(START_TIMEOUT * 1000),
            }
            if self.version.startswith("4."):
                settings["share.coordinator.state.topic.replication.factor"] = replicas
        return settings | self._security_settings(broker, settings) | self._settings

    def _security_settings(self, broker: Broker, settings: dict[str, str]) -> dict[str, str]:
        """Adds the further listeners to those that `settings` has."""
        if not self._security.listeners:
            return self._security.as_broker_settings(self.uses_zookeeper)
        plain = f"PLAINTEXT://127.0.0.1:{broker.port}"
        more = "".join(f",{name}://127.0.0.1:{port}" for name, port in broker.more_ports.items())
        protocols = "".join(f",{one.name}:{one.protocol}" for one in self._security.listeners)
        mapping = settings.get("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT")
        return self._security.as_broker_settings(self.uses_zookeeper) | {
            "listeners": settings.get("listeners", plain) + more,
            "advertised.listeners": plain + more,
            "listener.security.protocol.map": mapping + protocols,
            "inter.broker.listener.name": "PLAINTEXT"}

    def _spawn_zookeeper(self) -> None:
        home = self.directory / "zookeeper"
        home.mkdir(exist_ok=True)
        properties = write_properties(home / "zookeeper.properties", {
            "dataDir": home / "data", "clientPort": self._zookeeper_port,
            "clientPortAddress": "127.0.0.1", "admin.enableServer": "false",
            "maxClientCnxns": "0", "tickTime": "500"})
        self._zookeeper = spawn(
            ["java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
             log_option(self.version, home), "-cp", f"{kafka_jars(self.version)}/*",
             "org.apache.zookeeper.server.quorum.QuorumPeerMain", properties], home / "log")
        eventually(lambda: port_accepts(self._zookeeper_port), f"{self.name}: ZooKeeper listens",
                   START_TIMEOUT)


def start_together(*clusters: KafkaCluster) -> None:
    """Brings several clusters up at the same time."""
    for cluster in clusters:
        cluster.spawn()
    for cluster in clusters:
        cluster.wait_ready()


def newest_pair(root: Path, options: ClusterOptions,
                started: list) -> tuple[KafkaCluster, KafkaCluster]:
    """Two clusters of the newest Kafka, east and west, started.

    They are added to `started` before they run, so that whoever is interrupted can stop them.
    """
    east, west = (KafkaCluster(NEWEST_KAFKA, name, root, options) for name in ("east", "west"))
    started += [east, west]
    start_together(east, west)
    return east, west
