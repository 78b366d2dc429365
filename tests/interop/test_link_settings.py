"""What a link may be told about how it works: the size of the batches that it makes."""

import pytest

from records import assert_same_records, produce
from segments import batches
from test_settings import Told


@pytest.mark.parametrize("offsets", ["preserve", "translate"])
def test_batch_size(source, target, lockstep, name, offsets):
    """Bounds what is merged; a batch of the producer's that is larger passes as it is."""
    topic = source.create_topic(name, 1)
    produce(source, topic, [f"{i} " + "v" * 700 for i in range(600)], batch_num_messages=1)
    produce(source, topic, ["w" * 1000] * 100, linger_ms=500)
    process = lockstep(Told(source, target, [topic], offsets=offsets,
                            more="    batch_size: 16KiB\n"))
    process.wait_lag_zero(topic)
    assert assert_same_records(source, target, topic) == 700
    at_source = batches(source.partition_directory(topic, 0))
    copied = batches(target.partition_directory(topic, 0))
    merged = [batch for batch in copied if batch.records[:200].find(b"v") >= 0]
    assert len(merged) < 100 and max(batch.size for batch in merged) <= 16 << 10
    whole = {batch.records for batch in at_source if batch.size > 16 << 10}
    assert whole and whole <= {batch.records for batch in copied}
