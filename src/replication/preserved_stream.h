#pragma once

#include "replication/batch_rewrite.h"
#include "replication/outgoing_stream.h"
#include "replication/stream_chain.h"

#include <functional>

namespace lockstep::replication {

/// A partition whose offsets are kept: every source offset is taken up on the target, by its record
/// or, where the source has none that a consumer would see, by a marker.
class PreservedStream final : public OutgoingStream {
public:
    struct MarkerRules {
        std::function<Result<void>()> may_write;
        int32_t coordinator_epoch = 0;  // above that of every chain before this one
    };

    /// Goes on at `next`, the end of the target's log, behind what `chain` knows of.
    PreservedStream(Offset next, StreamChain chain, BatchLimits limits, MarkerRules markers);

    Result<void> take(const FetchedBatch& fetched) override;
    Result<void> flush() override;

private:
    Result<void> copy(const FetchedBatch& fetched);
    Result<void> keep_tiny(const FetchedBatch& fetched);
    Result<void> send_tiny();
    Result<void> send_rewritten(const protocol::RecordBatchView& batch);
    Result<void> send_records(client::OutgoingBatch batch);
    Result<void> fill_to(Offset end);
    void close_gap();

    StreamChain chain_;
    BatchLimits limits_;
    MarkerRules marker_rules_;
    /// Tiny batches before next_fetch_, of the answer that is being taken, that may be merged.
    std::vector<protocol::RecordBatchView> tiny_;
    Slice first_tiny_;
    size_t tiny_bytes_ = 0;
    int64_t open_gap_ = 0;  // offsets before next_fetch_ that are still to be sent as a gap
};

}  // namespace lockstep::replication
