#pragma once

#include "client/admin.h"
#include "replication/stream_chain.h"
#include "replication/stream_map.h"

namespace lockstep::replication {

/// A stream whose offsets are not kept, and the target's log that it is in.
struct StreamSearch {
    client::LogPlace log_start;      // of the target's partition
    Offset log_end;                  // its high watermark
    ProducerId id;                   // translated_producer_id()
    std::optional<StreamTail> tail;  // the last batch of the log
};

/// Sets what `map` says of the target right, as its log has it: how many of the stream's records
/// are there, and where. Reads on from where the map ends; the whole log only where the map does
/// not know it.
runtime::Task<Result<void>> find_stream(client::Cluster& target, StreamSearch search,
                                        StreamMap& map, std::stop_token stop);

/// Whether the leader has more of the stream than its high watermark shows, after find_stream:
/// records that were sent before, without an answer. Whoever sends others under their numbers
/// instead, as compaction at the source may want it, would give one number two meanings. Error:
/// `not_enough_replicas_after_append`.
runtime::Task<Result<void>> check_nothing_above(client::Cluster& target, StreamSearch search,
                                                const StreamMap& map, std::stop_token stop);

/// PURE: the number whose sequence is `sequence`, the greatest up to `most`; sequences wrap at
/// 2^31. Below 2^31 where `most` is below the sequence.
Ordinal number_of(Sequence sequence, Ordinal most);

}  // namespace lockstep::replication
