"""Producer ids, transactions of both kinds, markers from outside, and what tells of them."""

from record_batches import TRANSACTIONAL
from session import FIRST_OWN_PRODUCER_ID, Session

_CONCURRENT = 51
_CORRUPT, _TOO_LARGE = 2, 10
_OWN_ID = FIRST_OWN_PRODUCER_ID


class _Producer:
    """A transactional producer, step by step. It keeps to transactions of version 1 where
    `is_new` is false: the leader is told of partitions beforehand."""

    def __init__(self, s: Session, name: str, is_new: bool = False):
        self.s = s
        self.id = s.name(name)
        self.is_new = is_new
        self.sequences: dict[str, int] = {}
        self.producer_id, self.epoch = -1, -1
        s.coordinate(self.id, 1)

    def init(self, label: str, **fields) -> dict:
        answer = self.s.init_producer(label, self.id, limit=5 if not self.is_new else 99, **fields)
        if answer["error_code"] == 0:
            self.take(answer)
        return answer

    def take(self, answer: dict) -> None:
        self.producer_id, self.epoch = answer["producer_id"], answer["producer_epoch"]
        self.sequences = {}

    def adding(self, *topics: str) -> dict:
        return {"v3_and_below_transactional_id": self.id,
                "v3_and_below_producer_id": self.producer_id,
                "v3_and_below_producer_epoch": self.epoch,
                "v3_and_below_topics": [{"name": topic, "partitions": [0]} for topic in topics]}

    def add(self, label: str, *topics: str, **fields) -> dict:
        def is_settled(answer: dict) -> bool:
            return all(r["partition_error_code"] != _CONCURRENT
                       for t in answer["results_by_topic_v3_and_below"]
                       for r in t["results_by_partition"])

        return self.s.call(label, "AddPartitionsToTxn", self.adding(*topics) | fields,
                           version=3, until=is_settled)

    def put(self, label: str, topic: str, *values: bytes, **header) -> dict:
        values = values or (b"v",)
        sequence = self.sequences.get(topic, 0)
        how = {key: header.pop(key) for key in ("limit", "transactional_id") if key in header}
        how.setdefault("limit", 12 if self.is_new else 11)
        how.setdefault("transactional_id", self.id)
        batch = self.s.batch(*values, **{
            "producer_id": self.producer_id, "producer_epoch": self.epoch,
            "base_sequence": sequence, "attributes": TRANSACTIONAL} | header)
        answer = self.s.produce(label, topic, batch, **how, until=lambda a: _CONCURRENT not in [
            p["error_code"] for t in a["responses"] for p in t["partition_responses"]])
        parts = answer["responses"][0]["partition_responses"]
        if parts[0]["error_code"] == 0 and batch.producer_id == self.producer_id:
            self.sequences[topic] = sequence + len(values)
        return answer

    def end(self, label: str, committed: bool, **fields) -> dict:
        answer = self.s.call(label, "EndTxn", {
            "transactional_id": self.id, "producer_id": self.producer_id,
            "producer_epoch": self.epoch, "committed": committed} | fields,
            limit=5 if self.is_new else 4, until=lambda a: a["error_code"] != _CONCURRENT)
        if self.is_new and answer["error_code"] == 0 and "producer_epoch" in answer:
            self.take(answer)
        return answer

    def describe(self, label: str, state: str = "") -> None:
        """Waits for `state`, as markers are written in the background."""
        if self.s.has("DescribeTransactions"):
            self.s.call(label, "DescribeTransactions", {"transactional_ids": [self.id]},
                        until=lambda a: not state or
                        a["transaction_states"][0]["transaction_state"] == state)


def _read(s: Session, label: str, topic: str, stable_end: int | None = None) -> None:
    """Both isolation levels, once the last stable offset has come to `stable_end`."""
    for isolation, name in ((1, "committed"), (0, "uncommitted")):
        s.fetch(f"{label}, {name}", topic, isolation=isolation, until=lambda a: stable_end in (
            None, a["responses"][0]["partitions"][0]["last_stable_offset"]))


