"""A TCP proxy in a process of its own, with faults on demand: `proxy.py CONTROL SIDE:PORT:PORT...`

Each route is a side's name, the port to listen on and the port to lead to. The control port takes
one line of JSON for each command and answers "ok" (see Proxy for the commands).

    cut      every connection of a side is reset; new ones are refused for `seconds`
    stall    nothing goes on in one direction for `seconds`, on a share of a side's connections

What a stalled client has sent before it gave up still arrives when the stall is over, as with a
network that was down for a while.
"""

import asyncio
import contextlib
import json
import random
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 16


@dataclass(frozen=True)
class Route:
    """Where it listens, and which broker it leads to."""

    side: str
    port: int
    broker_port: int

    @staticmethod
    def parse(text: str) -> "Route":
        side, port, broker_port = text.split(":")
        return Route(side, int(port), int(broker_port))

    def __str__(self) -> str:
        return f"{self.side}:{self.port}:{self.broker_port}"


class Connection:
    """One client's connection and the one to the broker behind it."""

    def __init__(self, route: Route, client: tuple, broker: tuple):
        self.route = route
        self._client, self._broker = client, broker
        self._gates = {"to_broker": asyncio.Event(), "to_client": asyncio.Event()}
        for gate in self._gates.values():
            gate.set()

    async def run(self) -> None:
        (from_client, to_client), (from_broker, to_broker) = self._client, self._broker
        await asyncio.gather(self._pump(from_client, to_broker, self._gates["to_broker"]),
                             self._pump(from_broker, to_client, self._gates["to_client"]))

    def reset(self) -> None:
        for _, writer in (self._client, self._broker):
            writer.transport.abort()

    def stall(self, direction: str) -> None:
        self._gates[direction].clear()

    def go_on(self, direction: str) -> None:
        self._gates[direction].set()

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                    gate: asyncio.Event) -> None:
        """One direction to its end. Who does not listen any more does not end the other one."""
        try:
            while data := await reader.read(CHUNK):
                await gate.wait()
                with contextlib.suppress(OSError):
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass
        await gate.wait()
        writer.close()


class Relay:
    """All routes, all connections, and the faults."""

    def __init__(self, routes: list[Route]):
        self._routes = routes
        self._connections: set[Connection] = set()
        self._refused_until: dict[str, float] = {}

    async def run(self, control_port: int) -> None:
        servers = [await asyncio.start_server(lambda r, w, route=route: self._serve(route, r, w),
                                              "127.0.0.1", route.port) for route in self._routes]
        servers.append(await asyncio.start_server(self._control, "127.0.0.1", control_port))
        await asyncio.gather(*(server.serve_forever() for server in servers))

    async def _serve(self, route: Route, reader, writer) -> None:
        try:
            if time.monotonic() < self._refused_until.get(route.side, 0):
                raise ConnectionRefusedError
            broker = await asyncio.open_connection("127.0.0.1", route.broker_port, limit=CHUNK)
        except OSError:
            writer.transport.abort()
            return
        connection = Connection(route, (reader, writer), broker)
        self._connections.add(connection)
        await connection.run()
        self._connections.discard(connection)

    async def _control(self, reader, writer) -> None:
        while line := await reader.readline():
            command = json.loads(line)
            touched = getattr(self, "do_" + command.pop("do"))(**command)
            writer.write(f"ok {touched}\n".encode())

    def _of(self, side: str) -> list[Connection]:
        return [c for c in self._connections if c.route.side == side]

    def do_cut(self, side: str, seconds: float) -> int:
        self._refused_until[side] = time.monotonic() + seconds
        connections = self._of(side)
        for connection in connections:
            connection.reset()
        return len(connections)

    def do_stall(self, side: str, direction: str, seconds: float, share: float, seed: int) -> int:
        chance = random.Random(seed)
        stalled = [c for c in self._of(side) if chance.random() < share]
        for connection in stalled:
            connection.stall(direction)
            asyncio.get_running_loop().call_later(seconds, connection.go_on, direction)
        return len(stalled)


class Proxy:
    """The proxy as its user sees it: a child process."""

    def __init__(self, routes: list[Route], log: Path):
        from processes import free_port, spawn  # not needed by the child
        from waiting import eventually

        port = free_port()
        self._process = spawn([sys.executable, "-B", __file__, port, *map(str, routes)], log)
        self._control = eventually(lambda: socket.create_connection(("127.0.0.1", port), 5),
                                   "the proxy listens", 20)
        self._answers = self._control.makefile()

    def cut(self, side: str, seconds: float) -> int:
        """Resets all connections of a side; how many there were."""
        return self._tell(do="cut", side=side, seconds=seconds)

    def stall(self, side: str, direction: str, **options) -> int:
        """`seconds`, `share` of the present connections, `seed`; how many are stalled."""
        return self._tell(do="stall", side=side, direction=direction, **options)

    def _tell(self, **command) -> int:
        self._control.sendall(json.dumps(command).encode() + b"\n")
        return int(self._answers.readline().split()[1])

    def stop(self) -> None:
        from processes import end

        self._control.close()
        end(self._process)


if __name__ == "__main__":
    asyncio.run(Relay([Route.parse(text) for text in sys.argv[2:]]).run(int(sys.argv[1])))
