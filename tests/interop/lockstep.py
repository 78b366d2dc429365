"""The lockstep process under test: its configuration, its life, and what it says of itself."""

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka_cluster import KafkaCluster
from paths import lockstep_binary
from processes import end, free_port, spawn
from waiting import PATIENCE, Hopeless, eventually

DRAIN_SECONDS = 5  # SIGTERM to exit


@dataclass
class Link:
    """What is copied. `source` and `target` may be anything that has a `bootstrap`."""

    source: Any
    target: Any
    topics: list[str]
    exclude: list[str] = field(default_factory=list)
    on_overrun: str = "stop"
    offsets: str = "preserve"
    max_filler: str = ""
    on_recreated: str = "stop"
    append_time: str = "keep"
    verify_rate: str = ""  # the default where it is empty
    log_level: str = "info"
    http: str = ""  # more lines of the section
    around: dict = field(default_factory=dict)  # topic_config, acls, quotas: sections of the link

    def yaml(self, http_port: int) -> str:
        def quoted(words: list[str]) -> str:
            return json.dumps(words)

        def address(cluster) -> str:
            return quoted(getattr(cluster, "secured_at", cluster.bootstrap).split(","))

        def security(cluster) -> str:
            how = getattr(cluster, "security", None)
            lines = [f"    {key}: {json.dumps(value)}\n"
                     for key, value in getattr(cluster, "more", {}).items()]
            return "".join(lines) + (f"    security: {json.dumps(how)}\n" if how else "")

        around = "".join(f"    {key}: {json.dumps(section)}\n"
                         for key, section in self.around.items())
        filler = f"    max_filler: {self.max_filler}\n" if self.max_filler else ""
        limits = f"limits:\n  verify_rate: {self.verify_rate}\n" if self.verify_rate else ""
        exclude = f"    exclude: {quoted(self.exclude)}\n" if self.exclude else ""
        return f"""\
clusters:
  - name: east
    bootstrap: {address(self.source)}
{security(self.source)}  - name: west
    bootstrap: {address(self.target)}
{security(self.target)}links:
  - name: east-to-west
    source: east
    target: west
    topics: {quoted(self.topics)}
{exclude}{filler}{around}    offsets: {self.offsets}
    on_overrun: {self.on_overrun}
    on_recreated: {self.on_recreated}
    append_time: {self.append_time}
http:
  listen: 127.0.0.1:{http_port}
{self.http}log:
  level: {self.log_level}
{limits}"""


@dataclass
class Replication:
    """The same topics on several clusters, by a strategy."""

    strategy: str
    clusters: dict[str, Any]  # by name; the first is the active one, or the hub
    topics: list[str]
    more: str = ""  # keys of the replication, as lines

    def yaml(self, http_port: int) -> str:
        clusters = "".join(f"  - name: {name}\n    bootstrap: "
                           f"{json.dumps(cluster.bootstrap.split(','))}\n"
                           for name, cluster in self.clusters.items())
        center = {"active-passive": "active", "hub-spoke": "hub"}.get(self.strategy)
        middle = f"    {center}: {next(iter(self.clusters))}\n" if center else ""
        return f"""\
clusters:
{clusters}replications:
  - name: all
    strategy: {self.strategy}
    clusters: {json.dumps(list(self.clusters))}
{middle}    topics: {json.dumps(self.topics)}
{self.more}http:
  listen: 127.0.0.1:{http_port}
"""


@dataclass
class Answer:
    code: int
    text: str