def transactions(s: Session) -> None:
    topic, other = s.topic("a"), s.topic("b")
    producer = _Producer(s, "t")
    producer.describe("nobody knows it")
    producer.init("init")
    producer.describe("empty")
    producer.add("add", topic)
    producer.describe("ongoing", "Ongoing")
    producer.put("first", topic, b"a", b"b")
    producer.put("second", topic, b"c")
    _read(s, "open", topic)
    s.produce("not of the transaction", topic, s.batch(b"plain"))
    _read(s, "open, with more", topic)
    s.call("producers", "DescribeProducers", {"topics": [
        {"name": topic, "partition_indexes": [0]}]})
    producer.end("commit", True)
    producer.describe("committed", "CompleteCommit")
    _read(s, "committed", topic, 5)
    producer.end("commit again", True)
    producer.end("abort what is committed", False)
    producer.add("add two", topic, other)
    producer.put("third", topic, b"d")
    producer.put("to the other", other, b"e")
    producer.end("abort", False)
    producer.describe("aborted", "CompleteAbort")
    _read(s, "aborted", topic, 7)
    _read(s, "aborted, other", other, 2)
    s.fetch("aborted, from the middle", topic, 6, isolation=1)
    s.fetch("aborted, before it", topic, 0, isolation=1, max_bytes=100)
    producer.end("abort again", False)
    producer.add("add once more", topic)
    producer.end("commit without records", True)
    producer.describe("committed again", "CompleteCommit")
    s.call("stable end", "ListOffsets", {"replica_id": -1, "isolation_level": 1, "topics": [
        {"name": topic, "partitions": [{"partition_index": 0, "timestamp": -1}]}]},
        until=lambda a: a["topics"][0]["partitions"][0]["offset"] == 8)
    s.call("producers afterwards", "DescribeProducers", {"topics": [
        {"name": topic, "partition_indexes": [0]}]})


def transaction_errors(s: Session) -> None:
    topic = s.topic("a")
    producer = _Producer(s, "t")
    producer.init("init")
    producer.put("partition was not added", topic)
    producer.end("nothing has begun", True)
    producer.end("nothing has begun, abort", False)
    producer.add("unknown topic", s.name("absent"))
    producer.add("one of both is unknown", topic, s.name("absent"))
    producer.add("other producer id", topic, v3_and_below_producer_id=_OWN_ID)
    producer.add("newer epoch", topic, v3_and_below_producer_epoch=7)
    producer.add("unknown id", topic, v3_and_below_transactional_id=s.name("absent"))
    producer.add("empty id", topic, v3_and_below_transactional_id="")
    producer.add("added", topic)
    producer.put("without the bit", topic, attributes=0, producer_id=_OWN_ID + 9)
    producer.put("without the id", topic, transactional_id=None)
    producer.put("good", topic)
    producer.put("gap", topic, base_sequence=9)
    producer.end("other producer id at the end", True, producer_id=_OWN_ID)
    producer.end("newer epoch at the end", True, producer_epoch=9)
    producer.end("unknown id at the end", True, transactional_id=s.name("absent"))
    producer.end("empty id at the end", True, transactional_id="")
    producer.end("commit", True)
    producer.describe("committed", "CompleteCommit")


def newer_epoch_in_a_batch(s: Session) -> None:
    """What no client does; brokers do not agree on it."""
    topic = s.topic("a")
    producer = _Producer(s, "t")
    producer.init("init")
    producer.add("add", topic)
    producer.put("good", topic)
    producer.put("newer epoch", topic, producer_epoch=9, base_sequence=0)


def fencing(s: Session) -> None:
    topic = s.topic("a")
    old, new = _Producer(s, "t"), _Producer(s, "t")
    old.init("init")
    old.add("add", topic)
    old.put("open", topic)
    new.init("the next one aborts it")
    old.describe("state", "CompleteAbort")
    _read(s, "aborted", topic, 2)
    old.put("old writes", topic)
    old.add("old adds", topic)
    old.end("old commits", True)
    new.add("new adds", topic)
    new.put("new writes", topic)
    new.end("new commits", True)
    new.describe("committed", "CompleteCommit")
    _read(s, "committed", topic, 4)


