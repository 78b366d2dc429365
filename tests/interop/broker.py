"""One broker of a KafkaCluster: its settings on disk and its process."""

import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from paths import kafka_jars
from processes import end, free_port, port_accepts, spawn

# Brokers of tests start fast and stay small; the bench uses what Kafka's own scripts use.
TEST_JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
BENCH_JVM = ("-Xms1g", "-Xmx1g", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
             "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent")

COMMON_SETTINGS = {
    "auto.create.topics.enable": "false",
    "delete.topic.enable": "true",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.min.isr": "1",
}
TEST_SETTINGS = {
    "file.delete.delay.ms": "1000",  # as log.segment.delete.delay.ms: gigabytes go at once
    "log.segment.delete.delay.ms": "1000",
    "log.cleaner.backoff.ms": "200",  # compaction within a test's patience
    "log.cleaner.dedupe.buffer.size": str(8 << 20),
}

LOG4J2 = """\
Configuration:
  Appenders: {Console: {name: C, target: SYSTEM_OUT, PatternLayout: {pattern: "%d %p %m (%c)%n"}}}
  Loggers: {Root: {level: WARN, AppenderRef: [{ref: C}]}}
"""
LOG4J1 = """\
log4j.rootLogger=WARN, C
log4j.appender.C=org.apache.log4j.ConsoleAppender
log4j.appender.C.layout=org.apache.log4j.PatternLayout
log4j.appender.C.layout.ConversionPattern=%d %p %m (%c)%n
"""


def log_option(version: str, directory: Path) -> str:
    """Writes a logging configuration into `directory`; the JVM option that selects it."""
    if version.startswith("4."):
        (directory / "log4j2.yaml").write_text(LOG4J2)
        return f"-Dlog4j2.configurationFile={directory / 'log4j2.yaml'}"
    (directory / "log4j.properties").write_text(LOG4J1)
    return f"-Dlog4j.configuration=file:{directory / 'log4j.properties'}"


def write_properties(path: Path, settings: dict[str, str]) -> Path:
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    return path


@dataclass
class Broker:
    """A broker's identity (kept over restarts) and its present process."""

    version: str
    node: int
    directory: Path
    jvm: tuple[str, ...] = TEST_JVM
    port: int = field(default_factory=free_port)
    controller_port: int = field(default_factory=free_port)
    more_ports: dict[str, int] = field(default_factory=dict)  # of further listeners, by their names
    process: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def log(self) -> Path:
        return self.directory / "log"

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def configure(self, settings: dict[str, str]) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        own = {"listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
               "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
               "log.dirs": self.data}
        write_properties(self.directory / "server.properties", own | settings)

    def java(self) -> list:
        return ["java", *self.jvm, log_option(self.version, self.directory),
                "-cp", f"{kafka_jars(self.version)}/*"]

    def spawn(self, cluster_id: str | None) -> None:
        """Starts the process; `cluster_id` is given where KRaft must format the storage first."""
        properties = self.directory / "server.properties"
        run = [*self.java(), "kafka.Kafka", properties]
        if cluster_id and not (self.data / "meta.properties").exists():
            format_ = [*self.java(), "kafka.tools.StorageTool", "format", "-t", cluster_id,
                       "-c", properties]
            run = ["sh", "-c", '"$@" 2>&1 | grep -v DEBUG; exec ' + quoted(run), "format", *format_]
        self.process = spawn(run, self.log, append=True)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def accepts(self) -> bool:
        return port_accepts(self.port)

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None:
            end(self.process, how, timeout=180)  # killed, it would repair its logs

    def last_words(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def quoted(words: list) -> str:
    return " ".join("'" + str(word) + "'" for word in words)
