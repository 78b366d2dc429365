"""Every Kafka to every Kafka, with every codec: the copy is the source, record by record."""

import pytest

from java_tools import console_lines, load
from lockstep import Link
from paths import KAFKA_VERSIONS
from records import CODECS, assert_same_records, produce_mixed
from segments import batches

PARTITIONS = 2
FROM_LIBRDKAFKA = 120  # records per topic
FROM_JAVA = 80
RECORDS = len(CODECS) * (FROM_LIBRDKAFKA + FROM_JAVA)
FULL_BATCHES = 60_000  # ms that a producer waits for more: small neighbours would be merged
TAGGED = 1 << 62  # producer ids of Lockstep have this bit


def topic_name(source_version: str, codec: str) -> str:
    return f"pair-from-{source_version}-{codec}"


@pytest.fixture(scope="module")
def sources(clusters) -> dict[str, list[str]]:
    """For each version the lines that its console consumer prints of the source topics."""
    clusters.start_all()
    for version in KAFKA_VERSIONS:
        source = clusters.source(version)
        topics = [source.create_topic(topic_name(version, codec), PARTITIONS) for codec in CODECS]
        for topic, codec in zip(topics, CODECS):
            produce_mixed(source, topic, codec, FROM_LIBRDKAFKA)
        load(source, ",".join(topics), FROM_JAVA, shape="mixed", codec=",".join(CODECS),
             linger_ms=FULL_BATCHES)
    return {version: console_lines(clusters.source(version), "pair-from-.*", RECORDS)
            for version in KAFKA_VERSIONS}


@pytest.mark.parametrize("target_version", KAFKA_VERSIONS)
@pytest.mark.parametrize("source_version", KAFKA_VERSIONS)
def test_copy_equals_source(clusters, sources, lockstep, source_version, target_version):
    source, target = clusters.source(source_version), clusters.target(target_version)
    topics = [topic_name(source_version, codec) for codec in CODECS]
    process = lockstep(Link(source, target, [topics[0], f"pair-from-{source_version}-[g-z].*"]))
    process.wait_copied(*topics)

    for topic in topics:
        assert assert_same_records(source, target, topic) == FROM_LIBRDKAFKA + FROM_JAVA
    assert console_lines(target, f"pair-from-{source_version}-.*", RECORDS) == \
        sources[source_version]
    for topic, codec in zip(topics, CODECS):
        assert_batches_are_freight(source, target, topic, codec)


def assert_batches_are_freight(source, target, topic: str, codec: str) -> None:
    """On the brokers' disks: the same batches, byte for byte behind their headers."""
    for partition in range(PARTITIONS):
        before = batches(source.partition_directory(topic, partition))
        after = batches(target.partition_directory(topic, partition))
        assert [(b.base_offset, b.last_offset, b.codec) for b in after] == \
            [(b.base_offset, b.last_offset, b.codec) for b in before]
        assert [b.records for b in after] == [b.records for b in before]
        assert {b.codec for b in after} >= {codec}
        assert all(b.producer_id & TAGGED for b in after)
        assert [b.first_sequence for b in after] == [b.base_offset for b in before]
