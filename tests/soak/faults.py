"""What goes wrong during a soak: one fault every few seconds, several at a time, from a seed.

A fault is a generator: it does its harm, yields while it lasts, and heals. It holds what it harms,
so that no two faults want the same thing.
"""

import random
import signal
import time
from collections import Counter
from dataclasses import dataclass
from typing import Callable, Iterator

from field import Field, ProxiedCluster
from processes import pause, resume
from waiting import Hopeless

SHORTEST_PAUSE, LONGEST_PAUSE = 2.0, 7.0  # seconds between two faults
LAST_HOPE = 240      # seconds until a broker must be back and in sync
LONG_STALL = 36.0    # longer than Lockstep waits for an answer
LONG_STALL_SHARE = 0.15
SUSPEND = "suspend lockstep"  # one at a time: the other goes on

Steps = Iterator[None]


@dataclass
class Kind:
    """A kind of fault: how often it is chosen, among which things, and what it does to one."""

    weight: int
    things: list[str]
    harm: Callable[[str], Steps]


@dataclass
class Active:
    kind: str
    thing: str
    steps: Steps


@dataclass
class FaultOptions:
    seed: int
    suspend_seconds: float
    only: list[str] | None     # kinds; all where there is none
    raised_topics: list[str]   # whose log start may be raised at the source, up to what is copied


