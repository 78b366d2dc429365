"""What brokers refuse to append, and how they tell producers apart (kafka-facts A1, A2)."""

from record_batches import CONTROL, GZIP, LOG_APPEND_TIME, TRANSACTIONAL, ZSTD, Record
from session import FIRST_OWN_PRODUCER_ID, Session

_OWN_ID = FIRST_OWN_PRODUCER_ID
_HOUR_MS = 3_600_000


def produce_refusals(s: Session) -> None:
    topic = s.topic("a", max_message_bytes="1000")
    good = s.batch(b"a", b"b")
    s.produce("good", topic, good)
    s.produce("good, acks 1", topic, good, acks=1)
    s.produce("unknown acks", topic, good, acks=2)
    s.produce("count too large", topic, s.batch(b"a", b"b", count=3))
    s.produce("count too small", topic, s.batch(b"a", b"b", count=1))
    s.produce("last offset delta too large", topic, s.batch(b"a", b"b", last_offset_delta=5))
    s.produce("last offset delta too small", topic, s.batch(b"a", b"b", last_offset_delta=0))
    s.produce("no records", topic, s.batch(records=[]))
    s.produce("no records, with a count of 1", topic,
              s.batch(records=[], count=1, last_offset_delta=0))
    s.produce("hole of a compacted batch", topic, s.batch(
        records=[Record(b"a"), Record(b"b", offset_delta=2)], last_offset_delta=2))
    s.produce("inner offset deltas with a hole", topic, s.batch(
        records=[Record(b"a"), Record(b"b", offset_delta=7)]))
    s.produce("inner offset deltas with a hole, compressed", topic, s.batch(
        attributes=GZIP, records=[Record(b"a"), Record(b"b", offset_delta=7)]))
    s.produce("wrong CRC", topic, s.batch(b"a", crc_error=1))
    s.produce("base offset", topic, s.batch(b"a", base_offset=7))
    s.produce("control batch", topic, s.batch(b"a", attributes=CONTROL))
    s.produce("two batches", topic, good.hex() + good.hex())
    s.produce("two batches in one that counts both", topic, good.hex() + "00" * 12)
    s.produce("empty", topic, "")
    s.produce("one byte", topic, "00")
    s.produce("half a batch", topic, good.hex()[:60])
    s.produce("magic 1", topic, s.batch(b"a", magic=1))
    s.produce("magic 3", topic, s.batch(b"a", magic=3))
    s.produce("too large", topic, s.batch(b"x" * 1000))
    s.produce("as large as can be", topic, s.batch(b"x" * (1000 - 61 - 9)))
    s.produce("one byte too large", topic, s.batch(b"x" * (1000 - 61 - 8)))
    s.produce("trailing bytes", topic, s.batch(b"a", trailing=b"zz"))
    s.produce("transactional without id", topic, s.batch(b"a", attributes=TRANSACTIONAL))
    s.produce("producer id without sequence", topic,
              s.batch(b"a", producer_id=_OWN_ID, producer_epoch=0))
    s.produce("sequence without producer id", topic, s.batch(b"a", base_sequence=4))
    s.produce("leader epoch is overwritten", topic, s.batch(b"a", leader_epoch=77))
    s.produce("unknown topic", s.name("absent"), good)
    s.produce("unknown partition", topic, good, partition=9)
    s.produce("negative partition", topic, good, partition=-1)
    s.produce("invalid name", "a/b", good)
    s.fetch("what is there", topic)


