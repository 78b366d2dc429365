"""Reading: limits, sessions, offsets by time, leader epochs, and the deletion of records."""

from record_batches import GZIP, ZSTD, Record
from session import Session

_LATEST, _EARLIEST, _LARGEST_TIME, _LOCAL, _TIERED = -1, -2, -3, -4, -5


def fetch_limits(s: Session) -> None:
    topic = s.topic("a")
    for letter in "abcde":
        s.produce(f"500 of {letter}", topic, s.batch(letter.encode() * 500))
    s.fetch("from the start", topic)
    s.fetch("from the middle", topic, 2)
    s.fetch("from the end", topic, 5)
    s.fetch("beyond the end", topic, 6)
    s.fetch("negative", topic, -1)
    s.fetch("the first batch comes whole", topic, 1, max_bytes=1)
    s.fetch("no bytes at all", topic, 1, max_bytes=0)
    s.fetch("two batches", topic, 1, max_bytes=1300)
    s.fetch("version 4", topic, 3, version=4)
    s.fetch("version 11", topic, 4, version=11)
    s.fetch("unknown topic", s.name("absent"))
    s.fetch("unknown partition", topic, partition=5)
    s.fetch("fenced epoch", topic, current_leader_epoch=-2)
    s.fetch("unknown epoch", topic, current_leader_epoch=9)
    s.fetch("right epoch", topic, 4, current_leader_epoch=0)
    s.fetch("diverging epoch", topic, 4, last_fetched_epoch=9)
    s.fetch("the same epoch", topic, 4, last_fetched_epoch=0)
    s.fetch("isolation 2", topic, 4, isolation=2)


def fetch_within_a_batch(s: Session) -> None:
    topic = s.topic("a")
    s.produce("five", topic, s.batch(b"a", b"b", b"c", b"d", b"e"))
    s.fetch("from its third record", topic, 2)
    s.produce("gzip", topic, s.batch(b"f", b"g", b"h", attributes=GZIP))
    s.fetch("from its second record", topic, 6)


def fetch_of_zstd(s: Session) -> None:
    """Old versions of Fetch are refused by the topic's setting, not by what its batches are."""
    by_topic = s.topic("a", compression_type="zstd")
    s.produce("recompressed", by_topic, s.batch(b"a", b"b"))
    by_producer = s.topic("b")
    s.produce("zstd", by_producer, s.batch(b"a", b"b", attributes=ZSTD))
    for version in (4, 9, 10, s.newest("Fetch", 12)):
        s.fetch(f"version {version}, the topic's", by_topic, version=version)
        s.fetch(f"version {version}, beyond the end", by_topic, 9, version=version)
        s.fetch(f"version {version}, the producer's", by_producer, version=version)


def fetch_of_many(s: Session) -> None:
    topic = s.topic("a", 3)
    for partition in range(3):
        for _ in range(2):
            s.produce(f"to {partition}", topic, s.batch(b"x" * 400), partition=partition)

    def fetch(label: str, max_bytes: int, min_bytes: int = 0) -> None:
        s.call(label, "Fetch", {
            "replica_id": -1, "max_wait_ms": 200, "min_bytes": min_bytes, "max_bytes": max_bytes,
            "session_epoch": -1, "topics": [{"topic": topic, "partitions": [
                {"partition": i, "fetch_offset": 0, "partition_max_bytes": 600}
                for i in range(3)]}]}, limit=12)

    fetch("each gets a batch", 100_000)
    fetch("the first gets a batch", 1)
    fetch("all is used up", 1000)
    fetch("more than there is", 100_000, 1 << 20)


