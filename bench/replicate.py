"""./dev bench replicate: Lockstep, MirrorMaker 2 and a TCP relay on the same data, in one run.

Two real Kafka brokers on loopback; the source's topics are produced once, by the Java producer with
its default settings, and copied by every contender in turn.
"""

import argparse
import os
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "interop"))

from bench_run import require_built, run_bench, say  # noqa: E402 - after the path is known
from broker import BENCH_JVM, TEST_SETTINGS  # noqa: E402
from contenders import LockstepContender, MirrorMaker2, Route  # noqa: E402
from copy_run import empty_target, measure_copy, topic_bytes  # noqa: E402
from java_tools import FAST_JVM, digest, load, run_helper  # noqa: E402
from kafka_cluster import ClusterOptions, newest_pair  # noqa: E402
from paths import ROOT, lockstep_binary  # noqa: E402
from processes import end  # noqa: E402
from relay_floor import compile_relay, measure_relay  # noqa: E402
from report import markdown  # noqa: E402
from waiting import eventually  # noqa: E402

PARTITIONS = 6
WORKLOADS = {
    "a": {"title": "1,000 random bytes per record, uncompressed", "records": 2_000_000,
          "shape": "random", "codec": "none"},
    "b": {"title": "JSON records of about 150 bytes, lz4", "records": 5_000_000,
          "shape": "json", "codec": "lz4"},
}
LATENCY_RATE = 1000  # records per second
LATENCY_SIZE = 100  # bytes per record


class Bench:
    def __init__(self, arguments: argparse.Namespace, directory: Path, started: list):
        self.arguments = arguments
        self.load_before = os.getloadavg()[0]
        self.contenders = [MirrorMaker2("mirrormaker2"), MirrorMaker2("mirrormaker2-tuned", True),
                           LockstepContender()]
        self.contenders = [c for c in self.contenders if c.name in arguments.contenders]
        settings = {name: value for name, value in TEST_SETTINGS.items() if "delete" in name}
        options = ClusterOptions(jvm=BENCH_JVM, settings=settings)
        source, target = newest_pair(directory, options, started)
        self.route = Route(source, target, directory)

    def run(self) -> dict:
        result = {"kafka": self.route.source.version, "quick": self.arguments.quick,
                  "load_before": self.load_before, "partitions": PARTITIONS,
                  "workloads": {}, "latency": {}}
        self._warm_up_target()
        for name in self.arguments.only:
            if name in WORKLOADS:
                result["workloads"][name] = self._workload(name, WORKLOADS[name])
            else:
                result["latency"] = self._latency()
        return result

    def _workload(self, name: str, workload: dict) -> dict:
        topic = f"bench-{name}"
        records = workload["records"] // (10 if self.arguments.quick else 1)
        say(f"({name}) producing {records:,} records: {workload['title']}")
        self.route.source.create_topic(topic, PARTITIONS)
        load(self.route.source, topic, records, shape=workload["shape"], codec=workload["codec"])
        expected = digest(self.route.source, topic)
        size = topic_bytes(self.route.source, topic)
        relay = measure_relay(compile_relay(ROOT), size)
        say(f"({name}) tcp relay: {relay['seconds']:.1f} s, {relay['cpu_seconds']:.2f} CPU-s")
        runs = [run for contender in self.contenders
                for run in self._copies(contender, topic, expected)]
        return workload | {"records": records, "bytes": size, "relay": relay, "runs": runs}

    def _copies(self, contender, topic: str, expected: dict) -> list[dict]:
        """The runs of a contender; Lockstep's are so short that it takes the median of several."""
        is_lockstep = contender.name == LockstepContender.name
        runs = []
        for _ in range(self.arguments.repeat if is_lockstep else 1):
            runs.append(measure_copy(contender, self.route, topic))
            say("  {contender}: {seconds:.1f} s, {cpu_seconds:.2f} CPU-s, {peak_rss_mb:.0f} MB, "
                "first record after {first_record_seconds:.2f} s".format(**runs[-1]))
            copied = contender.target_topic(topic)
            if is_lockstep:
                same = digest(self.route.target, copied) == expected
                runs[-1]["content_equal"] = same
                if not same:
                    raise SystemExit(f"{contender.name}: the copy of {topic} is not the source")
            empty_target(self.route.target)
        runs.sort(key=lambda run: run["cpu_seconds"])
        middle = runs[len(runs) // 2]
        middle["all_cpu_seconds"] = [round(run["cpu_seconds"], 2) for run in runs]
        middle["all_seconds"] = [round(run["seconds"], 2) for run in runs]
        middle["seconds"] = statistics.median(run["seconds"] for run in runs)
        middle["peak_rss_mb"] = max(run["peak_rss_mb"] for run in runs)
        return [middle]

    def _latency(self) -> dict:
        topic = "bench-latency"
        self.route.source.create_topic(topic, PARTITIONS)
        measured = {"source": self._latency_of(topic, self.route.source, topic)}
        say(f"(c) a consumer on the source itself: {measured['source']}")
        for contender in self.contenders:
            process = contender.start(self.route, topic)
            try:
                copy = contender.target_topic(topic)
                expected = self.route.source.record_count(topic)
                eventually(lambda c=copy, n=expected: self.route.target.record_count(c) >= n,
                           f"{contender.name} has caught up", 120, interval=0.2)
                measured[contender.name] = self._latency_of(topic, self.route.target, copy)
                say(f"(c) {contender.name}: {measured[contender.name]}")
            finally:
                end(process, 9)
            empty_target(self.route.target)
        return measured

    def _latency_of(self, topic: str, target, target_topic: str) -> dict:
        seconds = 5 if self.arguments.quick else 20
        return run_helper("Latency", FAST_JVM, source=self.route.source.bootstrap, topic=topic,
                          target=target.bootstrap, target_topic=target_topic, rate=LATENCY_RATE,
                          size=LATENCY_SIZE, seconds=seconds, warmup=seconds * 2)

    def _warm_up_target(self) -> None:
        """A fresh JVM is slow: nobody shall be the first to use the target."""
        say("warming up the target broker")
        for name, workload in WORKLOADS.items():
            topic = self.route.target.create_topic(f"warm-up-{name}", PARTITIONS)
            load(self.route.target, topic, workload["records"] // 20, shape=workload["shape"],
                 codec=workload["codec"])
        empty_target(self.route.target)


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench replicate", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the records")
    parser.add_argument("--only", nargs="+", choices=["a", "b", "c"], default=["a", "b", "c"])
    parser.add_argument("--contenders", nargs="+",
                        default=["mirrormaker2", "mirrormaker2-tuned", "lockstep"])
    parser.add_argument("--repeat", type=int, default=3, help="runs of lockstep, for a median")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench",
                        help="where replicate.md and replicate.json go")
    return parser.parse_args(words)


def main() -> int:
    arguments = parse(sys.argv[1:])
    if "lockstep" in arguments.contenders:
        require_built(lockstep_binary())
    run_bench("replicate", arguments, Bench, markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
