#pragma once

#include "model/link.h"
#include "replication/log_comparison.h"
#include "runtime/runtime.h"
#include "runtime/task.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace lockstep::replication {

struct VerifiedPartition : ComparedRecords {
    std::string topic;
    std::string renamed_to;  // its name on the target; "" where it is the same
    int32_t partition = 0;
    int64_t from = 0;  // what was compared: [from, to), what both logs hold
    int64_t to = 0;
    /// Records that the source held when verify_link() began, and that had not been copied when it
    /// stopped waiting for them. Of more than 10,000 the rest is told by offsets: at most so many.
    uint64_t not_copied = 0;
    std::string problem;  // why it could not be compared; else ""
    std::string cause;    // of the first difference, where offsets are kept; else ""

    bool is_identical() const { return differences == 0 && not_copied == 0 && problem.empty(); }
};

struct LinkVerification {
    std::string name;
    std::string source;
    std::string target;
    std::string problem;         // of the link as a whole; else ""
    bool has_no_topics = false;  // of those asked for: that is a problem too
    std::vector<VerifiedPartition> partitions;
};

struct VerifyRequest {
    std::vector<ClusterSpec> clusters;
    LinkSpec link;                                          // its topics are compared
    std::vector<std::string> only;                          // of these, those that match; else all
    std::optional<int64_t> bytes_per_second;                // at most so much from each cluster
    runtime::Duration patience = std::chrono::seconds(10);  // with a copy that is being made
    std::function<void(const VerifiedPartition&)> told;     // of each partition, when it is done
};

/// Reads both sides of a link as a consumer would and compares them record by record: offset,
/// timestamp, key, value and headers. Batches that are the same byte by byte are not unpacked.
/// What is compared ends where the source ended at the start; for `patience`, from the start on, it
/// waits for the target to come there, since somebody may be copying. Changes nothing.
runtime::Task<LinkVerification> verify_link(runtime::Runtime& runtime, VerifyRequest request,
                                            std::stop_token stop);

}  // namespace lockstep::replication
