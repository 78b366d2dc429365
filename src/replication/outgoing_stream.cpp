#include "replication/outgoing_stream.h"

#include "base/assert.h"

namespace lockstep::replication {

client::OutgoingBatch outgoing_batch(const protocol::RecordBatchView& batch, Slice bytes) {
    client::OutgoingBatch outgoing;
    outgoing.base_offset = batch.base_offset();
    outgoing.record_count = batch.record_count();
    outgoing.max_timestamp_ms = batch.max_timestamp();
    outgoing.bytes = std::move(bytes);
    return outgoing;
}

client::OutgoingBatch outgoing_batch(Bytes made) {
    Slice bytes = owned_slice(std::move(made));
    const auto batch = protocol::RecordBatchView::open(bytes.view());
    LS_ASSERT(batch.has_value());
    return outgoing_batch(*batch, std::move(bytes));
}

}  // namespace lockstep::replication