def init_producer_ids(s: Session) -> None:
    s.init_producer("plain")
    s.init_producer("plain, another")
    s.init_producer("plain, with an id and epoch", producer_id=5, producer_epoch=1)
    s.init_producer("plain, without timeout", transaction_timeout_ms=0)
    s.init_producer("empty id", "")
    name = s.name("t")
    s.coordinate(name, 1)
    s.init_producer("timeout 0", name, transaction_timeout_ms=0)
    s.init_producer("timeout negative", name, transaction_timeout_ms=-1)
    s.init_producer("timeout too large", name, transaction_timeout_ms=900_001)
    first = s.init_producer("first", name)
    s.init_producer("second", name)
    present = s.init_producer("third, an old version", name, version=2)
    mine = {"producer_id": present["producer_id"], "producer_epoch": present["producer_epoch"]}
    bumped = s.init_producer("with the present id and epoch", name, **mine)
    s.init_producer("the same once more", name, **mine)
    s.init_producer("with a newer epoch", name, producer_id=bumped["producer_id"],
                    producer_epoch=bumped["producer_epoch"] + 5)
    s.init_producer("with the first epoch", name, producer_id=first["producer_id"],
                    producer_epoch=first["producer_epoch"])
    s.init_producer("with another id", name, producer_id=_OWN_ID, producer_epoch=0)
    s.init_producer("an id without epoch", name, producer_id=_OWN_ID)
    s.init_producer("an epoch without id", name, producer_epoch=3)
    s.init_producer("unknown, with an id and epoch", s.name("new"), producer_id=_OWN_ID,
                    producer_epoch=3)


def new_transactions(s: Session) -> None:
    """KIP-890: partitions are added by writing, and each transaction has its own epoch."""
    if s.newest("EndTxn") < 5:
        return
    topic = s.topic("a")
    producer = _Producer(s, "t", is_new=True)
    producer.init("init")
    producer.put("adds the partition", topic, b"a")
    producer.describe("ongoing", "Ongoing")
    producer.put("goes on", topic, b"b")
    producer.end("commit", True)
    producer.describe("committed", "CompleteCommit")
    _read(s, "committed", topic, 3)
    producer.put("sequence must begin at 0", topic, base_sequence=5)
    producer.put("second transaction", topic, b"c")
    producer.put("old epoch", topic, producer_epoch=producer.epoch - 1)
    epoch = producer.epoch
    producer.end("abort", False)
    producer.describe("aborted", "CompleteAbort")
    _read(s, "aborted", topic, 5)
    producer.end("abort again with the old epoch", False, producer_epoch=epoch)
    producer.describe("after the repeated abort", "CompleteAbort")
    producer.end("abort without anything", False)
    producer.describe("after the empty abort", "CompleteAbort")
    producer.end("commit without anything", True)
    producer.end("newer epoch", True, producer_epoch=producer.epoch + 1)
    s.call("producers", "DescribeProducers", {"topics": [
        {"name": topic, "partition_indexes": [0]}]})


