#pragma once

#include "client/admin.h"
#include "model/topic_names.h"
#include "protocol/record_batch.h"
#include "replication/resume_point.h"

#include <functional>
#include <map>
#include <vector>

namespace lockstep::replication {

/// Where the logs of one cluster begin and end, and what stands against those that are not known.
struct LogEnds {
    struct Range {
        Offset start;
        Offset end;  // the high watermark

        bool operator==(const Range&) const = default;
    };
    std::map<TopicPartition, Range> ranges;
    std::map<TopicPartition, Error> errors;
};

/// All partitions must be led by `leader`. Each of them is in one of the answer's maps.
runtime::Task<LogEnds> read_ends(client::Cluster& cluster, BrokerId leader,
                                 std::vector<TopicPartition> partitions, std::stop_token stop);

/// The same of any partitions, by a request to each leader. One without a leader is in no map.
runtime::Task<LogEnds> read_all_ends(client::Cluster& cluster,
                                     std::vector<TopicPartition> partitions, std::stop_token stop);

/// Puts both clusters' ends of one partition together, or says why they are not known.
Result<PartitionLogs> logs_from(const LogEnds& source, const LogEnds& target,
                                const PartitionNames& partition);

/// What a target's log ends with.
struct TargetTail {
    std::optional<StreamTail> tail;  // nothing in an empty log that nobody remembers
    bool ends_there = false;         // it was read from the log, and ends where it was asked for
};

/// The last batch of a target's log that ends at `end.offset`. Where the log holds none any more:
/// what its leader still remembers of `stream` (producers outlive their records by a day), or else
/// of the stream of a topic that had this name before, if anything; or the log has another end by
/// now.
runtime::Task<Result<TargetTail>> read_target_tail(client::Cluster& target, client::LogPlace end,
                                                   ProducerId stream, std::stop_token stop);

/// Looks at a batch, and says whether it wants the next one, too.
using BatchVisitor = std::function<Result<bool>(const protocol::RecordBatchView& batch)>;

/// Shows the batches that one fetch from `place` on brings, also of transactions that are open or
/// aborted, and moves `place` behind each behind which more is wanted. Whether it has moved:
/// else there is no more, or what is behind has been compacted away.
runtime::Task<Result<bool>> visit_batches(client::Cluster& cluster, client::LogPlace& place,
                                          BatchVisitor visitor, std::stop_token stop);

}  // namespace lockstep::replication
