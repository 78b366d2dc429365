"""The development broker under test: `lockstep sandbox`, its clusters, and its end."""

import signal
import subprocess
from pathlib import Path

from paths import NEWEST_KAFKA, lockstep_binary
from processes import end, spawn
from topic_admin import TopicAdmin
from waiting import Hopeless, eventually

# As which Kafka a sandbox can behave, and the jars of that Kafka's own tools.
SANDBOX_VERSIONS = {"4.3": NEWEST_KAFKA, "3.9": "3.9.1", "2.8": "2.8.2"}
READY = "Ctrl-C ends it."


class SandboxCluster(TopicAdmin):
    """One cluster of a sandbox; for tests the same as a KafkaCluster that runs."""

    def __init__(self, kafka: str, bootstrap: str, login: dict[str, str]):
        super().__init__(bootstrap, login)
        self.version = SANDBOX_VERSIONS[kafka]
        self.bootstrap = bootstrap


class Sandbox:
    """`lockstep sandbox` on ports that are free. `login` is what librdkafka needs to get in."""

    def __init__(self, directory: Path, kafka: str = "4.3", options: tuple = (),
                 login: dict[str, str] | None = None):
        self.log = directory / f"sandbox-{kafka}-{id(self)}.log"
        self.kafka = kafka
        self.clusters: list[SandboxCluster] = []
        self._options = options
        self._login = login or {}
        self._process = None

    def start(self) -> "Sandbox":
        self._process = spawn([lockstep_binary(), "sandbox", "--port", 0, "--kafka", self.kafka,
                               *self._options], self.log, stdin=subprocess.PIPE)
        eventually(self._is_up, "the sandbox says where it listens")
        self.clusters = [SandboxCluster(self.kafka, line.split()[1], self._login)
                         for line in self.log_text().splitlines() if line.startswith("  cluster-")]
        return self

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        """Ends it; it goes at once and without a complaint."""
        self.require_running()
        code = end(self._process, signal.SIGTERM, timeout=30)
        assert code == 0, f"the sandbox ended with {code}:\n{self.log_text()[-4000:]}"

    def say(self, line: str) -> str:
        """Types a line at its console; the answer's first line."""
        told = self.log.stat().st_size
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        return eventually(lambda: self._told_since(told), f"the sandbox answers {line!r}")

    def end_input(self) -> None:
        self._process.stdin.close()

    def _told_since(self, size: int) -> str:
        self.require_running()
        text = self.log.read_bytes()[size:].decode(errors="replace")
        return text.splitlines()[0] if text.endswith("\n") else ""

    def require_running(self) -> None:
        if self._process.poll() is not None:
            raise Hopeless(f"the sandbox ended with {self._process.returncode}:\n"
                           f"{self.log_text()[-4000:]}")

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")

    def _is_up(self) -> bool:
        self.require_running()
        return READY in self.log_text()