def transactional_offsets(s: Session) -> None:
    topic, group = s.topic("a"), s.name("g")
    s.coordinate(group)
    producer = _Producer(s, "t")
    producer.init("init")

    def commit(label: str, offset: int, **fields) -> None:
        s.call(label, "TxnOffsetCommit", {
            "transactional_id": producer.id, "group_id": group,
            "producer_id": producer.producer_id, "producer_epoch": producer.epoch, "topics": [
                {"name": fields.pop("topic", topic), "partitions": [
                    {"partition_index": fields.pop("partition", 0), "committed_offset": offset,
                     "committed_metadata": fields.pop("metadata", "m")}]}]} | fields, limit=4)

    def read(label: str, stable: bool, offset: int | None = None) -> None:
        s.call(label, "OffsetFetch", {"group_id": group, "require_stable": stable, "topics": [
            {"name": topic, "partition_indexes": [0]}]}, version=7, until=lambda a: offset in (
                None, a["topics"][0]["partitions"][0]["committed_offset"]))

    def add(label: str, **fields) -> None:
        s.call(label, "AddOffsetsToTxn", {
            "transactional_id": producer.id, "producer_id": producer.producer_id,
            "producer_epoch": producer.epoch, "group_id": group} | fields, limit=3,
            until=lambda a: a["error_code"] != _CONCURRENT)

    commit("before the group was added", 1)
    add("add the group")
    add("other producer id", producer_id=_OWN_ID)
    add("newer epoch", producer_epoch=9)
    add("unknown id", transactional_id=s.name("absent"))
    commit("commit 5", 5)
    commit("unknown topic", 5, topic=s.name("absent"))
    commit("unknown partition", 5, partition=7)
    commit("long metadata", 5, metadata="x" * 5000)
    commit("unknown member", 5, member_id="nobody", generation_id=3)
    commit("generation without member", 5, generation_id=3)
    commit("empty group", 5, group_id="")
    read("pending", False)
    read("pending, stable wanted", True)
    producer.end("commit", True)
    producer.describe("committed", "CompleteCommit")
    read("committed", True, 5)
    add("again")
    commit("commit 9", 9)
    producer.end("abort", False)
    producer.describe("aborted", "CompleteAbort")
    read("aborted", True, 5)


def markers(s: Session) -> None:
    """WriteTxnMarkers as filler: markers that end nothing."""
    topic, other = s.topic("a"), s.topic("b", 2)

    def write(label: str, count: int = 1, topics=((topic, [0]),), **fields) -> None:
        marker = {"producer_id": _OWN_ID, "producer_epoch": 0, "transaction_result": True,
                  "coordinator_epoch": 0, "topics": [
                      {"name": name, "partition_indexes": indexes} for name, indexes in topics]}
        s.call(label, "WriteTxnMarkers", {"markers": [marker | fields] * count}, limit=1)

    write("one")
    write("abort", transaction_result=False)
    write("higher epoch", producer_epoch=5)
    write("lower epoch", producer_epoch=4)
    write("the same epoch", producer_epoch=5)
    write("higher coordinator epoch", producer_epoch=5, coordinator_epoch=3)
    write("lower coordinator epoch", producer_epoch=5, coordinator_epoch=2)
    write("coordinator epoch -1", producer_epoch=5, coordinator_epoch=-1)
    write("other producer, low coordinator epoch", producer_id=_OWN_ID + 1, coordinator_epoch=0)
    write("negative producer id", producer_id=-1)
    write("negative epoch", producer_epoch=-1, producer_id=_OWN_ID + 2)
    write("two partitions and topics", topics=((topic, [0]), (other, [0, 1])), producer_epoch=6,
          coordinator_epoch=3)
    write("unknown partition", topics=((topic, [4]),))
    write("unknown topic", topics=((s.name("absent"), [0]),))
    write("no topics", topics=())
    s.call("producers", "DescribeProducers", {"topics": [
        {"name": topic, "partition_indexes": [0]}]})
    s.fetch("what is there", topic)
    write("1000 of them", 1000, topics=((other, [1]),), producer_id=_OWN_ID + 3)
    s.call("ends", "ListOffsets", {"replica_id": -1, "topics": [{"name": other, "partitions": [
        {"partition_index": i, "timestamp": -1} for i in range(2)]}]})
    s.produce("after it", other, s.batch(b"a"), partition=1)


def marker_of_a_transaction(s: Session) -> None:
    """A marker from outside ends an open transaction of the partition."""
    topic = s.topic("a")
    producer = _Producer(s, "t")
    producer.init("init")
    producer.add("add", topic)
    producer.put("open", topic)
    s.call("abort from outside", "WriteTxnMarkers", {"markers": [{
        "producer_id": producer.producer_id, "producer_epoch": producer.epoch,
        "transaction_result": False, "coordinator_epoch": 0,
        "topics": [{"name": topic, "partition_indexes": [0]}]}]}, limit=1)
    _read(s, "aborted", topic, 2)
    producer.put("goes on", topic)
    producer.end("commit", True)
    producer.describe("committed", "CompleteCommit")
    _read(s, "committed", topic, 4)


