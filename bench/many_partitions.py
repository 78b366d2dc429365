"""./dev bench many_partitions: what thousands of partitions cost one process, most of them idle.

It measures one process that follows 5,000 partitions of 500 topics,
nearly all of them idle, and MirrorMaker 2 (as it comes) with the same partitions in the same
run, each with a target cluster of its own that nobody has used before. Each partition has one
record; once the target has all of them, and Lockstep has proved them:

- memory: the peak (VmHWM) and at the end (VmRSS), of the kernel;
- idle CPU: /proc/PID/stat over --idle-seconds (60) in which nothing is written; for
  Lockstep once more while /metrics is asked for every 15 s;
- a new record: --records (1,000) single ones, one after the other with random pauses up to
  100 ms, each to a random one of 250 partitions that were drawn by lot, from produce() until
  a consumer of these partitions at the target has it from poll(). The same is measured with
  the consumer at the source first: what brokers and clients take of it by themselves.

--partitions, --topics, --heap (of each broker, 2 GB), --patience (seconds until all has
to be followed) and --contenders choose; --out as above. What a contender does not follow in
time is said, and its latency is left out. "CPU of others" is what the machine did for anyone
else meanwhile.
"""

import argparse
import os
import random
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "interop"))

from bench_run import require_built, run_bench, say  # noqa: E402 - after the path is known
from broker import BENCH_JVM, TEST_SETTINGS  # noqa: E402
from confluent_kafka import Producer  # noqa: E402
from confluent_kafka.admin import NewTopic  # noqa: E402
from contenders import MirrorMaker2, Route  # noqa: E402
from copy_run import busy_seconds  # noqa: E402
from kafka_cluster import ClusterOptions, KafkaCluster, start_together  # noqa: E402
from lockstep import Link, Lockstep  # noqa: E402
from many_report import markdown  # noqa: E402
from paths import NEWEST_KAFKA, ROOT, lockstep_binary  # noqa: E402
from processes import cpu_seconds, end, memory_kib  # noqa: E402
from single_records import SingleRecords, log_ends  # noqa: E402
from topic_admin import CLIENT, TIMEOUT  # noqa: E402
from waiting import Hopeless, eventually  # noqa: E402

PATTERN = "many-.*"
TOPICS_AT_ONCE = 50  # that are created by one request
PROBED_PARTITIONS = 250
WARM_UP_RECORDS = 100
SCRAPE_SECONDS = 15  # as Prometheus asks, by default of most


class LockstepIdle:
    """One link with the defaults."""

    name = "lockstep"

    def __init__(self) -> None:
        self._lockstep: Lockstep | None = None

    def start(self, route: Route):
        link = Link(route.source, route.target, [PATTERN], offsets="auto")
        self._lockstep = Lockstep(route.directory, link).start(wait_ready=False)
        return self._lockstep.process

    def target_topic(self, topic: str) -> str:
        return topic

    def wait_settled(self) -> None:
        """Until the copies are proved, too: that is work that ends."""
        def are_proved() -> bool:
            return all((partition["verified"] or {}).get("to") == partition["next_offset"]
                       for partition in self._lockstep.status()["partitions"])

        eventually(are_proved, "all copies are proved", 300, interval=5)

    def scrape(self) -> None:
        """What Prometheus does."""
        answer = self._lockstep.get("/metrics")
        if answer.code != 200:
            raise Hopeless(f"/metrics says {answer.code}")


class MirrorMaker2Idle(MirrorMaker2):
    def __init__(self) -> None:
        super().__init__("mirrormaker2")

    def start(self, route: Route):
        return super().start(route, PATTERN)

    def wait_settled(self) -> None:
        pass


