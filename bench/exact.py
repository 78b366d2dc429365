"""./dev bench exact: what exact copying costs, in one run: topics of tiny batches, far log starts
and holes, and whether dense topics have become any slower for it.

Two real Kafka brokers on loopback. Tiny batches are also copied by a loop written with franz-go.
With --against or --extra-config every workload is copied by two Lockstep processes in turn, and
the ratio of the one with --extra-config to the other one is told.
"""

import argparse
import functools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "interop"))

import exact_topics as topics  # noqa: E402 - after the path is known
from bench_run import require_built, run_bench, say  # noqa: E402
from broker import BENCH_JVM, TEST_SETTINGS  # noqa: E402
from contenders import Route  # noqa: E402
from copy_run import empty_target, measure_copy, topic_bytes  # noqa: E402
from exact_report import markdown  # noqa: E402
from java_tools import digest, load  # noqa: E402
from kafka_cluster import ClusterOptions, newest_pair  # noqa: E402
from log_tail import LogTail, batch_count  # noqa: E402
from paths import ROOT, lockstep_binary  # noqa: E402
from sides import BASE, CREATES, OURS, FranzLoop, LockstepSide, build_franz  # noqa: E402
from waiting import Hopeless  # noqa: E402


@dataclass(frozen=True)
class Workload:
    title: str
    make: Callable  # (source, topic, size) to what the source topic has
    size: int
    quick_size: int
    warm_ups: int = 0  # rounds that do not count: brokers compile what they run often
    repeat: int = 1


WORKLOADS = {
    "tiny": Workload("batches of one record of 100 bytes, 1 partition", topics.make_tiny,
                     100_000, 10_000, warm_ups=3, repeat=9),
    "start": Workload("a log that starts far above 0", topics.make_far_start,
                      100_000_000, 10_000_000),
    "holes": Workload("a compacted topic with many short gaps", topics.make_many_gaps,
                      1_300_000, 130_000),
    "long-holes": Workload("a compacted topic with few long gaps", topics.make_long_gaps,
                           1_010_000, 110_000),
    "dense": Workload("1,000 random bytes per record, uncompressed, 6 partitions",
                      topics.make_dense, 2_000_000, 200_000, warm_ups=1, repeat=5),
}


class Bench:
    def __init__(self, arguments: argparse.Namespace, directory: Path, started: list):
        self.arguments = arguments
        self.load_before = os.getloadavg()[0]
        self.sides = lockstep_sides(arguments)
        with_franz = FranzLoop.name in arguments.contenders and "tiny" in arguments.only
        self.franz = FranzLoop(build_franz()) if with_franz else None
        settings = {name: value for name, value in TEST_SETTINGS.items()
                    if "delete" in name or name == "log.cleaner.backoff.ms"}
        source, target = newest_pair(directory, ClusterOptions(jvm=BENCH_JVM, settings=settings),
                                     started)
        self.route = Route(source, target, directory)

    def run(self) -> dict:
        everyone = [*self.sides, *([self.franz] if self.franz else [])]
        result = {"kafka": self.route.source.version, "quick": self.arguments.quick,
                  "load_before": self.load_before, "offsets": self.arguments.offsets,
                  "contenders": {one.name: one.describe() for one in everyone},
                  "workloads": {}}
        self._warm_up_target()
        for name in self.arguments.only:
            result["workloads"][name] = self._workload(name, WORKLOADS[name])
        return result

    def _workload(self, name: str, workload: Workload) -> dict:
        topic = f"exact-{name}"
        size = workload.quick_size if self.arguments.quick else workload.size
        say(f"({name}) making the topic: {workload.title}")
        source = workload.make(self.route.source, topic, size)
        source["bytes"] = topic_bytes(self.route.source, topic)
        say(f"  {source}")
        contenders = self._contenders(name)
        for contender in contenders * workload.warm_ups:
            self._run(contender, topic, source)
        runs = []
        for number in range(self.arguments.repeat or workload.repeat):
            for contender in contenders if number % 2 == 0 else reversed(contenders):
                runs.append(self._run(contender, topic, source) | {"round": number})
                say("  {contender}: {seconds:.2f} s, {cpu_seconds:.2f} CPU-s, target broker "
                    "{target_broker_cpu_seconds:.2f} CPU-s, others on the machine "
                    "{others_cpu_seconds:.2f} CPU-s".format(**runs[-1]))
        return {"title": workload.title, "source": source, "runs": runs}

    def _contenders(self, name: str) -> list:
        if name != "tiny":
            return self.sides
        ours = lockstep_side(CREATES, lockstep_binary(), self.arguments.offsets)
        return [*self.sides, *([ours] if self.sides else []),
                *([self.franz] if self.franz else [])]

    def _run(self, contender, topic: str, source: dict) -> dict:
        """One copy, compared with its source; the target is empty again afterwards."""
        target, is_tiny = self.route.target, topic == "exact-tiny"
        tail = LogTail(target.partition_directory(topic, 0))
        end = self.route.source.record_count(topic) if contender.keeps_offsets else \
            source["records"]
        if is_tiny and contender.name != CREATES:
            target.create_topic(topic, 1)  # the peer cannot, so nobody has to

        def is_whole() -> bool:
            is_there = not is_tiny or tail.end_offset() >= end
            return is_there and target.record_count(topic) >= end

        try:
            run = measure_copy(contender, self.route, topic, is_whole)
        except Hopeless as error:
            raise SystemExit(f"{error}\n{contender.last_words()}") from None
        run["target_bytes"] = topic_bytes(target, topic)
        run["target_batches"] = sum(
            batch_count(target.partition_directory(topic, partition))
            for partition in target.end_offsets(topic))
        if isinstance(contender, FranzLoop):
            run |= contender.figures()
        if digest(target, topic, contender.keeps_offsets) != \
                self._source_digest(topic, contender.keeps_offsets):
            raise SystemExit(f"{contender.name}: the copy of {topic} is not the source")
        empty_target(target)
        return run

    @functools.cache
    def _source_digest(self, topic: str, offsets: bool) -> dict:
        return digest(self.route.source, topic, offsets)

    def _warm_up_target(self) -> None:
        """A fresh JVM is slow: nobody shall be the first to use the target."""
        say("warming up the target broker")
        topic = self.route.target.create_topic("warm-up", 6)
        load(self.route.target, topic, 100_000, shape="random")
        empty_target(self.route.target)


