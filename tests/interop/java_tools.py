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
TOOLS = {  # script: package below org.apache.kafka.tools, and main
    "kafka-acls": ("", "AclCommand"),
    "kafka-configs": ("", "ConfigCommand"),
    "kafka-console-consumer": ("consumer.", "ConsoleConsumer"),
    "kafka-console-producer": ("", "ConsoleProducer"),
    "kafka-consumer-groups": ("consumer.group.", "ConsumerGroupCommand"),
    "kafka-delete-records": ("", "DeleteRecordsCommand"),
    "kafka-get-offsets": ("", "GetOffsetShell"),
    "kafka-topics": ("", "TopicCommand"),
    "kafka-transactions": ("", "TransactionsCommand"),
}


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


def digest(cluster: KafkaCluster, topic: str, offsets: bool = True) -> dict:
    """Count and SHA-256 of every partition of a topic; `offsets`: those of the records too."""
    return run_helper("Digest", FAST_JVM, bootstrap=cluster.bootstrap, topic=topic,
                      offsets="yes" if offsets else "no")


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
                   "--from-beginning", "--max-messages", str(count), "--timeout-ms", "90000",
                   *shown])
    return sorted(output.splitlines())


def tool(cluster: KafkaCluster, name: str, *arguments, words: str = "", code: int = 0) -> str:
    """What a command-line tool of the cluster's own version prints; `words` are its input.

    `name` is as that of the script in Kafka's bin folder, without the .sh.
    """
    return _run(["java", *SMALL_JVM, "-cp", f"{kafka_jars(cluster.version)}/*",
                 tool_class(name, cluster.version), "--bootstrap-server", cluster.bootstrap,
                 *map(str, arguments)], words, code)


def tool_class(name: str, version: str) -> str:
    """Where the main of a tool is: they moved out of Kafka's core bit by bit."""
    package, main = TOOLS[name]
    if name == "kafka-configs":
        return f"kafka.admin.{main}"
    if version.startswith("2."):
        return f"kafka.{'admin' if main.endswith('Command') else 'tools'}.{main}"
    if version.startswith("3.") and name in ("kafka-console-producer", "kafka-acls"):
        return f"kafka.{'admin' if name == 'kafka-acls' else 'tools'}.{main}"
    return f"org.apache.kafka.tools.{package}{main}"


def known_producers(cluster: KafkaCluster, topic: str) -> list[str]:
    """The ids of the producers whose state the leader of partition 0 has."""
    output = _run(["java", *SMALL_JVM, "-cp", f"{kafka_jars(NEWEST_KAFKA)}/*",
                   "org.apache.kafka.tools.TransactionsCommand", "--bootstrap-server",
                   cluster.bootstrap, "describe-producers", "--topic", topic, "--partition", "0"])
    return [line.split()[0] for line in output.splitlines()[1:] if line.strip()]


def _run(command: list[str], words: str = "", code: int = 0) -> str:
    done = subprocess.run(["setpriv", "--pdeathsig", "KILL", "--", *command], timeout=TIMEOUT,
                          input=words, capture_output=True, text=True, errors="replace")
    if done.returncode != code:
        raise AssertionError(f"{' '.join(command[-12:])}: exit code {done.returncode}\n"
                             f"{done.stdout[-1000:]}\n{done.stderr[-3000:]}")
    return done.stdout