def produce_versions(s: Session) -> None:
    topic = s.topic("a")
    for version in (3, 5, 7, 8, 9, s.newest("Produce", 11)):
        s.produce(f"version {version}", topic, s.batch(b"a"), version=version)
        s.produce(f"version {version} refused", topic, s.batch(b"a", count=2), version=version)
    s.produce("zstd in version 3", topic, s.batch(b"a", attributes=ZSTD), version=3)
    s.produce("zstd in version 7", topic, s.batch(b"a", attributes=ZSTD), version=7)
    s.produce("zstd that is none", topic, s.batch(records=[], attributes=ZSTD, count=1,
                                                  last_offset_delta=0, trailing=b"none"))
    s.produce("codec 5", topic, s.batch(b"a", attributes=5))
    s.produce("gzip", topic, s.batch(b"a", b"b", attributes=GZIP))
    gzip_topic = s.topic("gzip", compression_type="gzip")
    s.produce("recompressed", gzip_topic, s.batch(b"a", b"b"))
    s.fetch("gzip kept", topic)
    s.fetch("gzip by the broker", gzip_topic)


def produce_in_sync(s: Session) -> None:
    """More replicas in sync are asked for than there are: brokers before 3.7 refuse."""
    topic = s.topic("a", min_insync_replicas="2")
    for acks in (-1, 1):
        s.produce(f"acks {acks}", topic, s.batch(b"a"), acks=acks)
    s.call("marker", "WriteTxnMarkers", {"markers": [{
        "producer_id": _OWN_ID, "producer_epoch": 0, "transaction_result": True,
        "coordinator_epoch": 0, "topics": [{"name": topic, "partition_indexes": [0]}]}]}, limit=1)
    s.fetch("what is there", topic)


def produce_by_id(s: Session) -> None:
    if s.newest("Produce") < 13:
        return
    topic = s.topic("a")

    def body(topic_id: str) -> dict:
        return {"acks": -1, "timeout_ms": 5000, "topic_data": [{
            "topic_id": topic_id,
            "partition_data": [{"index": 0, "records": s.batch(b"a").hex()}]}]}

    s.call("good", "Produce", body(s.topic_id(topic)), version=13)
    s.call("unknown id", "Produce", body("bm90IGFuIGlkIG9mIG91cg"), version=13)
    s.call("zero id", "Produce", body("A" * 22), version=13)


def produce_to_compacted(s: Session) -> None:
    topic = s.topic("a", cleanup_policy="compact")
    s.produce("with keys", topic, s.batch(records=[Record(b"a", b"k"), Record(None, b"l")]))
    s.produce("one without", topic, s.batch(records=[Record(b"a", b"k"), Record(b"b")]))
    s.produce("two without", topic, s.batch(records=[Record(b"a"), Record(b"b")]))
    s.produce("two without, gzip", topic,
              s.batch(records=[Record(b"a"), Record(b"b")], attributes=GZIP))
    s.produce("old version", topic, s.batch(records=[Record(b"a")]), version=7)
    s.fetch("what is there", topic)


def produce_timestamps(s: Session) -> None:
    limits = {"message_timestamp_difference_max_ms": str(10 * _HOUR_MS)} if s.kafka != "4.3" else {
        "message_timestamp_before_max_ms": str(10 * _HOUR_MS),
        "message_timestamp_after_max_ms": str(_HOUR_MS)}
    topic = s.topic("a", **limits)
    for hours in (-11, -9, 0.5, 9, 11):
        s.produce(f"{hours} hours from now", topic,
                  s.batch(b"a", timestamp_ms=s.now_ms + int(hours * _HOUR_MS)))
    s.produce("second record too old", topic, s.batch(
        records=[Record(b"a"), Record(b"b", timestamp_delta=-11 * _HOUR_MS)]))
    s.produce("no timestamp", topic, s.batch(b"a", timestamp_ms=-1))
    s.produce("negative timestamp", topic, s.batch(b"a", timestamp_ms=-2))
    s.produce("wrong largest timestamp", topic, s.batch(b"a", max_timestamp_ms=5))
    s.produce("bit of append time", topic, s.batch(b"a", attributes=LOG_APPEND_TIME))
    s.fetch("what is there", topic)
    append = s.topic("append", message_timestamp_type="LogAppendTime")
    s.produce("append time", append, s.batch(b"a", timestamp_ms=1000))
    s.produce("append time, gzip", append, s.batch(b"a", timestamp_ms=1000, attributes=GZIP))
    s.produce("append time with the bit", append, s.batch(b"a", attributes=LOG_APPEND_TIME))
    s.fetch("appended", append)