def lockstep_side(name: str, binary: Path, offsets: str, extra: tuple = ()) -> LockstepSide:
    kept = {} if offsets == "preserve" else {"links.offsets": offsets}
    return LockstepSide(name, binary, kept | dict(extra))


def lockstep_sides(arguments: argparse.Namespace) -> list[LockstepSide]:
    """One, or two that are compared with each other."""
    if OURS not in arguments.contenders:
        return []
    sides = [lockstep_side(OURS, lockstep_binary(), arguments.offsets,
                           tuple(arguments.extra_config))]
    if arguments.against or arguments.extra_config:
        sides.append(lockstep_side(BASE, arguments.against or lockstep_binary(),
                                   arguments.offsets))
    return sides


def setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or "." not in key:
        raise argparse.ArgumentTypeError("must be SECTION.KEY=VALUE, as in docs/configuration.md")
    return key, value


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench exact", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--only", nargs="+", choices=list(WORKLOADS), default=None,
                        help="default: all, but dense only where two sides are compared")
    parser.add_argument("--contenders", nargs="+", choices=[OURS, FranzLoop.name],
                        default=[OURS, FranzLoop.name])
    parser.add_argument("--repeat", type=int, default=0,
                        help="runs of each; default: 9 for tiny, 5 for dense, 1 for the others")
    parser.add_argument("--offsets", choices=["preserve", "translate"], default="preserve")
    parser.add_argument("--against", type=lambda path: Path(path).resolve(), metavar="BINARY",
                        help="another lockstep, to be compared with")
    parser.add_argument("--extra-config", type=setting, action="append", default=[],
                        metavar="KEY=VALUE", help="a setting that the other side does not have, "
                        "such as limits.in_flight=16MiB; may be given several times")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench",
                        help="where exact.md and exact.json go")
    arguments = parser.parse_args(words)
    if arguments.only is None:
        has_two = arguments.against or arguments.extra_config
        arguments.only = [name for name in WORKLOADS if has_two or name != "dense"]
    return arguments


def main() -> int:
    arguments = parse(sys.argv[1:])
    if OURS in arguments.contenders:
        require_built(*filter(None, (lockstep_binary(), arguments.against)))
    run_bench("exact", arguments, Bench, markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
