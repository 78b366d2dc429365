"""Writers: threads that produce a topic's records steadily, whatever happens to the brokers."""

import contextlib
import random
import threading
import time
import traceback
from functools import partial

from confluent_kafka import KafkaException, Producer

from topic_admin import CLIENT
from workload import Truth, TopicPlan

MOST_IN_FLIGHT = 5000  # records; while brokers are away, a writer waits
MOST_AT_ONCE = 40      # records; catching up is no burst
TELL_TIMEOUT = 30      # seconds, for each question to the transaction coordinator
ABORTED_SHARE = 0.2


class Writer:
    """One producer and its truth. `start()`, `stop()`, `join()`; runs in a thread of its own."""

    def __init__(self, bootstrap: str, plan: TopicPlan, index: int):
        self.plan = plan
        self.index = index
        self.truth = Truth()
        self.problem: str | None = None  # why the thread died
        self.restarts = 0                # producers that had to be replaced
        # With a shorter linger.ms, six brokers on two cores do little but answer requests.
        self._settings = CLIENT | {
            "bootstrap.servers": bootstrap, "enable.idempotence": True, "acks": "all",
            "linger.ms": 50, "compression.type": plan.codec, "message.timeout.ms": 600_000,
            "error_cb": self._on_error}
        self._is_broken = False
        self._stop = threading.Event()
        self._started = 0.0
        self._thread = threading.Thread(target=self._run_safely, daemon=True,
                                        name=f"{plan.name}-{index}")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def join(self, timeout: float) -> str | None:
        """Waits until everything that was sent is acknowledged, committed, or has failed; says
        what was wrong with the writer itself."""
        self._thread.join(timeout)
        if self._thread.is_alive():
            self.problem = f"does not end within {timeout} s"
        return self.problem and f"writer {self.index} of {self.plan.name}: {self.problem}"

    def _run_safely(self) -> None:
        try:
            self._started = time.monotonic()
            self._run()
        except Exception:  # noqa: BLE001 - told by join()
            self.problem = traceback.format_exc()

    def _run(self) -> None:
        while not self._stop.is_set():
            client = self._new_client()
            while not self._stop.wait(0.01) and not self._is_broken:
                try:
                    self._send_due(client)
                except KafkaException as error:
                    self._on_error(error.args[0])
                    if not self._is_broken:
                        raise
            self._finish(client)

    def _new_client(self, **more) -> Producer:
        self._is_broken = False
        return Producer(self._settings | more)

    def _on_error(self, error) -> None:
        if error.fatal() and not self._is_broken:
            self._is_broken = True
            self.restarts += 1

    def _finish(self, client: Producer) -> None:
        while not self._is_broken and client.flush(1) > 0:
            pass
        if self._is_broken:
            self._give_up(client)

    @staticmethod
    def _give_up(client: Producer) -> None:
        """Whatever is still in flight may be there, or not."""
        client.purge()
        with contextlib.suppress(KafkaException):  # the one that it is given up for
            client.flush(5)

    def _due(self) -> int:
        """How many records should have been sent by now."""
        rate = self.plan.per_second / self.plan.writers
        return int((time.monotonic() - self._started) * rate)

    def _send_due(self, client: Producer) -> None:
        for _ in range(min(self._due() - len(self.truth), MOST_AT_ONCE)):
            if len(self.truth) - self.truth.settled >= MOST_IN_FLIGHT:
                break
            self._send_one(client)
        client.poll(0)

    def _send_one(self, client: Producer) -> None:
        plan = self.plan
        number = self.truth.sent(int(time.time() * 1000) - len(self.truth) % 7)
        content = plan.content(self.index, number)
        try:
            client.produce(plan.name, value=content.value, key=content.key,
                           partition=plan.partition_of(number), headers=list(content.headers),
                           timestamp=self.truth.timestamps[number],
                           on_delivery=partial(self._delivered, number))
        except (KafkaException, BufferError):
            self.truth.delivered(number, None)
            raise

    def _delivered(self, number: int, error, message) -> None:
        self.truth.delivered(number, None if error else message.offset())


class TransactionalWriter(Writer):
    """Short transactions, one after the other; a fifth of them is aborted."""

    def __init__(self, bootstrap: str, plan: TopicPlan, index: int, seed: int):
        super().__init__(bootstrap, plan, index)
        self._chance = random.Random(f"{seed}-{plan.name}-{index}")
        self.counts = {Truth.COMMITTED: 0, Truth.ABORTED: 0, Truth.OPEN: 0}

    def _run(self) -> None:
        name = f"{self.plan.name}-{self.index}"
        while True:
            client = self._new_client(**{"transactional.id": name, "message.timeout.ms": 30_000,
                                         "transaction.timeout.ms": 30_000})
            self._persist(client.init_transactions)  # ends what a client before has left open
            try:
                while not self._stop.is_set():
                    self._one_transaction(client)
                return
            except KafkaException as error:
                if not error.args[0].fatal() and not self._is_broken:
                    raise
                self._is_broken = True
                self.restarts += 1
            self._give_up(client)

    def _one_transaction(self, client: Producer) -> None:
        truth = self.truth
        truth.begin_transaction()
        outcome = Truth.OPEN
        try:
            client.begin_transaction()
            is_whole = self._fill(client)
            outcome = self._end(client, not is_whole or self._chance.random() < ABORTED_SHARE)
        finally:
            truth.end_transaction(outcome)
            self.counts[outcome] += 1

    def _fill(self, client: Producer) -> bool:
        """Some records, in several batches; False where the transaction can only be aborted."""
        ends = time.monotonic() + self._chance.uniform(0.1, 0.8)
        try:
            while time.monotonic() < ends:
                self._send_due(client)
                if self._chance.random() < 0.1:
                    client.flush(5)
                time.sleep(0.02)
            client.flush(TELL_TIMEOUT)  # else what is aborted might never reach the log
        except BufferError:
            return False
        except KafkaException as error:
            if error.args[0].txn_requires_abort():
                return False
            raise
        return True

    def _end(self, client: Producer, is_to_abort: bool) -> int:
        if not is_to_abort:
            try:
                self._persist(client.commit_transaction)
                return Truth.COMMITTED
            except KafkaException as error:
                if not error.args[0].txn_requires_abort():
                    raise  # nobody can say whether it was committed
        self._persist(client.abort_transaction)
        return Truth.ABORTED

    @staticmethod
    def _persist(ask) -> None:
        """Until the coordinator has decided; it may be away for a while."""
        while True:
            try:
                return ask(TELL_TIMEOUT)
            except KafkaException as error:
                if not error.args[0].retriable():
                    raise


def writers_for(bootstrap: str, plan: TopicPlan, seed: int) -> list[Writer]:
    if plan.is_transactional:
        return [TransactionalWriter(bootstrap, plan, i, seed) for i in range(plan.writers)]
    return [Writer(bootstrap, plan, i) for i in range(plan.writers)]
