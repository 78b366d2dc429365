"""Child processes that cannot outlive the harness, their ports, their use of CPU and memory."""

import os
import random
import signal
import socket
import subprocess
from pathlib import Path

from waiting import eventually

# Below Linux's range for outgoing connections. Each of several pytest processes has its own: a port
# is still its broker's while that is down.
PORTS = range(21000 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")), 30000,
              int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
_given: set[int] = set()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, and that this process did not hand out before."""
    while True:
        port = random.choice(PORTS)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port


def port_accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def spawn(command: list, log: Path, append: bool = False, stdin: int = subprocess.DEVNULL
          ) -> subprocess.Popen:
    """Starts `command` with its output in `log`. The kernel kills it should this process die."""
    with open(log, "ab" if append else "wb") as output:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "--", *map(str, command)],
            stdin=stdin, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True)


def end(process: subprocess.Popen, how: int = signal.SIGTERM, timeout: float = 30) -> int:
    """Signals a child and waits for its end; SIGKILL where it does not go. Returns its code."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)  # a stopped process would not see a SIGTERM
        process.send_signal(how)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / CLOCK_TICKS


def memory_kib(pid: int, field: str = "VmRSS") -> int:
    """A field of /proc/PID/status in KiB: VmRSS (now) or VmHWM (the peak)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    raise ValueError(f"no {field} of process {pid}")


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def pause(pid: int) -> None:
    """SIGSTOP, and waits until the process really stands still."""
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: is_stopped(pid), f"process {pid} stopped")


def resume(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)