def markers_that_are_too_large(s: Session) -> None:
    """max.message.bytes below the 78 bytes of a marker blocks the ends of transactions, too."""
    for size in (77, 78):
        bounded = s.topic(f"{size}", max_message_bytes=str(size))
        s.call(f"into {size} bytes", "WriteTxnMarkers", {"markers": [{
            "producer_id": _OWN_ID, "producer_epoch": 0, "transaction_result": True,
            "coordinator_epoch": 0, "topics": [{"name": bounded, "partition_indexes": [0]}]}]},
            limit=1)
    topic, other = s.topic("a"), s.topic("b")

    def set_limit(limit: str) -> None:
        s.call(f"limit {limit}", "IncrementalAlterConfigs", {"resources": [
            {"resource_type": 2, "resource_name": topic, "configs": [
                {"name": "max.message.bytes", "config_operation": 0, "value": limit}]}]})
        # The CRC is looked at behind the size: nothing is written, whatever the limit is now.
        wanted = _TOO_LARGE if limit == "1" else _CORRUPT
        s.produce(f"with limit {limit}", topic, s.batch(b"v", crc_error=1), until=lambda a: wanted
                  == a["responses"][0]["partition_responses"][0]["error_code"])

    def wait_for_markers() -> None:
        """The marker of a later transaction comes behind those that the coordinator has to send:
        where it is written, they have been tried."""
        later = _Producer(s, "later")
        answer = s.wait("InitProducerId", {
            "transactional_id": later.id, "transaction_timeout_ms": 60000},
            lambda a: a["error_code"] == 0)
        later.producer_id, later.epoch = answer["producer_id"], answer["producer_epoch"]
        s.ask("AddPartitionsToTxn", 3, later.adding(other))
        s.ask("EndTxn", 3, {"transactional_id": later.id, "producer_id": later.producer_id,
                            "producer_epoch": later.epoch, "committed": True})
        s.wait("ListOffsets", {"replica_id": -1, "topics": [
            {"name": other, "partitions": [{"partition_index": 0, "timestamp": -1}]}]},
            lambda a: a["topics"][0]["partitions"][0]["offset"] == 1)

    producer = _Producer(s, "t")
    producer.init("init")
    producer.add("add", topic)
    producer.put("open", topic)
    set_limit("1")
    producer.end("commit", True)
    wait_for_markers()
    set_limit("1000000")
    producer.describe("is given up", "PrepareCommit")
    producer.init("init again", until=lambda a: True)
    s.fetch("stays open", topic, isolation=1)


def transactions_of_others(s: Session) -> None:
    if not s.has("ListTransactions"):
        return
    topic = s.topic("a")
    producer = _Producer(s, "t")
    producer.init("init")
    s.call("unknown", "DescribeTransactions", {"transactional_ids": [s.name("absent")]})
    s.call("empty", "DescribeTransactions", {"transactional_ids": [""]})
    producer.add("add", topic)

    def list_them(label: str, **filters) -> None:
        answer = s.ask("ListTransactions", s.newest("ListTransactions"), filters)
        answer["transaction_states"] = [t for t in answer["transaction_states"]
                                        if t["transactional_id"] == producer.id]
        s.write(label, "ListTransactions", answer)

    list_them("all")
    list_them("of the producer", producer_id_filters=[producer.producer_id])
    list_them("of another", producer_id_filters=[_OWN_ID])
    list_them("ongoing", state_filters=["Ongoing"])
    list_them("unknown state", state_filters=["Ongoing", "Nonsense"])
    list_them("long ones", duration_filter=3_600_000)
    producer.end("abort", False)
    producer.describe("aborted", "CompleteAbort")
    list_them("ongoing afterwards", state_filters=["Ongoing"])
    s.call("producers of unknown topics", "DescribeProducers", {"topics": [
        {"name": s.name("absent"), "partition_indexes": [0]},
        {"name": topic, "partition_indexes": [3]}]})
