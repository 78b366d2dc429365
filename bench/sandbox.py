#!/usr/bin/env python3
"""How fast the sandbox takes and gives records: produce and fetch at once over loopback.

Raw frames from another process: batches of 100 KB, one producer and one consumer connection for
each partition. `--kafka` measures a real broker with the same driver.
"""

import argparse
import json
import multiprocessing
import socket
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "interop"))

from paths import lockstep_binary  # noqa: E402
from processes import cpu_seconds, end, free_port, spawn  # noqa: E402
from waiting import eventually  # noqa: E402

TOPIC = "bench"
RECORD_BYTES = 1000
RETENTION_BYTES = 64 << 20  # of each partition: the sandbox has it all in memory
PRODUCE, FETCH, CREATE_TOPICS, METADATA = 0, 1, 19, 3
CRC_TABLE = []
for _byte in range(256):
    _crc = _byte
    for _ in range(8):
        _crc = (_crc >> 1) ^ (0x82F63B78 if _crc & 1 else 0)
    CRC_TABLE.append(_crc)


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def varint(value: int) -> bytes:
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


def make_batch(size: int) -> tuple[bytes, int]:
    """A batch of about `size` bytes, and how many records it has."""
    count = size // RECORD_BYTES
    now_ms = int(time.time() * 1000)
    records = b""
    for delta in range(count):
        body = b"\0" + varint(0) + varint(delta) + varint(-1)
        body += varint(RECORD_BYTES - 12) + bytes(RECORD_BYTES - 12) + varint(0)
        records += varint(len(body)) + body
    checked = struct.pack(">hiqqqhii", 0, count - 1, now_ms, now_ms, -1, -1, -1, count) + records
    tail = struct.pack(">ibI", -1, 2, crc32c(checked)) + checked
    return struct.pack(">qi", 0, len(tail)) + tail, count


def frame(key: int, version: int, body: bytes) -> bytes:
    content = struct.pack(">hhi", key, version, 1) + text("bench") + body
    return struct.pack(">i", len(content)) + content


def produce_frame(partition: int, batch: bytes) -> bytes:
    body = struct.pack(">hhii", -1, 1, 30000, 1) + text(TOPIC)
    body += struct.pack(">iii", 1, partition, len(batch)) + batch
    return frame(PRODUCE, 7, body)


def fetch_frame(partition: int, offset: int, most: int) -> bytes:
    body = struct.pack(">iiiibiii", -1, 500, 1, most, 0, 0, -1, 1) + text(TOPIC)
    body += struct.pack(">iiiqqi", 1, partition, -1, offset, -1, most)
    return frame(FETCH, 11, body + struct.pack(">i", 0) + text(""))


class Connection:
    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(4 << 20)

    def read(self, count: int) -> memoryview:
        if len(self._buffer) < count:
            self._buffer = bytearray(count)
        view = memoryview(self._buffer)[:count]
        at = 0
        while at < count:
            got = self.socket.recv_into(view[at:])
            if got == 0:
                raise ConnectionError("the broker closed the connection")
            at += got
        return view

    def answer(self) -> memoryview:
        (size,) = struct.unpack(">i", self.read(4))
        return self.read(size)

    def ask(self, request: bytes) -> memoryview:
        self.socket.sendall(request)
        return self.answer()


def run_producer(port: int, partition: int, options, results) -> None:
    batch, _ = make_batch(options.batch_bytes)
    request = produce_frame(partition, batch)
    connection = Connection(port)
    until = time.monotonic() + options.seconds
    sent = answered = 0
    while time.monotonic() < until or answered < sent:
        if time.monotonic() < until and sent - answered < options.in_flight:
            connection.socket.sendall(request)
            sent += 1
            continue
        answer = connection.answer()
        (error,) = struct.unpack_from(">h", answer, 4 + 4 + 2 + len(TOPIC) + 4 + 4)
        assert error == 0, f"Produce says error {error}"
        answered += 1
    results.put(("produced", answered * len(batch)))


