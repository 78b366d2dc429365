"""./dev bench tls_cost: what it costs Lockstep to speak TLS with both clusters.

The same topic is copied again and again from one real Kafka to another, by turns unencrypted, over
TLS 1.3 with certificates on both sides, and over TLS 1.2 with SCRAM-SHA-512. Ends with 1 where one
of these costs more than the bar.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "interop"))

from broker import BENCH_JVM  # noqa: E402 - after the path is known
from contenders import Route  # noqa: E402
from copy_run import measure_copy, topic_bytes  # noqa: E402
from java_tools import load  # noqa: E402
from lockstep import Link, Lockstep  # noqa: E402
from paths import NEWEST_KAFKA  # noqa: E402
from secure_cluster import PASSWORD, USER, SecureCluster  # noqa: E402

RECORD_BYTES = 1000
BAR = 3.0  # times the CPU of plaintext


def mutual_tls(cluster: SecureCluster):
    mine = cluster.authority.issue("lockstep", USER)
    return cluster.at("SSL", tls={"ca": str(cluster.authority.certificate), "min_version": "1.3",
                                  "certificate": str(mine.certificate), "key": str(mine.key)})


def scram_over_tls(cluster: SecureCluster):
    return cluster.at("SASL_SSL", tls={"ca": str(cluster.authority.certificate)},
                      sasl={"mechanism": "SCRAM-SHA-512", "username": USER, "password": PASSWORD})


HOW = {"plaintext": lambda cluster: cluster, "TLS 1.3": mutual_tls, "TLS 1.2": scram_over_tls}


class Contender:
    """Lockstep that speaks to both clusters in one way."""

    def __init__(self, how: str):
        self.name = how

    def start(self, route: Route, topic: str):
        speak = HOW[self.name]
        link = Link(speak(route.source), speak(route.target), [topic], verify_rate="off")
        return Lockstep(route.directory, link).start(wait_ready=False).process

    def target_topic(self, topic: str) -> str:
        return topic


def measure(route: Route, topic: str, repeat: int) -> bool:
    """Whether each is within the bar."""
    runs: dict[str, list[dict]] = {how: [] for how in HOW}
    for turn in range(repeat + 1):
        for how, measured in runs.items():
            run = measure_copy(Contender(how), route, topic)
            route.target.delete_topic(topic)
            if turn > 0:  # the first turn warms the brokers up
                measured.append(run)
    plain = statistics.median(run["cpu_seconds"] for run in runs["plaintext"])
    is_within = True
    for how, measured in runs.items():
        cpu = statistics.median(run["cpu_seconds"] for run in measured)
        seconds = statistics.median(run["seconds"] for run in measured)
        print(f"  {how:9}: {seconds:.2f} s, {cpu:.2f} CPU-s "
              f"({' '.join(format(run['cpu_seconds'], '.2f') for run in measured)}), "
              f"{cpu / plain:.2f} x plaintext"
              + ("" if cpu / plain <= BAR else f": above the bar of {BAR:.0f} x"), flush=True)
        is_within = is_within and cpu / plain <= BAR
    return is_within


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000, help="of 1,000 random bytes")
    parser.add_argument("--partitions", type=int, default=6)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    started: list[SecureCluster] = []
    with tempfile.TemporaryDirectory(prefix="lockstep-bench-", ignore_cleanup_errors=True) as home:
        try:
            for name in ("east", "west"):
                started.append(SecureCluster(NEWEST_KAFKA, name, Path(home), BENCH_JVM))
                started[-1].start()
            source, target = started
            source.create_topic("copied", arguments.partitions)
            load(source, "copied", arguments.records, shape="random", size=RECORD_BYTES)
            print(f"{topic_bytes(source, 'copied') / 1e6:.0f} MB in {arguments.partitions} "
                  f"partitions, median of {arguments.repeat} runs, by turns", flush=True)
            is_within = measure(Route(source, target, Path(home)), "copied", arguments.repeat)
        finally:
            for cluster in started:
                cluster.stop()
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
