#pragma once

#include "client/admin.h"
#include "client/cluster.h"
#include "replication/cut_search.h"
#include "replication/transaction_identity.h"
#include "runtime/task_group.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::replication {

/// Where partitions end, at the high watermark, or with `timestamp` the first offset of that time
/// (-1: none); in the order of `partitions`. One partition that does not answer is an error.
struct OffsetsOf {
    std::vector<TopicPartition> partitions;
    int64_t timestamp = client::kLatestOffset;
};
runtime::Task<Result<std::vector<Offset>>> offsets_of(client::Cluster& cluster, OffsetsOf asked,
                                                      std::stop_token stop);

/// What the source's logs tell of transactions: reads batches and keeps what their headers say.
/// Lives for one find_cut(); `close()` it before it is destroyed.
class TransactionSource {
public:
    TransactionSource(client::Cluster& source, std::vector<TopicPartition> partitions);

    /// Finds out where the logs begin and end. To be called when it is known what was copied: then
    /// all records of transactions of which something was copied are before the ends.
    runtime::Task<Result<void>> look(std::stop_token stop);

    /// Looks some more times at the ends, and moves them on: a producer is seldom in the middle of
    /// a commit each time.
    runtime::Task<Result<void>> look_more(std::stop_token stop);

    const std::vector<Offset>& starts() const { return starts_; }
    const std::vector<Offset>& ends() const { return moments_.back().partitions; }

    /// Each ends where the partition ended at the last moment. Earlier scans are forgotten.
    runtime::Task<Result<void>> scan(std::vector<ScanFrom> wanted, std::stop_token stop);
    runtime::Task<Result<void>> scan_since(std::vector<ScanSince> wanted, std::stop_token stop);

    /// Reads what the coordinators wrote down from a time on. Where that fails, there is no
    /// history, and history_problem() says why.
    runtime::Task<void> read_history(int64_t since_ms, std::stop_token stop);

    /// "" where nothing is known to stand against reading it.
    const std::string& history_problem() const { return history_problem_; }

    SourceView view() const;

    runtime::Task<void> close() { return tasks_.join(); }

private:
    runtime::Task<Result<void>> take_moment(std::stop_token stop);
    runtime::Task<std::vector<Offset>> log_ends(std::stop_token stop);
    runtime::Task<void> scan_one(ScanFrom place, std::stop_token stop);
    runtime::Task<Result<PartitionScan>> scanned(ScanFrom place, std::stop_token stop);
    runtime::Task<Result<void>> read_logs(int64_t since_ms, std::stop_token stop);
    runtime::Task<Result<void>> read_log(size_t log, Offset from, TransactionHistoryReader& reader,
                                         std::stop_token stop);

    /// A stretch of one log, whose batches are shown one by one.
    struct Stretch {
        TopicPartition partition;
        Offset from;
        Offset end;
        std::function<Result<void>(const protocol::RecordBatchView&)> show;
    };
    runtime::Task<Result<void>> read(Stretch stretch, std::stop_token stop);

    client::Cluster& source_;
    std::vector<TopicPartition> partitions_;
    TransactionHistoryReader::PartitionNumbers numbers_;
    std::vector<TopicPartition> logs_;  // the coordinators'
    std::vector<Offset> starts_;
    std::vector<SourceMoment> moments_;
    std::vector<PartitionScan> scans_;
    std::optional<TransactionHistory> history_;
    std::string history_problem_;
    std::optional<Error> scan_error_;
    runtime::Signal freed_;
    runtime::TaskGroup tasks_;
};

}  // namespace lockstep::replication