def fetch_by_id(s: Session) -> None:
    if s.newest("Fetch") < 13:
        return
    topic = s.topic("a")
    s.produce("one", topic, s.batch(b"a"))

    def fetch(label: str, topic_id: str, **fields) -> None:
        partition = {"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1 << 20}
        s.call(label, "Fetch", {
            "max_wait_ms": 0, "max_bytes": 1 << 20, "session_epoch": -1, "topics": [
                {"topic_id": topic_id, "partitions": [partition | fields]}]},
            version=s.newest("Fetch", 17))

    fetch("good", s.topic_id(topic))
    fetch("unknown id", "bm90IGFuIGlkIG9mIG91cg")
    fetch("zero id", "A" * 22)
    fetch("unknown partition", s.topic_id(topic), partition=3)
    fetch("unknown epoch", s.topic_id(topic), current_leader_epoch=4)
    fetch("out of range", s.topic_id(topic), fetch_offset=4)


def fetch_sessions(s: Session) -> None:
    topic = s.topic("a", 3)

    def fetch(label: str, session: int, epoch: int, partitions: dict, forget=()) -> dict:
        return s.call(label, "Fetch", {
            "replica_id": -1, "max_wait_ms": 0, "min_bytes": 0, "max_bytes": 1 << 20,
            "session_id": session, "session_epoch": epoch, "topics": [
                {"topic": topic, "partitions": [
                    {"partition": index, "fetch_offset": offset, "partition_max_bytes": 1 << 20}
                    for index, offset in partitions.items()]}] if partitions else [],
            "forgotten_topics_data": [{"topic": topic, "partitions": list(forget)}]
            if forget else []}, limit=12)

    first = fetch("full", 0, 0, {0: 0, 1: 0, 2: 0})["session_id"]
    fetch("nothing new", first, 1, {})
    s.produce("to 1", topic, s.batch(b"a"), partition=1)
    fetch("what is new", first, 2, {})
    fetch("again, as the offset did not move", first, 3, {})
    fetch("moved", first, 4, {1: 1})
    s.produce("to 1 again", topic, s.batch(b"b"), partition=1)
    s.produce("to 2", topic, s.batch(b"c"), partition=2)
    fetch("1 is forgotten", first, 5, {}, forget=[1])
    fetch("wrong epoch", first, 9, {})
    fetch("after the wrong epoch", first, 6, {2: 1})
    fetch("repeated epoch", first, 6, {})
    fetch("out of range in a session", first, 7, {2: 50})
    fetch("still out of range", first, 8, {})
    fetch("unknown partition in a session", first, 9, {7: 0})
    fetch("unknown session", 12345, 1, {})
    fetch("unknown session that is to be closed", 12345, -1, {0: 0})
    fetch("full, in place of the old", first, 0, {0: 0})
    fetch("the old one is gone", first, 1, {})
    second = fetch("another", 0, 0, {0: 0})["session_id"]
    fetch("closed", second, -1, {0: 0})
    fetch("closed is gone", second, 1, {})
    fetch("epoch without session", 0, 3, {0: 0})
    fetch("empty full fetch", 0, 0, {})
    s.fetch("sessions before version 7", topic, version=6)


def list_offsets(s: Session) -> None:
    topic = s.topic("a")
    base = s.now_ms - 10_000

    def ask(label: str, timestamp: int, **how) -> None:
        partition = {"partition_index": how.pop("partition", 0), "timestamp": timestamp,
                     "current_leader_epoch": how.pop("epoch", -1)}
        s.call(label, "ListOffsets", {
            "replica_id": -1, "isolation_level": how.pop("isolation", 0), "topics": [
                {"name": how.pop("topic", topic), "partitions": [partition]}]}, **how)

    for special in (_LATEST, _EARLIEST, _LARGEST_TIME, _LOCAL, _TIERED, -6, 0):
        ask(f"empty, {special}", special)
    s.produce("times 0 1 2", topic, s.batch(records=[
        Record(b"a", timestamp_delta=i) for i in range(3)], timestamp_ms=base))
    s.produce("times 500 300", topic, s.batch(records=[
        Record(b"a", timestamp_delta=500), Record(b"b", timestamp_delta=300)], timestamp_ms=base))
    s.produce("time 100", topic, s.batch(b"c", timestamp_ms=base + 100))
    for special in (_LATEST, _EARLIEST, _LARGEST_TIME, _LOCAL, _TIERED, -6, -7):
        ask(f"full, {special}", special)
    for after in (-5, 0, 1, 2, 3, 100, 300, 301, 500, 501):
        ask(f"time {after}", base + after)
    ask("version 4", base + 1, version=4)
    ask("read committed", _LATEST, isolation=1)
    ask("isolation 9", _LATEST, isolation=9)
    ask("fenced epoch", _LATEST, epoch=-3)
    ask("unknown epoch", _LATEST, epoch=4)
    ask("right epoch", _LATEST, epoch=0)
    ask("unknown topic", _LATEST, topic=s.name("absent"))
    ask("unknown partition", _LATEST, partition=3)
    s.call("a partition twice", "ListOffsets", {"replica_id": -1, "topics": [
        {"name": topic, "partitions": [{"partition_index": 0, "timestamp": -1},
                                       {"partition_index": 0, "timestamp": -2}]}]})


def delete_records(s: Session) -> None:
    s.coordinate(s.name("g"))  # so that the internal topic is there
    topic = s.topic("a", 2)
    for letter in "abcd":
        s.produce(f"{letter}", topic, s.batch(letter.encode(), b"x"))

    def delete(label: str, offset: int, partition: int = 0, name: str = topic) -> None:
        s.call(label, "DeleteRecords", {"topics": [{"name": name, "partitions": [
            {"partition_index": partition, "offset": offset}]}], "timeout_ms": 5000})

    delete("before 3", 3)
    s.fetch("below the start", topic, 2)
    s.fetch("at the start, within a batch", topic, 3)
    s.call("earliest", "ListOffsets", {"replica_id": -1, "topics": [
        {"name": topic, "partitions": [{"partition_index": 0, "timestamp": -2}]}]})
    s.call("time 0", "ListOffsets", {"replica_id": -1, "topics": [
        {"name": topic, "partitions": [{"partition_index": 0, "timestamp": 0}]}]})
    delete("back again", 1)
    delete("beyond the end", 9)
    delete("negative", -2)
    delete("all", -1)
    delete("all of nothing", -1, partition=1)
    delete("unknown partition", 0, partition=4)
    delete("unknown topic", 0, name=s.name("absent"))
    delete("internal topic", 0, name="__consumer_offsets")
    s.produce("after it", topic, s.batch(b"e"))
    s.fetch("goes on", topic, 8)
    compacted = s.topic("compacted", cleanup_policy="compact")
    s.produce("keyed", compacted, s.batch(records=[Record(b"v", b"k")]))
    delete("compacted", 1, name=compacted)
    both = s.topic("both", cleanup_policy="compact,delete")
    s.produce("keyed, both", both, s.batch(records=[Record(b"v", b"k")]))
    delete("both policies", 1, name=both)


def leader_epochs(s: Session) -> None:
    topic = s.topic("a")

    def ask(label: str, epoch: int, current: int = -1, **how) -> None:
        s.call(label, "OffsetForLeaderEpoch", {"replica_id": -1, "topics": [
            {"topic": how.pop("topic", topic), "partitions": [
                {"partition": how.pop("partition", 0), "current_leader_epoch": current,
                 "leader_epoch": epoch}]}]}, **how)

    ask("empty log", 0)
    s.produce("two", topic, s.batch(b"a", b"b"))
    for epoch in (0, 1, 9, -1, -2):
        ask(f"epoch {epoch}", epoch)
    ask("right current epoch", 0, 0)
    ask("unknown current epoch", 0, 3)
    ask("negative current epoch", 0, -2)
    ask("unknown topic", 0, topic=s.name("absent"))
    ask("unknown partition", 0, partition=2)
    ask("version 2", 0, version=2)
