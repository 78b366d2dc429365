"""./dev bench verify_cost: what the proof inside of `lockstep run` costs the copying.

The same topic is copied again and again, from one real Kafka to another, with limits.verify_rate
off and at its default by turns. In the second round another topic, copied before, is being proved
meanwhile.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "interop"))

from broker import BENCH_JVM, TEST_SETTINGS  # noqa: E402 - after the path is known
from contenders import Route  # noqa: E402
from copy_run import measure_copy, topic_bytes  # noqa: E402
from java_tools import load  # noqa: E402
from kafka_cluster import ClusterOptions, newest_pair  # noqa: E402
from lockstep import Link, Lockstep  # noqa: E402

RECORD_BYTES = 1000


class Contender:
    """Lockstep with a proof, or without one, and with topics that it has copied before."""

    def __init__(self, verify_rate: str, proved_meanwhile: list[str]):
        self.name = f"verify_rate {verify_rate or 'default'}"
        self._verify_rate = verify_rate
        self._others = proved_meanwhile

    def start(self, route: Route, topic: str):
        link = Link(route.source, route.target, [topic, *self._others],
                    verify_rate=self._verify_rate)
        return Lockstep(route.directory, link).start(wait_ready=False).process

    def target_topic(self, topic: str) -> str:
        return topic


def measure_round(route: Route, topic: str, others: list[str], repeat: int) -> None:
    runs: dict[str, list[dict]] = {"off": [], "": []}
    for turn in range(repeat + 1):
        for rate, measured in runs.items():
            run = measure_copy(Contender(rate, others), route, topic)
            route.target.delete_topic(topic)
            if turn > 0:  # the first turn warms the brokers up
                measured.append(run)
    figures = {rate: {key: statistics.median(run[key] for run in measured)
                      for key in ("seconds", "cpu_seconds", "peak_rss_mb")}
               for rate, measured in runs.items()}
    for rate, label in (("off", "off"), ("", "on")):
        seconds = " ".join(f"{run['seconds']:.2f}" for run in runs[rate])
        median = figures[rate]
        print(f"  proof {label:3}: {median['seconds']:.2f} s ({seconds}), "
              f"{median['cpu_seconds']:.2f} CPU-s, {median['peak_rss_mb']:.0f} MB peak")
    print(f"  time with the proof / without: "
          f"{figures['']['seconds'] / figures['off']['seconds']:.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=500_000, help="of 1,000 random bytes")
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    started: list = []
    with tempfile.TemporaryDirectory(prefix="lockstep-bench-", ignore_cleanup_errors=True) as home:
        try:
            settings = {name: value for name, value in TEST_SETTINGS.items() if "delete" in name}
            options = ClusterOptions(jvm=BENCH_JVM, settings=settings)
            source, target = newest_pair(Path(home), options, started)
            route = Route(source, target, Path(home))
            for topic in ("copied", "proved"):
                source.create_topic(topic, arguments.partitions)
                load(source, topic, arguments.records, shape="random", size=RECORD_BYTES)
            size = topic_bytes(source, "copied") / 1e6
            print(f"{size:.0f} MB in {arguments.partitions} partition(s), "
                  f"median of {arguments.repeat} runs, by turns")
            print("the topic alone:", flush=True)
            measure_round(route, "copied", [], arguments.repeat)
            measure_copy(Contender("off", []), route, "proved")
            print("while another topic of the same size is being proved:", flush=True)
            measure_round(route, "copied", ["proved"], arguments.repeat)
        finally:
            for cluster in started:
                cluster.stop()


if __name__ == "__main__":
    main()
