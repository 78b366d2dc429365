#include "replication/carried_streams.h"

#include "base/assert.h"
#include "replication/batch_rewrite.h"

#include <algorithm>

namespace lockstep::replication {
namespace {

Offset first_of(const std::vector<TranslatedStream>& streams) {
    LS_ASSERT(!streams.empty());
    Offset first = streams.front().next_fetch();
    for (const TranslatedStream& stream : streams) {
        first = std::min(first, stream.next_fetch());
    }
    return first;
}

}  // namespace

CarriedStreams::CarriedStreams(CarriedOrigins origins, std::vector<TranslatedStream> streams)
    : OutgoingStream(first_of(streams)),
      origins_(std::move(origins)),
      streams_(std::move(streams)) {
    LS_ASSERT(streams_.size() == origins_.count());
}

Result<void> CarriedStreams::take(const FetchedBatch& fetched) {
    const Offset end = fetched.batch.next_offset();  // before its header is written over
    const auto stream = origins_.stream_of(fetched.batch.producer_id());
    has_others_ = has_others_ || origins_.is_of_third(fetched.batch.producer_id());
    has_targets_own_ = has_targets_own_ || origins_.is_of_target(fetched.batch.producer_id());
    if (stream) {
        if (*stream != current_) {
            LS_CHECK(flush());
            current_ = *stream;
        }
        auto taken = streams_[current_].take(fetched);
        collect(current_);
        LS_CHECK(std::move(taken));
    } else if (end > next_fetch_) {
        LS_CHECK(check_crc(fetched.batch));  // what it is taken for must be true
        const int32_t records = fetched.batch.is_control() ? 0 : fetched.batch.record_count();
        skipped_ += static_cast<uint64_t>(std::max(records, 0));
    }
    next_fetch_ = std::max(next_fetch_, end);
    return {};
}

Result<void> CarriedStreams::flush() {
    auto flushed = streams_[current_].flush();
    collect(current_);
    return flushed;
}

void CarriedStreams::collect(size_t stream) {
    for (Outgoing& next : streams_[stream].take_outgoing()) {
        std::get<client::OutgoingBatch>(next).stream = stream;
        outgoing_.push_back(std::move(next));
    }
    has_merged_ = has_merged_ || streams_[stream].has_merged();
}

std::vector<CarriedStreams::NewRuns> CarriedStreams::take_new_runs() {
    std::vector<NewRuns> all;
    for (size_t stream = 0; stream < streams_.size(); ++stream) {
        auto runs = streams_[stream].take_new_runs();
        if (!runs.empty()) {
            all.push_back({stream, std::move(runs)});
        }
    }
    return all;
}

}  // namespace lockstep::replication
