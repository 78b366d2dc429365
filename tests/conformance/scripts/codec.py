"""The request_codec program as a pair of functions, and connections that speak through it."""

import json
import socket
import struct
import subprocess
from pathlib import Path


class Codec:
    """JSON to frames and back."""

    def __init__(self, program: Path):
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True)

    def encode(self, api: str, version: int, correlation_id: int, body: dict) -> bytes:
        return bytes.fromhex(self._ask({"encode": api, "version": version,
                                        "correlation_id": correlation_id, "body": body}))

    def decode(self, api: str, version: int, frame: bytes) -> dict:
        return self._ask({"decode": api, "version": version, "frame": frame.hex()})

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _ask(self, line: dict):
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if isinstance(answer, dict) and set(answer) == {"error"}:
            raise ValueError(f"{answer['error']}: {json.dumps(line)[:500]}")
        return answer


class Closed(Exception):
    """The broker has closed the connection."""


class Connection:
    """One client's connection. Requests may be sent before earlier ones are answered."""

    def __init__(self, codec: Codec, host: str, port: int):
        self._codec = codec
        self._socket = socket.create_connection((host, port), timeout=120)
        self._last_id = 0
        self._waiting: list[tuple[str, int]] = []

    def send(self, api: str, version: int, body: dict) -> None:
        self._last_id += 1
        frame = self._codec.encode(api, version, self._last_id, body)
        try:
            self._socket.sendall(struct.pack(">i", len(frame)) + frame)
        except ConnectionError:
            raise Closed from None
        self._waiting.append((api, version))

    def receive(self) -> dict:
        """The answer to the oldest request that has none yet."""
        api, version = self._waiting.pop(0)
        size = struct.unpack(">i", self._read(4))[0]
        return self._codec.decode(api, version, self._read(size))

    def exchange(self, token: bytes) -> bytes:
        """Sends a frame that is no request, as SASL tokens behind a handshake of version 0."""
        try:
            self._socket.sendall(struct.pack(">i", len(token)) + token)
        except ConnectionError:
            raise Closed from None
        return self._read(struct.unpack(">i", self._read(4))[0])

    def forget(self) -> None:
        """The last request gets no answer."""
        self._waiting.pop()

    def close(self) -> None:
        self._socket.close()

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            try:
                more = self._socket.recv(size - len(data))
            except ConnectionError:
                more = b""
            if not more:
                raise Closed
            data += more
        return data
