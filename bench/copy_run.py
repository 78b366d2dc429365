"""One measured copy: a contender, a topic, a stopwatch, and the kernel's figures."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from contenders import Route
from kafka_cluster import KafkaCluster
from processes import CLOCK_TICKS, cpu_seconds, end, memory_kib
from waiting import Hopeless, eventually

COPY_TIMEOUT = 300  # seconds
POLL_SECONDS = (0.005, 0.25)  # bounds of a hundredth of the time that has passed


def topic_bytes(cluster: KafkaCluster, topic: str) -> int:
    """The size of a topic's log on the disk of the cluster's first broker."""
    return sum(segment.stat().st_size for segment in _segments(cluster, topic))


def empty_target(target: KafkaCluster) -> None:
    """Deletes every topic a contender can have made, and waits until the disk is free again."""
    topics = target.topics()
    for topic in topics:
        target.delete_topic(topic)
    data = target.brokers[0].data
    eventually(lambda: not any(next(data.glob(f"{topic}-*"), None) for topic in topics),
               "deleted topics are gone from the disk", 60, interval=0.1)


def measure_copy(contender, route: Route, topic: str,
                 is_whole: Callable[[], bool] | None = None) -> dict:
    """Runs the contender until the copy is whole: the target's log ends where the source's does,
    if nothing else is said."""
    total = route.source.record_count(topic)
    brokers = {"source_broker": route.source.brokers[0].pid,
               "target_broker": route.target.brokers[0].pid}
    cpu_before = {name: cpu_seconds(pid) for name, pid in brokers.items()}
    others_before = busy_seconds() - sum(cpu_before.values()) - cpu_seconds(os.getpid())
    started = time.monotonic()
    process = contender.start(route, topic)
    try:
        copy = contender.target_topic(topic)
        _wait(process, started, lambda: topic_bytes(route.target, copy) > 0)
        first = time.monotonic() - started
        _wait(process, started,
              is_whole or (lambda: route.target.record_count(copy) >= total))
        seconds = time.monotonic() - started
        measured = {
            "contender": contender.name,
            "records": route.target.record_count(copy),
            "seconds": seconds,
            "first_record_seconds": first,
            "cpu_seconds": cpu_seconds(process.pid),
            "peak_rss_mb": memory_kib(process.pid, "VmHWM") / 1024,
            "mb_per_second": topic_bytes(route.source, topic) / 1e6 / seconds,
        }
        for name, pid in brokers.items():
            measured[f"{name}_cpu_seconds"] = cpu_seconds(pid) - cpu_before[name]
        ours = sum(map(cpu_seconds, [*brokers.values(), process.pid, os.getpid()]))
        measured["others_cpu_seconds"] = max(0.0, busy_seconds() - ours - others_before)
        return measured
    finally:
        end(process, signal.SIGKILL)


def _wait(process, started: float, check) -> None:
    """Until `check` is true. Looks often enough for 1 % of precision, too seldom to cost."""
    while not check():
        elapsed = time.monotonic() - started
        if process.poll() is not None:
            raise Hopeless(f"{process.args[4:8]} ended with {process.returncode}")
        if elapsed > COPY_TIMEOUT:
            raise Hopeless(f"{process.args[4:8]} did not copy all in {COPY_TIMEOUT} s")
        time.sleep(min(max(POLL_SECONDS[0], elapsed / 100), POLL_SECONDS[1]))


def busy_seconds() -> float:
    """What all processors of the machine have been busy for since it came up."""
    words = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    user, nice, system, _idle, _wait, interrupts, soft_interrupts, stolen = map(int, words[:8])
    return (user + nice + system + interrupts + soft_interrupts + stolen) / CLOCK_TICKS


def _segments(cluster: KafkaCluster, topic: str) -> list[Path]:
    partitions = [d for d in cluster.brokers[0].data.glob(f"{topic}-*")
                  if d.name.rpartition("-")[2].isdigit() and d.name.rpartition("-")[0] == topic]
    return [segment for directory in partitions for segment in directory.glob("*.log")]
