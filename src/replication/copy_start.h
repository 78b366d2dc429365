#pragma once

// Where a copy begins of which there is nothing yet (`links.start`): asked by a link that begins,
// and by a plan that says where it would.

#include "client/admin.h"
#include "model/link.h"
#include "replication/resume_point.h"

#include <map>
#include <vector>

namespace lockstep::replication {

/// Whether the rule decides where a partition begins: the target has nothing of it, neither records
/// nor a map (`has_map`) of them.
bool is_start_open(const PartitionLogs& logs, bool has_map);

/// Partitions of one leader, and the rule that is to be applied to them.
struct StartQuery {
    BrokerId leader;
    std::vector<TopicPartition> partitions;
    StartRule rule;
};

/// By partition, the first record that is not older than the rule's time; -1 where all are older.
using RecordsOfTime = std::map<TopicPartition, Result<Offset>>;

/// Asks the leader where the rule is a time; else there is nothing to ask, and the answer is empty.
runtime::Task<RecordsOfTime> find_records_of_time(client::Cluster& source, StartQuery query,
                                                  std::stop_token stop);

/// PURE: makes the place where the copy begins its source's start. Errors: those of `found`, and
/// `malformed` where the partition is not in it although the rule is a time.
Result<void> begin_late(const StartRule& rule, const TopicPartition& id, const RecordsOfTime& found,
                        PartitionLogs& logs);

}  // namespace lockstep::replication
