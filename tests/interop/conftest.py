"""Fixtures: real clusters, started once per session, shared through unique topic names."""

import itertools
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from java_tools import digest, load  # noqa: E402 - after the path is known
from kafka_cluster import ClusterOptions, KafkaCluster, start_together  # noqa: E402
from lockstep import Link, Lockstep, Replication  # noqa: E402
from paths import KAFKA_VERSIONS, NEWEST_KAFKA, lockstep_binary  # noqa: E402
from sandbox_process import Sandbox, SandboxCluster  # noqa: E402
from secure_cluster import SecureCluster  # noqa: E402

_numbers = itertools.count(1)
BIG_RECORDS = 800_000  # of 1,000 bytes: enough that "in the middle" lasts


def pytest_configure() -> None:
    """SIGTERM ends a run as Ctrl-C does: fixtures stop their clusters and give back the disk."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def binary() -> Path:
    """Every test needs it; say so once and clearly."""
    if not lockstep_binary().exists():
        pytest.exit(f"{lockstep_binary()} is missing: ./dev build", returncode=4)
    return lockstep_binary()


@pytest.fixture(scope="session")
def home() -> Path:
    """Data and logs of everything that runs; on disk, as it takes gigabytes."""
    with tempfile.TemporaryDirectory(prefix="lockstep-interop-",
                                     ignore_cleanup_errors=True) as directory:
        yield Path(directory)


class Clusters:
    """Hands out clusters by version and role, and starts those that nobody had yet."""

    def __init__(self, home: Path):
        self._home = home
        self._started: dict[tuple[str, str], KafkaCluster] = {}

    def source(self, version: str = NEWEST_KAFKA) -> KafkaCluster:
        return self.get(("source", version))

    def target(self, version: str = NEWEST_KAFKA) -> KafkaCluster:
        return self.get(("target", version))

    def get(self, which: tuple[str, str]) -> KafkaCluster:
        if which not in self._started:
            self.start(which)
        return self._started[which]

    def start(self, *wanted: tuple[str, str]) -> None:
        missing = {which: KafkaCluster(which[1], "-".join(which), self._home)
                   for which in wanted if which not in self._started}
        try:
            start_together(*missing.values())
        except BaseException:  # whoever tries again needs their folders
            for cluster in missing.values():
                cluster.remove()
            raise
        self._started |= missing

    def start_all(self) -> None:
        self.start(*((role, version) for version in KAFKA_VERSIONS
                     for role in ("source", "target")))

    def stop(self) -> None:
        for cluster in self._started.values():
            cluster.remove()


@pytest.fixture(scope="session")
def clusters(home) -> Clusters:
    clusters = Clusters(home)
    yield clusters
    clusters.stop()


@pytest.fixture
def source(clusters) -> KafkaCluster:
    """A source cluster of the newest Kafka."""
    clusters.start(("source", NEWEST_KAFKA), ("target", NEWEST_KAFKA))
    return clusters.source()


@pytest.fixture
def target(clusters) -> KafkaCluster:
    clusters.start(("source", NEWEST_KAFKA), ("target", NEWEST_KAFKA))
    return clusters.target()


class Sandboxes:
    """Hands out sandbox clusters of three brokers by version; those that nobody had yet start."""

    def __init__(self, home: Path):
        self._home = home
        self._started: dict[str, Sandbox] = {}

    def get(self, kafka: str) -> SandboxCluster:
        if kafka not in self._started:
            self._started[kafka] = Sandbox(self._home, kafka, ("--brokers", 3)).start()
        return self._started[kafka].clusters[0]

    def stop(self) -> None:
        for sandbox in self._started.values():
            sandbox.stop()


@pytest.fixture(scope="session")
def sandboxes(home) -> Sandboxes:
    sandboxes = Sandboxes(home)
    yield sandboxes
    sandboxes.stop()


@pytest.fixture(scope="module")
def three_brokers(home) -> KafkaCluster:
    """A cluster of its own whose leaders can move."""
    cluster = KafkaCluster(NEWEST_KAFKA, "three-brokers", home, ClusterOptions(brokers=3)).start()
    yield cluster
    cluster.remove()


@pytest.fixture(scope="module")
def secure(home) -> SecureCluster:
    """A broker with a listener of every kind of security, and with ACLs."""
    cluster = SecureCluster(NEWEST_KAFKA, "secure", home).start()
    yield cluster
    cluster.remove()


@pytest.fixture
def name(request) -> str:
    """A topic name, or prefix of names, that no other test uses."""
    test = request.node.originalname.removeprefix("test_").replace("_", "-")
    return f"{test[:60]}-{next(_numbers)}"


@pytest.fixture
def lockstep(tmp_path):
    """Starts lockstep processes with a link or a replication; ends them and shows their logs."""
    started: list[Lockstep] = []

    def start(link: Link | Replication, wait_ready: bool = True, arguments=()) -> Lockstep:
        started.append(Lockstep(tmp_path, link, arguments))
        return started[-1].start(wait_ready)

    yield start
    for process in started:
        process.stop()
        print(f"--- log of lockstep on port {process.port}\n{process.log_text()[-6000:]}")


@dataclass
class BigCopy:
    """A topic of 800 MB in 6 partitions, to be copied from source to target of the newest Kafka."""

    source: KafkaCluster
    target: KafkaCluster
    topic: str = "big"
    total: int = BIG_RECORDS
    expected: dict = field(default_factory=dict)

    @property
    def link(self) -> Link:
        return Link(self.source, self.target, [self.topic])

    def copied(self) -> int:
        return self.target.record_count(self.topic)

    def assert_equal(self) -> None:
        """Count and digest of every partition are the source's."""
        assert digest(self.target, self.topic) == self.expected


@pytest.fixture(scope="session")
def big_source(clusters) -> BigCopy:
    clusters.start(("source", NEWEST_KAFKA), ("target", NEWEST_KAFKA))
    copy = BigCopy(clusters.source(), clusters.target())
    copy.source.create_topic(copy.topic, 6)
    load(copy.source, copy.topic, copy.total, shape="random", size=1000)
    copy.expected = digest(copy.source, copy.topic)
    return copy


@pytest.fixture
def big(big_source) -> BigCopy:
    """The big topic, not yet on the target, and taken from there again after the test."""
    big_source.target.delete_topic(big_source.topic)
    yield big_source
    big_source.target.delete_topic(big_source.topic)