class Lockstep:
    """`lockstep run`, mostly with one link. The log grows over restarts."""

    def __init__(self, directory: Path, link: Link | Replication, arguments: list[str] = ()):
        self.link = link
        self.arguments = list(arguments)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        directory.mkdir(parents=True, exist_ok=True)
        self.config = directory / f"lockstep-{self.port}.yaml"
        self.config.write_text(link.yaml(self.port))
        self.log = directory / f"lockstep-{self.port}.log"
        self.process: subprocess.Popen | None = None

    def start(self, wait_ready: bool = True) -> "Lockstep":
        command = [lockstep_binary(), "run", "-c", self.config, *self.arguments]
        self.process = spawn(command, self.log, append=True)
        if wait_ready:
            self.wait_ready()
        return self

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def require_running(self) -> None:
        if not self.is_running():
            code = None if self.process is None else self.process.returncode
            raise Hopeless(f"lockstep ended with {code}:\n{self.log_text()[-4000:]}")

    def kill(self) -> None:
        end(self.process, signal.SIGKILL)

    def pause(self) -> None:
        """As if its machine stood still."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ends it whatever it does; for clean-up."""
        if self.is_running():
            end(self.process, signal.SIGTERM, timeout=2 * DRAIN_SECONDS)

    def terminate(self, how: int = signal.SIGTERM) -> tuple[int, float]:
        """Asks it to end; its exit code and how many seconds it took."""
        started = time.monotonic()
        code = end(self.process, how, timeout=PATIENCE)
        return code, time.monotonic() - started

    def wait_ready(self, timeout: float = PATIENCE) -> None:
        self.wait(lambda: self.get("/readyz").code == 200, "/readyz says 200", timeout)

    def wait(self, check, what: str, timeout: float = PATIENCE):
        """Like `eventually`, but gives up at once should lockstep end. A shorter `timeout` than
        PATIENCE says how long it takes as a rule; a busy machine has as long as that."""
        def checked():
            self.require_running()
            return check()

        return eventually(checked, what, max(timeout, PATIENCE))

    def wait_copied(self, *topics: str, timeout: float = 60) -> None:
        """Until the target's end offsets are the source's, for each of the topics."""
        source: KafkaCluster = self.link.source
        target: KafkaCluster = self.link.target
        for topic in topics:
            self.wait(lambda t=topic: target.end_offsets(t) == source.end_offsets(t) != {},
                      f"{topic} is copied whole", timeout)

    def wait_lag_zero(self, *topics: str, timeout: float = 60) -> None:
        """Until Lockstep says that it has copied all that the source has, and is right."""
        source: KafkaCluster = self.link.source

        def is_copied(topic: str) -> bool:
            ends = source.end_offsets(topic)
            found = {p["partition"]: p for p in self.status()["partitions"] if p["topic"] == topic}
            return ends != {} and all(found.get(i, {}).get("next_offset") == end
                                      for i, end in ends.items())

        for topic in topics:
            self.wait(lambda t=topic: is_copied(t), f"{topic} is copied whole", timeout)

    def get(self, path: str, timeout: float = 30) -> Answer:
        try:
            with urllib.request.urlopen(self.url + path, timeout=timeout) as response:
                return Answer(response.status, response.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode())
        except (urllib.error.URLError, OSError) as error:
            return Answer(0, str(error))

    def status(self, timeout: float = 30) -> dict:
        """The one link of /api/v1/status."""
        return self.links(timeout)[0]

    def links(self, timeout: float = 30) -> list[dict]:
        """Each link of /api/v1/status."""
        return json.loads(self.get("/api/v1/status", timeout).text)["links"]

    def partition(self, topic: str, partition: int = 0) -> dict:
        """The status of one partition; {} while it is not known."""
        for found in self.status()["partitions"]:
            if (found["topic"], found["partition"]) == (topic, partition):
                return found
        return {}

    def wait_blocked(self, topic: str, partition: int = 0, timeout: float = 30) -> str:
        """Until the partition is blocked; the reason it gives."""
        def reason() -> str:
            found = self.partition(topic, partition)
            return found["reason"] if found.get("state") == "blocked" else ""

        return self.wait(reason, f"{topic}-{partition} is blocked", timeout)

    def wait_running(self, topic: str, partition: int = 0) -> None:
        self.wait(lambda: self.partition(topic, partition).get("state") == "running",
                  f"{topic}-{partition} is running")

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")


def run_cli(*arguments, timeout: float = 120) -> subprocess.CompletedProcess:
    """A lockstep command to its end."""
    return subprocess.run([lockstep_binary(), *map(str, arguments)], capture_output=True,
                          text=True, timeout=timeout)