def run_consumer(port: int, partition: int, options, results) -> None:
    batch, count = make_batch(options.batch_bytes)
    connection = Connection(port)
    until = time.monotonic() + options.seconds
    offset = fetched = 0
    head = 4 + 4 + 2 + 4 + 4 + 2 + len(TOPIC) + 4
    while time.monotonic() < until:
        answer = connection.ask(fetch_frame(partition, offset, 1 << 20))
        (error,) = struct.unpack_from(">h", answer, head + 4)
        log_start, aborted = struct.unpack_from(">qi", answer, head + 4 + 2 + 16)
        if error == 1:  # retention was faster
            offset = log_start if log_start > offset else newest(connection, partition)
            continue
        assert error == 0, f"Fetch says error {error}"
        at = head + 4 + 2 + 16 + 12 + max(aborted, 0) * 16 + 4
        (size,) = struct.unpack_from(">i", answer, at)
        whole = max(size, 0) // len(batch)
        if whole:
            (first,) = struct.unpack_from(">q", answer, at + 4)
            offset = first + whole * count
            fetched += whole * len(batch)
    results.put(("fetched", fetched))


def newest(connection: Connection, partition: int) -> int:
    """The log's end."""
    body = struct.pack(">ibi", -1, 0, 1) + text(TOPIC)
    body += struct.pack(">iiiq", 1, partition, -1, -1)
    answer = connection.ask(frame(2, 5, body))
    (offset,) = struct.unpack_from(">q", answer, 4 + 4 + 4 + 2 + len(TOPIC) + 4 + 4 + 2 + 8)
    return offset


def create_topic(port: int, options) -> None:
    configs = {"retention.bytes": str(RETENTION_BYTES), "segment.bytes": str(16 << 20)}
    body = struct.pack(">i", 1) + text(TOPIC) + struct.pack(">ihi", options.partitions, 1, 0)
    body += struct.pack(">i", len(configs))
    for key, value in configs.items():
        body += text(key) + text(value)
    Connection(port).ask(frame(CREATE_TOPICS, 4, body + struct.pack(">i?", 30000, False)))
    time.sleep(1)


def measure(port: int, pid: int, options) -> dict:
    create_topic(port, options)
    results = multiprocessing.Queue()
    workers = [multiprocessing.Process(target=run, args=(port, partition, options, results))
               for partition in range(options.partitions) for run in (run_producer, run_consumer)]
    cpu, began = cpu_seconds(pid), time.monotonic()
    for worker in workers:
        worker.start()
    totals = {"produced": 0, "fetched": 0}
    for _ in workers:
        which, count = results.get(timeout=options.seconds + 60)
        totals[which] += count
    seconds = time.monotonic() - began
    cpu = cpu_seconds(pid) - cpu
    for worker in workers:
        worker.join()
    return {"produce_mb_s": round(totals["produced"] / seconds / 1e6),
            "fetch_mb_s": round(totals["fetched"] / seconds / 1e6),
            "sum_mb_s": round(sum(totals.values()) / seconds / 1e6),
            "broker_cores": round(cpu / seconds, 2)}


@contextmanager
def sandbox(home: Path, extra: list[str]):
    port = free_port()
    process = spawn([lockstep_binary(), "sandbox", "--port", port, *extra], home / "sandbox.log")
    eventually(lambda: Connection(port), "the sandbox listens", timeout=10)
    try:
        yield port, process.pid
    finally:
        end(process)


@contextmanager
def kafka(home: Path):
    from kafka_cluster import ClusterOptions, KafkaCluster
    from paths import NEWEST_KAFKA
    cluster = KafkaCluster(NEWEST_KAFKA, "bench", home, ClusterOptions(brokers=1))
    cluster.start()
    try:
        yield int(cluster.bootstrap.rpartition(":")[2]), cluster.brokers[0].pid
    finally:
        cluster.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--partitions", type=int, default=3)
    parser.add_argument("--batch-bytes", type=int, default=100_000)
    parser.add_argument("--in-flight", type=int, default=5, help="requests of one producer")
    parser.add_argument("--kafka", action="store_true", help="a real broker, too")
    parser.add_argument("--only", nargs="*", default=["memory", "disk", "fsync"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lockstep-bench-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        contenders = {
            "memory": lambda: sandbox(home, []),
            "disk": lambda: sandbox(home, ["--data-dir", str(home / "disk")]),
            "fsync": lambda: sandbox(home, ["--data-dir", str(home / "fsync"), "--fsync"]),
            "kafka": lambda: kafka(home),
        }
        for which in options.only + (["kafka"] if options.kafka else []):
            with contenders[which]() as (port, pid):
                print(f"{which:8}", json.dumps(measure(port, pid, options)), flush=True)


if __name__ == "__main__":
    main()
