#pragma once

#include "protocol/record_batch_builder.h"
#include "replication/outgoing_stream.h"
#include "replication/resume_point.h"

#include <optional>

namespace lockstep::replication {

/// A partition whose records get the target's next offsets. Holes of the source leave no trace:
/// batches with holes are made anew, without. Records are written under one producer id, with their
/// numbers as sequence, so that the target takes each once and in order (KIP-98).
class TranslatedStream final : public OutgoingStream {
public:
    TranslatedStream(const StreamPlace& place, ProducerId id, BatchLimits limits);

    Result<void> take(const FetchedBatch& fetched) override;
    Result<void> flush() override;

    /// The runs of the source's side that what is to be sent begins; they have to be stored first.
    std::vector<OffsetRun> take_new_runs() { return std::exchange(new_runs_, {}); }

private:
    Result<void> forward(const FetchedBatch& fetched);
    Result<void> add_records(const protocol::RecordBatchView& batch);
    void note(Offset source, int64_t records);

    ProducerId id_;
    BatchLimits limits_;
    Ordinal next_;                    // the number of the next record
    std::optional<Offset> expected_;  // where it is, unless a new run begins
    std::vector<OffsetRun> new_runs_;

    /// Records of small batches, and of those with holes, that are put together.
    std::optional<protocol::RecordBatchBuilder> made_;
    Offset made_at_;  // the first one's offset at the source
    protocol::Codec codec_ = protocol::Codec::none;
    int batches_in_made_ = 0;
};

}  // namespace lockstep::replication
