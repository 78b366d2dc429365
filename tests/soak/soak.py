"""./dev soak: Lockstep between two real Kafka clusters, with live writers and a fault every few
seconds; at the end every record is held against what was written.

Exit code 0: nothing lost, doubled, reordered or changed, and the copy was in step within
LAG_SECONDS after the last fault. On failure the clusters' data and all logs are kept.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

from faults import FaultOptions, Faults  # noqa: E402 - after the path is known
from field import Field, Options  # noqa: E402
from java_tools import digest  # noqa: E402
from judge import KINDS, TopicJudge, Verdict  # noqa: E402
from lag import Lag  # noqa: E402
from lockstep import run_cli  # noqa: E402
from paths import KAFKA_VERSIONS  # noqa: E402
from workload import TOPICS, Truth  # noqa: E402
from writers import writers_for  # noqa: E402

LAG_SECONDS = 120  # after the last fault until the copy must be in step
WRITERS_SECONDS = 180  # until all is acknowledged; longer than a broker may be away
LOG_TAIL = 60  # lines
EXIT_GOOD, EXIT_BAD, EXIT_INTERRUPTED = 0, 1, 130


class Soak:
    """One run. `run()`; what it found is in `verdicts` and `problems`."""

    def __init__(self, directory: Path, arguments: argparse.Namespace):
        self.arguments = arguments
        self.verdicts: list[Verdict] = []
        self.problems: list[str] = []
        self.seconds_to_step: float | None = None
        self.faults: Faults | None = None
        self.lag: Lag | None = None
        self.verified: str | None = None
        self._plans = [plan for plan in TOPICS if plan.name in arguments.topics]
        chance = random.Random(f"topics {arguments.seed}")
        self.target_keeps_all = chance.random() < 0.5  # of compacted topics
        self.field = Field(directory, Options(arguments.version, arguments.offsets,
                                              *arguments.brokers, arguments.workers))
        self._writers = {plan.name: writers_for(self.field.source.bootstrap, plan, arguments.seed)
                         for plan in self._plans}

    @property
    def is_good(self) -> bool:
        return not self.problems and bool(self.verdicts) and all(v.is_good for v in self.verdicts)

    def run(self) -> None:
        names = [plan.name for plan in self._plans]
        say(f"seed {self.arguments.seed}: starting {' + '.join(map(str, self.arguments.brokers))} "
            f"brokers of Kafka {self.arguments.version} below {self.field.directory}")
        self.field.start()
        for plan in self._plans:
            self.field.create(plan, self.target_keeps_all)
        self.field.start_workers(names)
        writers = [writer for ours in self._writers.values() for writer in ours]
        for writer in writers:
            writer.start()
        self.lag = Lag(self.field, names)
        self.lag.start()
        say(f"{len(writers)} writers, {len(names)} topics, {self.arguments.workers} workers")
        try:
            self._harm()
            for writer in writers:
                writer.stop()
            self.problems += filter(None, [writer.join(WRITERS_SECONDS) for writer in writers])
            self._wait_in_step(names)
        finally:
            self.lag.stop()
        self._judge()

    def _harm(self) -> None:
        raised = [plan.name for plan in self._plans
                  if plan.starts_high and self.arguments.offsets == "preserve"]
        self.faults = Faults(self.field, FaultOptions(self.arguments.seed, self.arguments.suspend,
                                                      self.arguments.faults, raised))
        ends = time.monotonic() + self.arguments.minutes * 60
        while time.monotonic() < ends:
            self.faults.tick()
            if self.lag.is_due():
                say(f"lag: {self.lag.line()}")
            time.sleep(0.1)
        say("no more faults; waiting until all are healed")
        self.faults.heal()

    def _wait_in_step(self, names: list[str]) -> None:
        begun = time.monotonic()
        while behind := self.lag.behind(names):
            for worker in self.field.workers:
                worker.require_running()
            if time.monotonic() - begun > LAG_SECONDS:
                self.problems.append(f"not in step within {LAG_SECONDS} s: {behind}")
                return
            time.sleep(0.5)
        self.seconds_to_step = round(time.monotonic() - begun, 1)
        say(f"in step {self.seconds_to_step} s after the last record")

    def _judge(self) -> None:
        source, target = self.field.source, self.field.target
        for plan in self._plans:
            truths = [writer.truth for writer in self._writers[plan.name]]
            judge = TopicJudge(plan, truths, self.arguments.offsets == "translate")
            verdict = judge.judge(source, target, self.target_keeps_all)
            self.verdicts.append(verdict)
            say(f"judged {plan.name}: {verdict.records} records, "
                f"{'good' if verdict.is_good else dict(verdict.counts)}")
            if not plan.is_compacted and not (seen := digest(target, plan.name)) == judge.digests:
                self.problems.append(f"{plan.name}: Java reads {seen} on the target, but "
                                     f"{judge.digests} is at the source")
        self._verify()
        self.problems += [f"blocked without a reason: {what}" for what in self.lag.blocked
                          if "has lost offsets" in what]

    def _verify(self) -> None:
        """Lockstep's own proof has to come to the same result."""
        done = run_cli("verify", "-c", self.field.workers[0].config, timeout=300)
        self.verified = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
        if done.returncode != 0:
            self.problems.append(f"lockstep verify: exit code {done.returncode}\n"
                                 f"{done.stdout[-2000:]}{done.stderr[-2000:]}")

    # ---- what is told ----

    def report(self) -> dict:
        writers = [writer for ours in self._writers.values() for writer in ours]
        return {
            "good": self.is_good, "seed": self.arguments.seed, "offsets": self.arguments.offsets,
            "version": self.arguments.version, "minutes": self.arguments.minutes,
            "brokers": self.arguments.brokers, "workers": self.arguments.workers,
            "compacted_copy_keeps_all": self.target_keeps_all,
            "topics": [verdict.report() for verdict in self.verdicts],
            "transactions": self._transactions(),
            "producers_replaced": sum(writer.restarts for writer in writers),
            "faults": dict(self.faults.counts) if self.faults else {},
            "events": self.faults.events if self.faults else [],
            "longest_lag_seconds": self.lag.longest_seconds if self.lag else {},
            "blocked_meanwhile": self.lag.blocked if self.lag else [],
            "in_step_after_seconds": self.seconds_to_step, "verify": self.verified,
            "problems": self.problems,
        }

    def _transactions(self) -> dict[str, int]:
        ends = {Truth.COMMITTED: "committed", Truth.ABORTED: "aborted", Truth.OPEN: "unknown"}
        counts = dict.fromkeys(ends.values(), 0)
        for plan in self._plans:
            for writer in self._writers[plan.name] if plan.is_transactional else ():
                for outcome, count in writer.counts.items():
                    counts[ends[outcome]] += count
        return counts

    def show(self, report: dict) -> None:
        lags = report["longest_lag_seconds"]
        print(f"\n{'topic':<14}{'written':>9}{'seen':>9}" + "".join(f"{k:>11}" for k in KINDS)
              + f"{'lag':>9}")
        for verdict in self.verdicts:
            print(f"{verdict.topic:<14}{verdict.written:>9}{verdict.records:>9}"
                  + "".join(f"{verdict.counts[kind]:>11}" for kind in KINDS)
                  + f"{lags[verdict.topic]:>7} s"
                  + (f"  ({verdict.note})" if verdict.note else ""))
        print("\nfaults: " + (", ".join(f"{n} x {k}" for k, n in sorted(report["faults"].items()))
                              or "none"))
        print(f"transactions: {report['transactions']}; producers replaced: "
              f"{report['producers_replaced']}; compacted copy keeps all: {self.target_keeps_all}")
        print(f"in step {self.seconds_to_step} s after the last record; verify: {self.verified}")
        print(f"blocked meanwhile: {report['blocked_meanwhile'] or 'never'}")
        print("GOOD" if self.is_good else "BAD", f"seed {self.arguments.seed}", flush=True)

    def show_failure(self) -> None:
        print("\n--- faults")
        for event in self.faults.events if self.faults else []:
            print(f"{event['clock']} {event['seconds']:7.1f} s  {event['what']}")
        for worker in self.field.workers:
            print(f"\n--- {worker.config}, status")
            if worker.is_running():
                answer = worker.get("/api/v1/status")
                whole = json.loads(answer.text) if answer.text.startswith("{") else {"links": []}
                for partition in (p for link in whole["links"] for p in link["partitions"]):
                    print(json.dumps(partition))
            print(f"--- {worker.log}, its end")
            print("\n".join(worker.log_text().splitlines()[-LOG_TAIL:]))
        print("\n--- problems")
        for problem in [*self.problems, *(e for v in self.verdicts for e in v.examples)]:
            print(problem)
        print(f"\neverything is kept below {self.field.directory}", flush=True)


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


