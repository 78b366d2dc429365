"""Record batches of format 2, built by hand, so that each of their fields can be wrong."""

import gzip
import struct
from dataclasses import dataclass, field

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
LOG_APPEND_TIME, TRANSACTIONAL, CONTROL, DELETE_HORIZON = 0x08, 0x10, 0x20, 0x40


@dataclass
class Record:
    value: bytes | None = b"v"
    key: bytes | None = None
    timestamp_delta: int = 0
    offset_delta: int | None = None  # None: as many as records came before


@dataclass
class Batch:
    """What the header says; a field that is None follows from the records."""

    records: list[Record]
    timestamp_ms: int
    base_offset: int = 0
    leader_epoch: int = -1
    magic: int = 2
    attributes: int = 0
    last_offset_delta: int | None = None
    max_timestamp_ms: int | None = None
    producer_id: int = -1
    producer_epoch: int = -1
    base_sequence: int = -1
    count: int | None = None
    crc_error: int = 0
    length_error: int = 0
    trailing: bytes = field(default=b"")

    def hex(self) -> str:
        return self.encode().hex()

    def encode(self) -> bytes:
        payload = b"".join(encode_record(record, index)
                           for index, record in enumerate(self.records)) + self.trailing
        if self.attributes & 7 == GZIP:
            payload = gzip.compress(payload, mtime=0)
        elif self.attributes & 7 == ZSTD and self.records:
            payload = zstd_frame(payload)
        last = len(self.records) - 1
        deltas = [record.timestamp_delta for record in self.records] or [0]
        body = struct.pack(
            ">hiqqqhii", self.attributes,
            last if self.last_offset_delta is None else self.last_offset_delta,
            self.timestamp_ms,
            self.timestamp_ms + max(deltas) if self.max_timestamp_ms is None
            else self.max_timestamp_ms,
            self.producer_id, self.producer_epoch, self.base_sequence,
            len(self.records) if self.count is None else self.count) + payload
        rest = struct.pack(">ibI", self.leader_epoch, self.magic,
                           crc32c(body) ^ self.crc_error) + body
        return struct.pack(">qi", self.base_offset, len(rest) + self.length_error) + rest


def zstd_frame(payload: bytes) -> bytes:
    """A frame of zstd with one block that is not compressed; at most 255 bytes."""
    last_raw_block = (len(payload) << 3 | 1).to_bytes(3, "little")
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(payload)]) + last_raw_block + payload


def encode_record(record: Record, index: int) -> bytes:
    delta = index if record.offset_delta is None else record.offset_delta
    body = (b"\0" + varint(record.timestamp_delta) + varint(delta) + sized(record.key)
            + sized(record.value) + varint(0))
    return varint(len(body)) + body


def sized(data: bytes | None) -> bytes:
    return varint(-1) if data is None else varint(len(data)) + data


def varint(value: int) -> bytes:
    rest = (value << 1) ^ (value >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _crc_table()


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF
