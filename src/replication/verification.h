#pragma once

#include "model/link.h"
#include "runtime/runtime.h"
#include "runtime/task.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace lockstep::replication {

/// One offset at which the clusters differ.
struct Difference {
    enum class Kind { content, only_at_source, only_on_target };
    int64_t offset = 0;
    Kind kind = Kind::content;
};

struct VerifiedPartition {
    std::string topic;
    int32_t partition = 0;
    int64_t from = 0;  // what was compared: [from, to), what both logs hold
    int64_t to = 0;
    uint64_t records = 0;            // found identical
    uint64_t untouched_batches = 0;  // of these batches, byte by byte the same on both sides
    uint64_t differences = 0;        // that nothing explains
    uint64_t compacted = 0;          // on one side only, in a topic that is compacted
    std::vector<Difference> first;   // the first of the differences
    std::string problem;             // why it could not be compared; else ""

    bool is_identical() const { return differences == 0 && problem.empty(); }
};

struct LinkVerification {
    std::string name;
    std::string source;
    std::string target;
    std::string problem;  // of the link as a whole; else ""
    std::vector<VerifiedPartition> partitions;
};

struct VerifyRequest {
    std::vector<ClusterSpec> clusters;
    LinkSpec link;                                       // its topics are compared
    std::function<void(const VerifiedPartition&)> told;  // of each partition, when it is done
};

/// Reads both sides of a link as a consumer would and compares them record by record: offset,
/// timestamp, key, value and headers. Batches that are the same byte by byte are not unpacked.
/// Changes nothing.
runtime::Task<LinkVerification> verify_link(runtime::Runtime& runtime, VerifyRequest request,
                                            std::stop_token stop);

}  // namespace lockstep::replication