def parse(words: list[str] | None = None) -> argparse.Namespace:
    names = [plan.name for plan in TOPICS]
    parser = argparse.ArgumentParser(prog="dev soak", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=15, help="of faults; 15")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31),
                        help="of faults and transactions; a random one")
    parser.add_argument("--offsets", choices=("preserve", "translate"), default="preserve")
    parser.add_argument("--version", choices=KAFKA_VERSIONS, default=KAFKA_VERSIONS[0])
    parser.add_argument("--brokers", type=int, nargs=2, default=(3, 3),
                        metavar=("SOURCE", "TARGET"), help="3 3")
    parser.add_argument("--workers", type=int, default=2, help="lockstep processes of the link; 2")
    parser.add_argument("--suspend", type=float, default=40, help="seconds of a SIGSTOP; 40")
    parser.add_argument("--topics", nargs="+", choices=names, default=names)
    parser.add_argument("--faults", nargs="+", help="only these kinds, like 'kill lockstep'")
    parser.add_argument("--out", type=Path, help="a file for the report, as JSON")
    parser.add_argument("--keep", action="store_true", help="data and logs, even if all is good")
    parser.add_argument("--directory", type=Path, help="for data and logs; a temporary one")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    arguments = parse(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    directory = Path(tempfile.mkdtemp(prefix="lockstep-soak-", dir=arguments.directory))
    soak = Soak(directory, arguments)
    try:
        try:
            soak.run()
        except KeyboardInterrupt:
            return EXIT_INTERRUPTED
        except Exception as error:  # noqa: BLE001 - told like any other problem
            traceback.print_exc()
            soak.problems.append(repr(error))
        report = soak.report()
        soak.show(report)
        if arguments.out:
            arguments.out.write_text(json.dumps(report, indent=1) + "\n")
        if not soak.is_good:
            soak.show_failure()
        return EXIT_GOOD if soak.is_good else EXIT_BAD
    finally:
        soak.field.stop()
        if soak.is_good and not arguments.keep:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
