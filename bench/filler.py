"""Logs that start far above 0: large dense batches of empty records, then DeleteRecords."""

import gzip
import socket
import struct
import time

from kafka_cluster import KafkaCluster

RECORDS_PER_BATCH = 500_000  # 0.7 MB, below the usual max.message.bytes
GZIP = 1
PRODUCE, PRODUCE_VERSION = 0, 7
ALL_IN_SYNC_REPLICAS, TIMEOUT_MS = -1, 30_000
ATTRIBUTES_AT = 21  # what the CRC is over begins here
POLYNOMIAL = 0x82F63B78  # CRC-32C, bits reversed


def raise_log(cluster: KafkaCluster, topic: str, start: int) -> None:
    """Moves the end of an empty partition 0, and then its log start, to `start`."""
    batch = empty_batch(RECORDS_PER_BATCH)
    with socket.create_connection(("127.0.0.1", cluster.brokers[0].port)) as connection:
        for _ in range(start // RECORDS_PER_BATCH):
            produce(connection, topic, batch)
        if start % RECORDS_PER_BATCH:
            produce(connection, topic, empty_batch(start % RECORDS_PER_BATCH))
    cluster.delete_records(topic, 0, start)


def empty_batch(count: int) -> bytes:
    """A record batch (magic 2) of records without key and value, compressed with gzip."""
    records = gzip.compress(b"".join(map(_empty_record, range(count))), mtime=0)
    now_ms = int(time.time() * 1000)
    body = struct.pack(">hiqqqhii", GZIP, count - 1, now_ms, now_ms, -1, -1, -1, count) + records
    head = struct.pack(">qiibI", 0, ATTRIBUTES_AT - 12 + len(body), -1, 2, crc32c(body))
    return head + body


def produce(connection: socket.socket, topic: str, batch: bytes) -> None:
    """One Produce request, and its answer."""
    name = topic.encode()
    body = (struct.pack(">hhihhhi", PRODUCE, PRODUCE_VERSION, 0, -1, -1, ALL_IN_SYNC_REPLICAS,
                        TIMEOUT_MS)
            + struct.pack(">ih", 1, len(name)) + name
            + struct.pack(">iii", 1, 0, len(batch)) + batch)
    connection.sendall(struct.pack(">i", len(body)) + body)
    answer = _exactly(connection, struct.unpack(">i", _exactly(connection, 4))[0])
    # Correlation id, one topic with its name, one partition with its index; then the error.
    error_at = 4 + 4 + 2 + len(name) + 4 + 4
    (error,) = struct.unpack_from(">h", answer, error_at)
    assert error == 0, f"produce to {topic}: Kafka's error {error}"


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _crc_entry(index: int) -> int:
    for _ in range(8):
        index = (index >> 1) ^ (POLYNOMIAL if index & 1 else 0)
    return index


_CRC_TABLE = [_crc_entry(index) for index in range(256)]


def _varint(number: int) -> bytes:
    zigzag = number << 1 if number >= 0 else (-number << 1) - 1
    digits = bytearray()
    while zigzag > 0x7F:
        digits.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    return bytes(digits + bytes([zigzag]))


def _empty_record(index: int) -> bytes:
    """Attributes, timestamp delta, offset delta, no key, no value, no headers."""
    record = b"\0\0" + _varint(index) + b"\1\1\0"
    return _varint(len(record)) + record


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        assert part, "the broker has closed the connection"
        data += part
    return data