class Bench:
    def __init__(self, arguments: argparse.Namespace, directory: Path, started: list):
        self.arguments = arguments
        self._directory = directory
        self._started = started
        self._load_before = os.getloadavg()[0]
        per_topic = arguments.partitions // arguments.topics
        self._topics = [f"many-{number:05}" for number in range(arguments.topics)]
        self._partitions = [(topic, index) for topic in self._topics for index in range(per_topic)]
        self._source = self._cluster("east")

    def run(self) -> dict:
        start_together(self._source)
        say(f"creating {len(self._topics):,} topics with {len(self._partitions):,} partitions")
        self._create_topics()
        self._write_first_records()
        probe = SingleRecords(self._source, random.sample(
            self._partitions, min(PROBED_PARTITIONS, len(self._partitions))))
        result = {"kafka": NEWEST_KAFKA, "quick": False, "load_before": self._load_before,
                  "topics": len(self._topics), "partitions": len(self._partitions),
                  "heap": self.arguments.heap, "idle_seconds": self.arguments.idle_seconds,
                  "source": probe.measure(self._source, lambda topic: topic,
                                          self.arguments.records, WARM_UP_RECORDS), "runs": []}
        say(f"a consumer on the source itself: {shown(result['source'])}")
        for contender in [LockstepIdle(), MirrorMaker2Idle()]:
            if contender.name in self.arguments.contenders:
                result["runs"].append(self._measure(contender, probe))
        return result

    def _measure(self, contender, probe: SingleRecords) -> dict:
        target = self._cluster(f"west-{contender.name}")
        start_together(target)
        route = Route(self._source, target, self._directory)
        process = contender.start(route)
        try:
            run = {"contender": contender.name,
                   **self._wait_followed(contender, target, process)}
            contender.wait_settled()
            run |= self._idle(contender, process, target)
            if run["followed"] == len(self._partitions):
                run |= probe.measure(target, contender.target_topic, self.arguments.records,
                                     WARM_UP_RECORDS)
            run["peak_rss_mb"] = memory_kib(process.pid, "VmHWM") / 1024
            run["rss_mb"] = memory_kib(process.pid) / 1024
        finally:
            end(process, signal.SIGKILL)
            target.remove()
        say(f"{contender.name}: {shown(run)}")
        return run

    def _wait_followed(self, contender, target: KafkaCluster, process) -> dict:
        """Until all first records are there, or patience ends; how many are, and after how long."""
        began = time.monotonic()
        ends = log_ends(self._source, self._partitions)
        wanted = {(contender.target_topic(topic), index): end
                  for (topic, index), end in ends.items()}
        followed = 0
        while followed < len(wanted) and time.monotonic() < began + self.arguments.patience:
            if process.poll() is not None:
                raise Hopeless(f"{contender.name} ended with {process.returncode}")
            time.sleep(1)
            followed = count_followed(target, wanted)
        seconds = time.monotonic() - began
        say(f"  {contender.name} follows {followed:,} of {len(wanted):,} after {seconds:.0f} s")
        return {"followed": followed, "followed_seconds": seconds,
                "start_cpu_seconds": cpu_seconds(process.pid)}

    def _idle(self, contender, process, target: KafkaCluster) -> dict:
        """CPU in percent of a core, of the contender and of both brokers, while nothing happens."""
        time.sleep(self.arguments.settle_seconds)
        measured = self._watch(process, target, lambda: None)
        if hasattr(contender, "scrape"):
            scraped = self._watch(process, target, contender.scrape)
            measured["scraped_cpu_percent"] = scraped["idle_cpu_percent"]
        return measured

    def _watch(self, process, target: KafkaCluster, each_scrape) -> dict:
        pids = {"idle_cpu_percent": process.pid,
                "source_broker_cpu_percent": self._source.brokers[0].pid,
                "target_broker_cpu_percent": target.brokers[0].pid}
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        own_before, busy_before = cpu_seconds(os.getpid()), busy_seconds()
        began = time.monotonic()
        while time.monotonic() < began + self.arguments.idle_seconds:
            each_scrape()
            time.sleep(min(SCRAPE_SECONDS, self.arguments.idle_seconds))
        seconds = time.monotonic() - began
        used = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
        others = (busy_seconds() - busy_before - sum(used.values())
                  - (cpu_seconds(os.getpid()) - own_before))
        return {name: 100 * cpu / seconds for name, cpu in used.items()} | {
            "others_cpu_percent": max(0.0, 100 * others / seconds)}

    def _create_topics(self) -> None:
        per_topic = len(self._partitions) // len(self._topics)
        for first in range(0, len(self._topics), TOPICS_AT_ONCE):
            created = self._source.admin.create_topics(
                [NewTopic(name, per_topic, 1)
                 for name in self._topics[first:first + TOPICS_AT_ONCE]],
                operation_timeout=TIMEOUT, request_timeout=TIMEOUT)
            for future in created.values():
                future.result(2 * TIMEOUT)
        eventually(self._are_all_led, "all partitions have leaders", 120, interval=1)

    def _are_all_led(self) -> bool:
        there = self._source.admin.list_topics(timeout=TIMEOUT).topics
        return all(name in there and all(partition.leader >= 0 for partition
                                         in there[name].partitions.values())
                   for name in self._topics)

    def _write_first_records(self) -> None:
        failures: list = []
        producer = Producer(CLIENT | {"bootstrap.servers": self._source.bootstrap,
                                      "linger.ms": 100, "acks": "all"})
        for topic, index in self._partitions:
            producer.produce(topic, random.randbytes(100), partition=index,
                             on_delivery=lambda error, _: error and failures.append(error))
        if producer.flush(2 * TIMEOUT) > 0 or failures:
            raise Hopeless(f"the first records were not written: {failures[:1]}")

    def _cluster(self, name: str) -> KafkaCluster:
        heap = (f"-Xms{self.arguments.heap}", f"-Xmx{self.arguments.heap}")
        settings = {key: value for key, value in TEST_SETTINGS.items() if "delete" in key}
        cluster = KafkaCluster(NEWEST_KAFKA, name, self._directory,
                               ClusterOptions(jvm=(*heap, *BENCH_JVM[2:]), settings=settings))
        self._started.append(cluster)
        return cluster


