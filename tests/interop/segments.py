"""Record batches as they lie on a broker's disk: to see how they were copied, or to damage one."""

import struct
from dataclasses import dataclass
from pathlib import Path

CODEC_NAMES = ("none", "gzip", "snappy", "lz4", "zstd")
HEADER = struct.Struct(">qiibIhiqqqhii")  # the 61 bytes of a record batch, magic 2


@dataclass(frozen=True)
class Batch:
    base_offset: int
    last_offset: int
    codec: str
    producer_id: int
    first_sequence: int
    is_transactional: bool
    count: int
    records: bytes  # as they were sent: compressed where the codec says so

    @property
    def size(self) -> int:
        return HEADER.size + len(self.records)

    @property
    def is_dense(self) -> bool:
        return self.last_offset - self.base_offset + 1 == self.count


def batches(directory: Path) -> list[Batch]:
    """All batches of a partition's directory, in order."""
    return [_batch(header, data) for header, data, _place in _walk(directory)]


@dataclass(frozen=True)
class Place:
    """Where a batch begins on disk."""

    segment: Path
    position: int


def find_batch(directory: Path, base_offset: int) -> Place:
    return next(place for header, _data, place in _walk(directory) if header[0] == base_offset)


def flip(place: Place, byte: int, bits: int) -> None:
    """Changes bits of one byte behind a place; the same again changes them back."""
    with open(place.segment, "r+b") as file:
        file.seek(place.position + byte)
        changed = file.read(1)[0] ^ bits
        file.seek(place.position + byte)
        file.write(bytes([changed]))


def _walk(directory: Path):
    """Header, records and place of each batch, in order."""
    for segment in sorted(directory.glob("*.log")):
        data = segment.read_bytes()
        position = 0
        while position + HEADER.size <= len(data):
            header = HEADER.unpack_from(data, position)
            end = position + 12 + header[1]
            if header[1] < HEADER.size - 12 or end > len(data):
                break  # preallocated, or still being written
            yield header, data[position + HEADER.size:end], Place(segment, position)
            position = end


def _batch(header: tuple, records: bytes) -> Batch:
    (base_offset, _length, _epoch, _magic, _crc, attributes, last_delta, _base_time, _max_time,
     producer_id, _producer_epoch, first_sequence, count) = header
    return Batch(base_offset, base_offset + last_delta, CODEC_NAMES[attributes & 7], producer_id,
                 first_sequence, bool(attributes & 0x10), count, records)
