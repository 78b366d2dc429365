#pragma once

#include "model/link.h"
#include "model/link_status.h"
#include "replication/log_cursor.h"
#include "replication/topic_cleanup.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace lockstep::replication {

/// What a comparison has found.
struct ComparedRecords {
    uint64_t records = 0;            // found identical
    uint64_t untouched_batches = 0;  // of these batches, byte by byte the same on both sides
    uint64_t differences = 0;        // that nothing explains
    uint64_t compacted = 0;          // on one side only, in a topic that is compacted
    std::vector<Difference> first;   // the first of the differences
};

/// After `work`, it leaves the loop to others for `rest_factor` times as long.
struct Manners {
    runtime::Duration work{};
    int rest_factor = 0;
};

struct ComparisonRules {
    Cleanup cleanup = Cleanup::deleted;
    AppendTimeRule append_time = AppendTimeRule::keep;
};

/// Compares what two cursors see, record by record: offset, timestamp, key, value and headers.
/// Batches that are the same byte by byte are not unpacked. Lives for one part of one partition.
class LogComparison {
public:
    /// Counts into `found`, which outlives it.
    LogComparison(LogCursor source, LogCursor target, ComparisonRules rules, ComparedRecords& found)
        : source_(std::move(source)), target_(std::move(target)), rules_(rules), found_(found) {}

    void be_polite(Manners manners) { manners_ = manners; }

    /// To the end of both cursors. Errors: theirs, and `stopped`.
    runtime::Task<Result<void>> run(std::stop_token stop);

private:
    runtime::Task<Result<void>> load(std::stop_token stop);
    bool wants_rest() const;
    runtime::Task<void> rest(std::stop_token stop);
    bool skip_same_batch();
    void compare();
    void only_at_source();
    void only_on_target();
    void note(Offset offset, Difference::Kind kind);

    LogCursor source_;
    LogCursor target_;
    ComparisonRules rules_;
    ComparedRecords& found_;
    std::optional<Manners> manners_;
    runtime::TimePoint rested_at_{};
};

}  // namespace lockstep::replication