def produce_time_defaults(s: Session) -> None:
    topic = s.topic("a")
    s.produce("a day ahead", topic, s.batch(b"a", timestamp_ms=s.now_ms + 24 * _HOUR_MS))
    s.produce("1970", topic, s.batch(b"a", timestamp_ms=1))


def idempotence(s: Session) -> None:
    topic = s.topic("a")

    def put(label: str, sequence: int, count: int = 1, **header) -> None:
        fields = {"producer_id": _OWN_ID, "producer_epoch": 0, "base_sequence": sequence} | header
        s.produce(label, topic, s.batch(*[b"v"] * count, **fields))

    put("unknown producer may begin anywhere", 10)
    for sequence in range(11, 17):
        put(f"sequence {sequence}", sequence)
    put("duplicate of the last", 16)
    put("duplicate of the fifth last", 12)
    put("duplicate of the sixth last", 11)
    put("gap", 19)
    put("longer than the last", 16, count=2)
    put("three records", 17, count=3)
    put("the same three", 17, count=3)
    put("the last of the three", 19)
    put("two of the three", 17, count=2)
    put("new epoch, sequence not 0", 20, producer_epoch=1)
    put("new epoch", 0, producer_epoch=1)
    put("old epoch", 20)
    put("old epoch, duplicate", 17, count=3)
    put("new epoch, duplicate", 0, producer_epoch=1)
    put("new epoch goes on", 1, producer_epoch=1)
    put("epoch skips one", 0, producer_epoch=5)
    put("negative epoch", 0, producer_epoch=-1)
    put("other producer", 0, producer_id=_OWN_ID + 1)
    put("largest producer id", 0, producer_id=2**63 - 1)
    put("negative producer id", 0, producer_id=-2)
    s.call("producers", "DescribeProducers", {"topics": [
        {"name": topic, "partition_indexes": [0]}]})
    s.fetch("what is there", topic, limit=11)


def idempotence_wraps(s: Session) -> None:
    topic = s.topic("a")
    largest = 2**31 - 1

    def put(label: str, sequence: int, count: int = 1) -> None:
        s.produce(label, topic, s.batch(*[b"v"] * count, producer_id=_OWN_ID + 2,
                                        producer_epoch=3, base_sequence=sequence))

    put("near the end", largest - 1)
    put("not the next", 0)
    put("the last", largest)
    put("begins anew", 0)
    put("duplicate before the wrap", largest)
    put("goes on", 1)
    other = s.topic("b")
    for label, sequence, count in (("over the end", largest - 1, 4), ("after", 2, 1),
                                   ("duplicate over the end", largest - 1, 4), ("gap", 5, 1)):
        s.produce(label, other, s.batch(*[b"v"] * count, producer_id=_OWN_ID + 2,
                                        producer_epoch=3, base_sequence=sequence))
    s.call("producers", "DescribeProducers", {"topics": [
        {"name": topic, "partition_indexes": [0]}, {"name": other, "partition_indexes": [0, 1]}]})


def sequences_after_deletion(s: Session) -> None:
    topic = s.topic("a")
    for sequence in range(3):
        s.produce(f"sequence {sequence}", topic, s.batch(
            b"v", producer_id=_OWN_ID + 3, producer_epoch=0, base_sequence=sequence))
    s.call("delete all", "DeleteRecords", {"topics": [
        {"name": topic, "partitions": [{"partition_index": 0, "offset": -1}]}],
        "timeout_ms": 5000})
    s.produce("gap after deletion", topic, s.batch(
        b"v", producer_id=_OWN_ID + 3, producer_epoch=0, base_sequence=7))
    s.produce("duplicate of what is deleted", topic, s.batch(
        b"v", producer_id=_OWN_ID + 3, producer_epoch=0, base_sequence=2))
    s.produce("goes on", topic, s.batch(
        b"v", producer_id=_OWN_ID + 3, producer_epoch=0, base_sequence=3))