class Faults:
    """Chooses, does and heals. `tick()` often, from the thread that started the processes."""

    def __init__(self, field: Field, options: FaultOptions):
        self.events: list[dict] = []
        self.counts: Counter = Counter()
        self._field = field
        self._options = options
        self._chance = random.Random(options.seed)
        self._active: list[Active] = []
        self._is_healing = False
        self._begun = time.monotonic()
        self._next = self._begun
        workers = [f"worker {i}" for i in range(len(field.workers))]
        sides = list(field.clusters)
        brokers = [f"{side} brokers" for side in sides]
        networks = [f"{side} network" for side in sides]
        kinds = {
            "kill lockstep": Kind(4, workers, self._kill_worker),
            SUSPEND: Kind(2, workers, self._suspend_worker),
            "crash broker": Kind(2, brokers, lambda thing: self._restart_broker(thing, True)),
            "restart broker": Kind(2, brokers, lambda thing: self._restart_broker(thing, False)),
            "cut connections": Kind(3, networks, self._cut),
            "stall connections": Kind(3, networks, self._stall),
            "raise log start": Kind(1, options.raised_topics, self._raise_log_start),
        }
        self._kinds = {name: kind for name, kind in kinds.items()
                       if kind.things and (options.only is None or name in options.only)}

    def tick(self) -> None:
        for active in list(self._active):
            if next(active.steps, self) is self:
                self._active.remove(active)
                self._log(f"healed: {active.kind} ({active.thing})")
        for index, worker in enumerate(self._field.workers):
            if not self._is_taken(f"worker {index}"):
                worker.require_running()
        if time.monotonic() >= self._next and not self._is_healing:
            self._next = time.monotonic() + self._chance.uniform(SHORTEST_PAUSE, LONGEST_PAUSE)
            self._begin_one()

    def heal(self) -> None:
        """Begins no more, and waits until all that is going on is over."""
        self._is_healing = True
        while self._active:
            self.tick()
            time.sleep(0.1)
        self._field.whole()

    def _is_taken(self, thing: str) -> bool:
        return any(active.thing == thing for active in self._active)

    def _begin_one(self) -> None:
        suspended = any(active.kind == SUSPEND for active in self._active)
        choices = [(name, thing, kind.weight / len(kind.things))
                   for name, kind in self._kinds.items() for thing in kind.things
                   if not self._is_taken(thing) and not (suspended and name == SUSPEND)]
        if not choices:
            return
        name, thing, _ = self._chance.choices(choices, [weight for *_, weight in choices])[0]
        self.counts[name] += 1
        self._active.append(Active(name, thing, self._kinds[name].harm(thing)))
        next(self._active[-1].steps, None)

    def _log(self, what: str) -> None:
        seconds = round(time.monotonic() - self._begun, 1)
        self.events.append({"seconds": seconds, "clock": time.strftime("%H:%M:%S"), "what": what})
        print(f"{time.strftime('%H:%M:%S')} {seconds:7.1f} s  {what}", flush=True)

    def _wait(self, seconds: float) -> Steps:
        """That long, or until all is to heal."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not self._is_healing:
            yield

    def _last(self, seconds: float) -> Steps:
        """That long, whatever happens."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            yield

    # ---- the faults ----

    def _kill_worker(self, thing: str) -> Steps:
        worker = self._field.workers[int(thing.split()[1])]
        away = self._chance.uniform(0, 2)
        self._log(f"kill -9 of lockstep, {thing}, pid {worker.pid}, away for {away:.1f} s")
        worker.kill()
        yield from self._wait(away)
        worker.start(wait_ready=False)

    def _suspend_worker(self, thing: str) -> Steps:
        worker = self._field.workers[int(thing.split()[1])]
        seconds = self._options.suspend_seconds
        self._log(f"SIGSTOP of lockstep, {thing}, pid {worker.pid}, {seconds:.0f} s")
        pause(worker.pid)
        yield from self._wait(seconds)
        resume(worker.pid)

    def _restart_broker(self, thing: str, is_crash: bool) -> Steps:
        cluster = self._field.clusters[thing.split()[0]]
        broker = self._chance.choice(cluster.brokers)
        away = self._chance.uniform(0, 8)
        how = "crash" if is_crash else "restart"
        self._log(f"{how} of broker {broker.node} of {cluster.name}, away for {away:.1f} s")
        broker.process.send_signal(signal.SIGKILL if is_crash else signal.SIGTERM)
        begun = time.monotonic()
        while broker.is_running():
            if time.monotonic() - begun > LAST_HOPE:
                raise Hopeless(f"{cluster.name}: broker {broker.node} does not end")
            yield
        yield from self._wait(away)
        broker.spawn(None)
        begun = time.monotonic()
        while not self._is_back(cluster, broker):
            if time.monotonic() - begun > LAST_HOPE:
                life = "is there, but" if broker.is_running() else "has ended, and"
                raise Hopeless(f"{cluster.name}: broker {broker.node} {life} not back in sync:\n"
                               f"{broker.last_words()}")
            yield from self._last(1)

    @staticmethod
    def _is_back(cluster: ProxiedCluster, broker) -> bool:
        if not broker.is_running():
            if not (cluster.uses_zookeeper and "NodeExists" in broker.last_words(40)):
                raise Hopeless(f"{cluster.name}: broker {broker.node} ended:\n"
                               f"{broker.last_words()}")
            broker.spawn(None)  # ZooKeeper remembers a killed broker until its session expires
        try:
            return broker.accepts() and cluster.is_whole()
        except Exception:  # noqa: BLE001 - nobody answers yet
            return False

    def _cut(self, thing: str) -> Steps:
        side = thing.split()[0]
        refused = self._chance.choice((0, self._chance.uniform(0, 4)))
        cut = self._field.proxy.cut(side, refused)
        self._log(f"cut {cut} connections to {side}, new ones refused for {refused:.1f} s")
        yield from self._last(refused)

    def _stall(self, thing: str) -> Steps:
        side = thing.split()[0]
        is_long = self._chance.random() < LONG_STALL_SHARE
        seconds = LONG_STALL if is_long else self._chance.uniform(1, 12)
        direction = self._chance.choice(("to_broker", "to_client"))
        share = self._chance.choice((1.0, 0.5))
        stalled = self._field.proxy.stall(side, direction, seconds=seconds, share=share,
                                          seed=self._chance.randrange(1 << 30))
        self._log(f"stall {stalled} connections of {side} {direction} for {seconds:.1f} s")
        yield from self._last(seconds)

    def _raise_log_start(self, topic: str) -> Steps:
        """Deletes at the source some of what is on the target already."""
        source, target = self._field.source, self._field.target
        share = self._chance.uniform(0, 0.9)
        for side, cluster in self._field.clusters.items():
            if len(cluster.brokers) == 1 and self._is_taken(f"{side} brokers"):
                self._log(f"log start of {topic} not raised: the {side} is away")
                return
        try:
            starts, ends = source.start_offsets(topic), target.end_offsets(topic)
            for partition, start in starts.items():
                before = start + int((ends.get(partition, 0) - start) * share)
                if before > start:
                    source.delete_records(topic, partition, before)
                    self._log(f"log start of {topic}-{partition} raised to {before}")
        except Exception as error:  # noqa: BLE001 - a broker may be away
            self._log(f"log start of {topic} not raised: {error!r}"[:200])
        yield from ()
