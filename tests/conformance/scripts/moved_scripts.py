"""Leader epochs above 0: broker 1 was killed, its leaders have moved, and it has come back."""

from session import Session
from spread_scripts import MOVING, write_metadata


def _wait_for_leader(s: Session, leader: int) -> None:
    """And until all replicas are in sync."""
    s.wait("Metadata", {"topics": [{"name": MOVING}]}, lambda a: all(
        p["leader_id"] == leader and len(p["isr_nodes"]) == 3
        for p in a["topics"][0]["partitions"] if p["partition_index"] == 0))
    s.wait("ListOffsets", {"replica_id": -1, "topics": [
        {"name": MOVING, "partitions": [{"partition_index": 0, "timestamp": -1}]}]},
        lambda a: a["topics"][0]["partitions"][0]["error_code"] == 0, f"broker {leader}")


def _ask_epochs(s: Session, label: str, on: str) -> None:
    for epoch in range(4):
        s.call(f"{label}, end of epoch {epoch}", "OffsetForLeaderEpoch", {
            "replica_id": -1, "topics": [{"topic": MOVING, "partitions": [
                {"partition": 0, "current_leader_epoch": -1, "leader_epoch": epoch}]}]}, on=on)


def leaders_after_they_moved(s: Session) -> None:
    _wait_for_leader(s, 2)
    old, new = "broker 1", "broker 2"
    s.normal(s.topic_id(MOVING), "topic_id")
    write_metadata(s)
    _ask_epochs(s, "moved", new)
    s.produce("to the new leader", MOVING, s.batch(b"e"), on=new)
    _ask_epochs(s, "written", new)
    s.fetch("all", MOVING, on=new)
    for epoch in range(3):
        s.fetch(f"claimed epoch {epoch}", MOVING, 3, current_leader_epoch=epoch, on=new)
        s.call(f"claimed epoch {epoch}", "ListOffsets", {"replica_id": -1, "topics": [
            {"name": MOVING, "partitions": [{"partition_index": 0, "timestamp": -1,
                                             "current_leader_epoch": epoch}]}]}, on=new)
        s.call(f"claimed epoch {epoch}", "OffsetForLeaderEpoch", {
            "replica_id": -1, "topics": [{"topic": MOVING, "partitions": [
                {"partition": 0, "current_leader_epoch": epoch, "leader_epoch": 0}]}]}, on=new)
    for epoch in range(3):
        for offset in (3, 4):
            s.fetch(f"at {offset} after epoch {epoch}", MOVING, offset, last_fetched_epoch=epoch,
                    on=new)
    s.produce("to the old leader", MOVING, s.batch(b"f"), on=old)
    s.fetch("of the old leader", MOVING, version=10, on=old)
    s.call("offsets of the old leader", "ListOffsets", {"replica_id": -1, "topics": [
        {"name": MOVING, "partitions": [{"partition_index": 0, "timestamp": -1,
                                         "current_leader_epoch": 0}]}]}, on=old)
    s.call("back to the preferred leader", "ElectLeaders", {"election_type": 0, "timeout_ms": 5000,
           "topic_partitions": [{"topic": MOVING, "partitions": [0, 1]}]})
    _wait_for_leader(s, 1)
    _ask_epochs(s, "back", old)
    s.produce("to the first leader", MOVING, s.batch(b"g"), on=old)
    _ask_epochs(s, "back and written", old)
    s.fetch("all in the end", MOVING, on=old)
