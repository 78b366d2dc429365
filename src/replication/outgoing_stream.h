#pragma once

#include "client/batch_producer.h"
#include "protocol/record_batch.h"
#include "replication/batch_rewrite.h"

#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace lockstep::replication {

/// A batch of the source as it was fetched.
struct FetchedBatch {
    protocol::RecordBatchView batch;
    bool is_aborted = false;  // its transaction was
    const Slice& frame;       // that the batch lies in

    /// The batch with an owner of its own.
    Slice bytes() const {
        const auto at = static_cast<size_t>(batch.bytes().data() - frame.data);
        return frame.part(at, batch.bytes().size());
    }
};

using Outgoing = std::variant<client::OutgoingBatch, client::OutgoingGap>;

/// Makes what is sent to the target's partition out of what was fetched from the source's. One for
/// each time that a partition begins to be copied.
class OutgoingStream {
public:
    virtual ~OutgoingStream() = default;

    /// Takes the source's next batch. Errors are about what cannot be read or made; what was taken
    /// before is sent all the same.
    virtual Result<void> take(const FetchedBatch& fetched) = 0;

    /// No more is at hand: what was held back joins what is to be sent.
    virtual Result<void> flush() = 0;

    /// What is to be sent, in order; each once.
    std::vector<Outgoing> take_outgoing() { return std::exchange(outgoing_, {}); }

    /// The source offset behind all that was taken.
    Offset next_fetch() const { return next_fetch_; }

    /// Whether batches were merged.
    bool has_merged() const { return has_merged_; }

protected:
    explicit OutgoingStream(Offset next_fetch) : next_fetch_(next_fetch) {}

    std::vector<Outgoing> outgoing_;
    Offset next_fetch_;
    bool has_merged_ = false;
};

/// A fetched batch, as it goes out with another header.
client::OutgoingBatch outgoing_batch(const protocol::RecordBatchView& batch, Slice bytes);

/// A batch that was made here; its base offset is where it is expected to land.
client::OutgoingBatch outgoing_batch(Bytes made);

}  // namespace lockstep::replication
