"""./dev bench plan: how long `lockstep plan` takes for many topics, and that it changes nothing.

Two real clusters; the target has every other topic already. All that both clusters tell of
themselves is compared before and after. Ends with 1 where 1,000 topics, or fewer, take longer than
the bar.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "interop"))

from confluent_kafka.admin import NewTopic  # noqa: E402 - after the path is known

from broker import BENCH_JVM  # noqa: E402
from cluster_state import ANSWERED, REQUEST, assert_untouched, state  # noqa: E402
from kafka_cluster import ClusterOptions, KafkaCluster, newest_pair  # noqa: E402
from lockstep import Link, run_cli  # noqa: E402
from records import producer  # noqa: E402

BAR = 5.0  # seconds for 1,000 topics


def create(cluster: KafkaCluster, topics: list[str], partitions: int) -> None:
    wanted = [NewTopic(topic, partitions, 1) for topic in topics]
    for future in cluster.admin.create_topics(wanted, operation_timeout=60, **REQUEST).values():
        future.result(ANSWERED)


def fill(cluster: KafkaCluster, topics: list[str]) -> None:
    client = producer(cluster)
    for topic in topics:
        client.produce(topic, f"a record of {topic}")
    assert client.flush(ANSWERED) == 0


def measure(config: Path, topics: int, repeat: int) -> list[float]:
    measured = []
    for _ in range(repeat):
        started = time.monotonic()
        done = run_cli("plan", "-c", config, "--json")
        measured.append(time.monotonic() - started)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        assert len(json.loads(done.stdout)["links"][0]["topics"]) == topics
    return measured


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--topics", type=int, default=1000)
    parser.add_argument("--partitions", type=int, default=1, help="of each topic")
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    started: list = []
    with tempfile.TemporaryDirectory(prefix="lockstep-bench-", ignore_cleanup_errors=True) as home:
        try:
            source, target = newest_pair(Path(home), ClusterOptions(jvm=BENCH_JVM), started)
            topics = [f"topic-{i:05}" for i in range(arguments.topics)]
            create(source, topics, arguments.partitions)
            create(target, topics[::2], arguments.partitions)
            fill(source, topics)
            config = Path(home) / "lockstep.yaml"
            config.write_text(Link(source, target, ["topic-.*"], offsets="auto").yaml(0))
            before = {cluster: state(cluster) for cluster in (source, target)}
            measured = measure(config, len(topics), arguments.repeat)
            for cluster, was in before.items():
                assert_untouched(cluster, was)
        finally:
            for cluster in started:
                cluster.stop()
    median = statistics.median(measured)
    is_above = median > BAR and arguments.topics <= 1000
    verdict = f": above the bar of {BAR:.0f} s" if is_above else ""
    print(f"{arguments.topics:,} topics of {arguments.partitions} partition(s): "
          f"{' '.join(format(each, '.2f') for each in measured)} s, median {median:.2f} s{verdict}")
    print("both clusters are as they were: topics, configs, ends, groups, ACLs, users")
    return 1 if is_above else 0


if __name__ == "__main__":
    sys.exit(main())