def count_followed(target: KafkaCluster, wanted: dict) -> int:
    """How many of the partitions are there, and end where they have to."""
    there = target.topics()
    known = [(topic, index) for topic, index in wanted if index < there.get(topic, 0)]
    try:
        ends = log_ends(target, known) if known else {}
    except Exception:  # noqa: BLE001 - one of so many new ones has no leader yet
        return 0
    return sum(ends[each] >= wanted[each] for each in known)


def shown(run: dict) -> str:
    return ", ".join(f"{name} {value:.2f}" if isinstance(value, float) else f"{name} {value}"
                     for name, value in run.items() if name != "contender")


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench many_partitions", description=__doc__)
    parser.add_argument("--partitions", type=int, default=5000, help="in all")
    parser.add_argument("--topics", type=int, default=500, help="that have them")
    parser.add_argument("--records", type=int, default=1000, help="single ones, for the latency")
    parser.add_argument("--idle-seconds", type=int, default=60)
    parser.add_argument("--settle-seconds", type=int, default=15, help="before that")
    parser.add_argument("--patience", type=int, default=600,
                        help="seconds until all has to be followed")
    parser.add_argument("--heap", default="2g", help="of each broker")
    parser.add_argument("--contenders", nargs="+", default=["lockstep", "mirrormaker2"],
                        choices=["lockstep", "mirrormaker2"])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench",
                        help="where many_partitions.md and many_partitions.json go")
    arguments = parser.parse_args(words)
    if arguments.partitions % arguments.topics:
        parser.error("each topic has to have as many partitions as the others")
    return arguments


def main() -> int:
    arguments = parse(sys.argv[1:])
    if "lockstep" in arguments.contenders:
        require_built(lockstep_binary())
    run_bench("many_partitions", arguments, Bench, markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
