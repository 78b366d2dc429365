"""Measures the physical floor: bench/tcp_relay between a generator and a sink on loopback."""

import json
import socket
import subprocess
import threading
import time
from pathlib import Path

from processes import free_port
from waiting import eventually

CHUNK = bytes(256 << 10)


def compile_relay(root: Path) -> Path:
    """Compiles bench/tcp_relay.cpp when the binary is older than it."""
    source = root / "bench" / "tcp_relay.cpp"
    binary = root / "build" / "bench" / "tcp_relay"
    if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
        binary.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["g++", "-std=c++20", "-O2", "-o", binary, source], check=True)
    return binary


def measure_relay(binary: Path, total: int) -> dict:
    """Moves `total` bytes; {"bytes", "seconds", "cpu_seconds"}, the CPU being the relay's alone."""
    sink = socket.create_server(("127.0.0.1", free_port()))
    drain = threading.Thread(target=_drain, args=(sink,))
    drain.start()
    port = free_port()
    relay = subprocess.Popen([binary, str(port), str(sink.getsockname()[1])],
                             stdout=subprocess.PIPE, text=True)
    connection = eventually(lambda: socket.create_connection(("127.0.0.1", port)),
                            "the relay listens", timeout=5)
    started = time.monotonic()
    with connection:
        for left in range(total, 0, -len(CHUNK)):
            connection.sendall(CHUNK[:left])
    drain.join()
    seconds = time.monotonic() - started
    output, _ = relay.communicate(timeout=30)
    measured = json.loads(output)
    assert measured["bytes"] == total, measured
    return measured | {"seconds": seconds}


def _drain(sink: socket.socket) -> None:
    buffer = bytearray(len(CHUNK))
    with sink:
        connection, _ = sink.accept()
    with connection:
        while connection.recv_into(buffer):
            pass
