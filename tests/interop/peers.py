"""Servers that are no Kafka: garbage, huge frames, silence."""

import os
import socket
import struct
import threading

from processes import free_port


class Peer:
    """Accepts connections on a port and answers each request with `answer`; None: never."""

    def __init__(self, answer: bytes | None):
        self.bootstrap = f"127.0.0.1:{free_port()}"
        self.connections = 0
        self._answer = answer
        host, port = self.bootstrap.split(":")
        self._listener = socket.create_server((host, int(port)))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_) -> None:
        self._listener.close()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while connection.recv(65536):
                if self._answer is not None:
                    connection.sendall(self._answer)
        except OSError:
            pass


def garbage() -> bytes:
    return os.urandom(4096)


def web_page() -> bytes:
    return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def two_gib_frame() -> bytes:
    """A length of 2 GiB - 1, the first correlation id, and a little of what is to come."""
    return struct.pack(">ii", 0x7FFFFFFF, 1) + bytes(64)


def empty_frames() -> bytes:
    return struct.pack(">i", 0) * 100


def negative_frame() -> bytes:
    return struct.pack(">i", -5) + bytes(100)
