"""Where a log ends, read from the broker's disk: costs the broker nothing, unlike asking it."""

from pathlib import Path

from segments import HEADER

LENGTH_AT, LENGTH_BEGIN = 8, 12  # a batch's length counts from behind itself
LAST_DELTA_AT = 23


class LogTail:
    """Follows a partition's segments from batch header to batch header; remembers how far it is."""

    def __init__(self, directory: Path):
        self._directory = directory
        self._segment: Path | None = None
        self._position = 0
        self._end = 0
        self.batches = 0

    def end_offset(self) -> int:
        """The offset behind the last whole batch on the disk."""
        for segment in sorted(self._directory.glob("*.log")):
            if self._segment is None or segment.name > self._segment.name:
                self._segment, self._position = segment, 0
            if segment == self._segment:
                self._follow(segment)
        return self._end

    def _follow(self, segment: Path) -> None:
        size = segment.stat().st_size
        with segment.open("rb") as file:
            while self._position + HEADER.size <= size:
                file.seek(self._position)
                header = file.read(HEADER.size)
                length = int.from_bytes(header[LENGTH_AT:LENGTH_BEGIN], "big")
                following = self._position + LENGTH_BEGIN + length
                if length == 0 or following > size:
                    return  # preallocated, or still being written
                last_delta = int.from_bytes(header[LAST_DELTA_AT:LAST_DELTA_AT + 4], "big")
                self._end = int.from_bytes(header[:8], "big") + last_delta + 1
                self._position = following
                self.batches += 1


def batch_count(directory: Path) -> int:
    tail = LogTail(directory)
    tail.end_offset()
    return tail.batches
