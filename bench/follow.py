"""./dev bench follow: how soon a worker copies by a new desired state.

Two real clusters, and `lockstep run --follow` with one link for each of some topics. Each round
applies one link more: to a topic that waits at the source already. Time runs from the moment
`lockstep apply` has said that it is applied until the target has the first record.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "interop"))

from broker import BENCH_JVM  # noqa: E402 - after the path is known
from kafka_cluster import ClusterOptions, KafkaCluster, newest_pair  # noqa: E402
from lockstep import Link, Lockstep, run_cli  # noqa: E402
from records import produce  # noqa: E402
from waiting import eventually  # noqa: E402

BAR = 2.0  # seconds until workers follow


def config_of(source: KafkaCluster, target: KafkaCluster, topics: list[str], port: int) -> str:
    """A link for each topic, so that one more is a new link."""
    head, _, tail = Link(source, target, []).yaml(port).partition("links:\n")
    links = "".join(f"  - {{name: {topic}, source: east, target: west, topics: [{topic}]}}\n"
                    for topic in topics)
    return head + "links:\n" + links + tail[tail.index("http:"):]


def apply(config: Path, text: str) -> None:
    config.write_text(text)
    done = run_cli("apply", "-c", config)
    assert done.returncode == 0 and "is applied" in done.stdout, done.stdout + done.stderr


def measure(source: KafkaCluster, target: KafkaCluster, home: Path, rounds: int) -> list[float]:
    topics = [f"topic-{i}" for i in range(rounds + 1)]
    for topic in topics:
        source.create_topic(topic)
        produce(source, topic, ["a record"])
    process = Lockstep(home, Link(source, target, []), ["--follow"])
    process.config.write_text(config_of(source, target, topics[:1], process.port))
    applied = home / "applied.yaml"
    apply(applied, config_of(source, target, topics[:1], process.port))
    process.start()
    measured = []
    try:
        for count, topic in enumerate(topics[1:], start=2):
            process.wait(lambda t=topics[count - 2]: target.record_count(t) == 1,
                         "the former link has copied")
            apply(applied, config_of(source, target, topics[:count], process.port))
            began = time.monotonic()
            eventually(lambda t=topic: target.record_count(t) == 1, f"{topic} is copied",
                       interval=0.005)
            measured.append(time.monotonic() - began)
    finally:
        process.stop()
    return measured


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    started: list = []
    with tempfile.TemporaryDirectory(prefix="lockstep-bench-", ignore_cleanup_errors=True) as home:
        try:
            source, target = newest_pair(Path(home), ClusterOptions(jvm=BENCH_JVM), started)
            measured = measure(source, target, Path(home), arguments.rounds)
        finally:
            for cluster in started:
                cluster.stop()
    worst = max(measured)
    verdict = "" if worst <= BAR else f": above the bar of {BAR:.0f} s"
    print(f"from `apply` to the first record of a new link: "
          f"{' '.join(format(each, '.2f') for each in measured)} s, "
          f"median {statistics.median(measured):.2f} s, at most {worst:.2f} s{verdict}")
    return int(worst > BAR)


if __name__ == "__main__":
    sys.exit(main())
