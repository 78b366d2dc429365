"""How far the copy is behind, as the clusters themselves say, sampled by a thread of its own."""

import threading
import time
from collections import deque

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from field import Field
from topic_admin import CLIENT

SAMPLE_SECONDS = 1.0
TELL_SECONDS = 10
ASK_SECONDS = 5


class Lag:
    """Longest lags, and which partitions were blocked meanwhile. `start()`, `stop()`."""

    def __init__(self, field: Field, topics: list[str]):
        self.blocked: list[str] = []
        self._field = field
        self._topics = topics
        self._is_translated = field.options.mode == "translate"
        self._admins = {side: AdminClient(CLIENT | {"bootstrap.servers": cluster.bootstrap})
                        for side, cluster in field.clusters.items()}
        self._ends: dict[tuple[str, int], deque] = {}  # (when, source's end), not yet copied
        self.longest_seconds: dict[str, float] = dict.fromkeys(topics, 0.0)
        self._now: dict[str, int] = dict.fromkeys(topics, 0)  # records, over a topic's partitions
        self._told = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="lag")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def is_due(self) -> bool:
        """Whether the lag should be told again."""
        if time.monotonic() - self._told < TELL_SECONDS:
            return False
        self._told = time.monotonic()
        return True

    def line(self) -> str:
        return ", ".join(f"{topic} {records}" for topic, records in self._now.items())

    def behind(self, topics: list[str]) -> list[str]:
        """What is not yet as it must be in the end; nothing where all is in step."""
        if self._is_translated:
            return self._behind_translated()
        found = []
        for topic in topics:
            ends = [c.end_offsets(topic) for c in (self._field.source, self._field.target)]
            starts = [c.start_offsets(topic) for c in (self._field.source, self._field.target)]
            if ends[0] != ends[1]:
                found.append(f"{topic} ends at {ends[0]}, its copy at {ends[1]}")
            if starts[0] != starts[1]:
                found.append(f"{topic} starts at {starts[0]}, its copy at {starts[1]}")
        return found

    def _behind_translated(self) -> list[str]:
        """Offsets cannot be compared: of each partition, the worker whose turn it is has to say
        that it has seen all of the source."""
        in_step, found = set(), {}
        for worker in self._field.workers:
            for partition in worker.status()["partitions"]:
                name = (partition["topic"], partition["partition"])
                end = self._field.source.end_offsets(name[0])[name[1]]
                if partition["source_high_watermark"] == end and partition["lag_records"] == 0 \
                        and partition["state"] == "running":
                    in_step.add(name)
                else:
                    found[name] = (f"{name}: {partition['state']} {partition['reason']}, "
                                   f"lag {partition['lag_records']}, {end} at the source")
        return [what for name, what in found.items() if name not in in_step]

    def _run(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            try:
                self._note_blocked()
                if self._is_translated:
                    self._sample_status()
                else:
                    # The target first: so lag is never less than it is.
                    target, source = self._ask("target"), self._ask("source")
                    self._sample(source, target)
            except Exception:  # noqa: BLE001, S112 - somebody is away, as happens here
                continue

    def _ask(self, side: str) -> dict[tuple[str, int], int]:
        partitions = {TopicPartition(topic, p): OffsetSpec.latest() for topic in self._topics
                      for p in range(self._count(side, topic))}
        asked = self._admins[side].list_offsets(partitions, request_timeout=ASK_SECONDS)
        ends = {}
        for tp, future in asked.items():
            try:
                ends[tp.topic, tp.partition] = future.result(ASK_SECONDS).offset
            except Exception:  # noqa: BLE001, S112 - no leader just now
                continue
        return ends

    def _count(self, side: str, topic: str) -> int:
        metadata = self._admins[side].list_topics(topic, timeout=ASK_SECONDS)
        return len(metadata.topics[topic].partitions)

    def _sample(self, source: dict, target: dict) -> None:
        now = time.monotonic()
        for topic in self._now:
            self._now[topic] = sum(end - target.get(partition, 0)
                                   for partition, end in source.items() if partition[0] == topic)
        for partition, end in source.items():
            waiting = self._ends.setdefault(partition, deque())
            if not waiting or waiting[-1][1] < end:
                waiting.append((now, end))
            if partition not in target:
                continue
            while waiting and waiting[0][1] <= target[partition]:
                waiting.popleft()
            if waiting:
                self._note(partition[0], now - waiting[0][0])

    def _sample_status(self) -> None:
        for worker in self._field.workers:
            partitions = worker.status(ASK_SECONDS)["partitions"] if worker.is_running() else ()
            for topic in self._now if partitions else ():
                self._now[topic] = sum(p["lag_records"] for p in partitions if p["topic"] == topic)
            for partition in partitions:
                self._note(partition["topic"], partition["lag_seconds"] or 0)  # None: not known

    def _note(self, topic: str, seconds: float) -> None:
        self.longest_seconds[topic] = max(self.longest_seconds[topic], round(seconds, 1))

    def _note_blocked(self) -> None:
        for worker in self._field.workers:
            answer = worker.get("/api/v1/status", ASK_SECONDS)
            if answer.code != 200:
                continue
            for partition in worker.status(ASK_SECONDS)["partitions"]:
                what = f"{partition['topic']}-{partition['partition']}: {partition['reason']}"
                if partition["state"] == "blocked" and what not in self.blocked:
                    self.blocked.append(what)
