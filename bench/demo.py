"""./dev demo --real: two real Kafka clusters, a steady producer, Lockstep, and what they say.

Offsets are asked of the clusters themselves, not of Lockstep. Everything that is started here ends
with the demo: at the end of --seconds, on Ctrl-C, on SIGTERM, and even when the demo is killed.
"""

import argparse
import json
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "interop"))

from broker import TEST_JVM  # noqa: E402 - after the path is known
from kafka_cluster import ClusterOptions, KafkaCluster, newest_pair  # noqa: E402
from lockstep import Link, Lockstep  # noqa: E402
from processes import cpu_seconds, memory_kib  # noqa: E402
from records import producer  # noqa: E402
from waiting import Hopeless  # noqa: E402

TOPICS = ("orders", "payments")
PARTITIONS = 3
RECORDS_PER_SECOND = 1000
REFRESH_SECONDS = 1.0
CLEAR = "\033[H\033[J"


class Stop(Exception):
    """The user, or the system, wants an end."""


class Orders:
    """The producer: a steady stream of small JSON records, in a thread of its own."""

    def __init__(self, cluster: KafkaCluster):
        self._client = producer(cluster, compression_type="lz4")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._client.flush(5)

    def _run(self) -> None:
        sent, started = 0, time.monotonic()
        while not self._stop.wait(0.005):
            due = int((time.monotonic() - started) * RECORDS_PER_SECOND)
            while sent < due:
                record = {"id": sent, "amount": round(random.uniform(1, 500), 2),
                          "customer": f"c-{random.randrange(10_000)}"}
                self._client.produce(TOPICS[sent % len(TOPICS)], json.dumps(record),
                                     key=record["customer"])
                sent += 1
            self._client.poll(0)


class View:
    """What is shown: one table that is redrawn on a terminal, one line per second elsewhere."""

    def __init__(self, east: KafkaCluster, west: KafkaCluster, lockstep: Lockstep):
        self._east, self._west, self._lockstep = east, west, lockstep
        self._started = time.monotonic()
        self._last: tuple[float, dict] | None = None

    def show(self) -> None:
        rows = self._rows()
        text = self._table(rows) if sys.stdout.isatty() else self._line(rows)
        print(text, flush=True)

    def _rows(self) -> list[dict]:
        known = {(p["topic"], p["partition"]): p for p in self._lockstep.status()["partitions"]}
        rows = []
        for topic in TOPICS:
            # The target first: so lag is never less than it is.
            target, source = self._west.end_offsets(topic), self._east.end_offsets(topic)
            for partition, end in sorted(source.items()):
                state = known.get((topic, partition), {}).get("state", "starting")
                rows.append({"topic": topic, "partition": partition, "source": end,
                             "target": target.get(partition, 0), "state": state})
        now = time.monotonic()
        before, ends = self._last or (now, {})
        self._last = now, {(r["topic"], r["partition"]): r["target"] for r in rows}
        for row in rows:
            copied = row["target"] - ends.get((row["topic"], row["partition"]), row["target"])
            row["rate"] = copied / (now - before) if now > before else 0
        return rows

    def _table(self, rows: list[dict]) -> str:
        pid = self._lockstep.pid
        lines = [f"Lockstep demo, {time.monotonic() - self._started:.0f} s. Ctrl-C ends it.", "",
                 f"  east  {self._east.bootstrap}   Kafka {self._east.version}, written to by a "
                 f"producer, {RECORDS_PER_SECOND:,} records/s",
                 f"  west  {self._west.bootstrap}   Kafka {self._west.version}, the copy", "",
                 f"  {'TOPIC':<10}{'PART':>4}{'EAST END':>13}{'WEST END':>13}{'LAG':>8}"
                 f"{'RECORDS/S':>11}  STATE"]
        for r in rows:
            lines.append(f"  {r['topic']:<10}{r['partition']:>4}{r['source']:>13,}"
                         f"{r['target']:>13,}{r['source'] - r['target']:>8,}{r['rate']:>11,.0f}"
                         f"  {r['state']}")
        lines += ["", f"  lockstep: process {pid}, {memory_kib(pid) / 1024:.0f} MB, "
                      f"{cpu_seconds(pid):.2f} CPU-s so far; {self._lockstep.url}/metrics",
                  f"  ask it yourself: lockstep status --url {self._lockstep.url}"]
        return CLEAR + "\n".join(lines)

    def _line(self, rows: list[dict]) -> str:
        source, target = (sum(row[side] for row in rows) for side in ("source", "target"))
        running = sum(row["state"] == "running" for row in rows)
        return (f"{time.monotonic() - self._started:4.0f} s  east {source:,}  west {target:,}  "
                f"lag {source - target:,}  {sum(row['rate'] for row in rows):,.0f} records/s  "
                f"{running}/{len(rows)} partitions running")


def run(directory: Path, seconds: float) -> None:
    print("starting two Kafka clusters on loopback ...", flush=True)
    started: list = []
    try:
        east, west = newest_pair(directory, ClusterOptions(jvm=TEST_JVM), started)
        for topic in TOPICS:
            east.create_topic(topic, PARTITIONS)
        orders = Orders(east)
        started.append(orders)
        lockstep = Lockstep(directory, Link(east, west, list(TOPICS)))
        started.append(lockstep)
        lockstep.start()
        view = View(east, west, lockstep)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            lockstep.require_running()
            view.show()
            time.sleep(REFRESH_SECONDS)
    finally:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, signal.SIG_IGN)  # ending has begun: do not interrupt it
        for each in reversed(started):
            each.stop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev demo --real", description=__doc__)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="default: until Ctrl-C")
    seconds = parser.parse_args().seconds

    def stop(*_):
        raise Stop

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, stop)
    with tempfile.TemporaryDirectory(prefix="lockstep-demo-", ignore_cleanup_errors=True) as home:
        try:
            run(Path(home), seconds)
        except Stop:
            pass
        except (Hopeless, AssertionError) as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
    print("stopped everything that was started", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
