"""Kafka's Java clients as tools: the console consumer, and this project's own in tests/java."""

import json
import subprocess
from pathlib import Path

from kafka_cluster import KafkaCluster
from paths import JAVA_CLASSES, NEWEST_KAFKA, kafka_jars
from processes import spawn

SMALL_JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
FAST_JVM = ("-Xmx2g",)  # for gigabytes: worth the second compiler
TIMEOUT = 300  # seconds; only a hang takes that long


def helper_command(main: str, jvm: tuple[str, ...] = SMALL_JVM, **options) -> list[str]:
    """The command of a main of tests/java; underscores in option names become dashes."""
    arguments = [word for name, value in options.items()
                 for word in ("--" + name.replace("_", "-"), str(value))]
    return ["java", *jvm, "-cp", f"{JAVA_CLASSES}:{kafka_jars(NEWEST_KAFKA)}/*",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", f"lockstep.{main}", *arguments]


def run_helper(main: str, jvm: tuple[str, ...] = SMALL_JVM, **options) -> dict:
    """Runs it to its end and returns the JSON it printed."""
    return json.loads(_run(helper_command(main, jvm, **options)).splitlines()[-1])


def load(cluster: KafkaCluster, topic: str, records: int, **options) -> dict:
    """Produces with the Java producer; see tests/java/lockstep/Load.java for the options."""
    return run_helper("Load", FAST_JVM, bootstrap=cluster.bootstrap, topic=topic, records=records,
                      **options)


def start_load(cluster: KafkaCluster, topic: str, records: int, log: Path,
               **options) -> subprocess.Popen:
    """The same in the background."""
    return spawn(helper_command("Load", SMALL_JVM, bootstrap=cluster.bootstrap, topic=topic,
                                records=records, **options), log)


def digest(cluster: KafkaCluster, topic: str) -> dict:
    """Count and SHA-256 of every partition of a topic."""
    return run_helper("Digest", FAST_JVM, bootstrap=cluster.bootstrap, topic=topic)


def console_lines(cluster: KafkaCluster, topics: str, count: int) -> list[str]:
    """What the console consumer of the cluster's own version prints of `count` records.

    `topics` is a regular expression. Sorted, as partitions come in any order.
    """
    newer = not cluster.version.startswith("2.")
    package = "org.apache.kafka.tools.consumer" if newer else "kafka.tools"
    formatter = "--formatter-property" if cluster.version.startswith("4.") else "--property"
    shown = [word for what in ("key", "value", "headers", "timestamp", "offset", "partition")
             for word in (formatter, f"print.{what}=true")]
    output = _run(["java", *SMALL_JVM, "-cp", f"{kafka_jars(cluster.version)}/*",
                   f"{package}.ConsoleConsumer",
                   "--bootstrap-server", cluster.bootstrap,
                   "--include" if newer else "--whitelist", topics,
                   "--from-beginning", "--max-messages", str(count), "--timeout-ms", "30000",
                   *shown])
    return sorted(output.splitlines())


def _run(command: list[str]) -> str:
    done = subprocess.run(["setpriv", "--pdeathsig", "KILL", "--", *command], timeout=TIMEOUT,
                          capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command[-12:])}: exit code {done.returncode}\n"
                             f"{done.stderr[-3000:]}")
    return done.stdout
