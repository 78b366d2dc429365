#pragma once

// How the target stands towards what it follows of the source, besides the records: the values
// behind `status`, REST and metrics.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

///     off    starting --looked at--> in_step <-> drifted     drift stays until somebody decides
///                 `---------------> failing <-> the others   tried again by itself
///     unavailable   there is nothing to follow: a cluster has no ACLs, for example
enum class FollowState { off, starting, in_step, drifted, failing, unavailable };

std::string_view to_string(FollowState state);

/// One setting that is not on the target as the source would have it, and why it stays so.
struct Drift {
    std::string resource;               // a topic, for example
    std::string key;                    // of the setting
    std::optional<std::string> wanted;  // nothing: it would not be set
    std::optional<std::string> found;   // on the target
    std::string reason;

    bool operator==(const Drift&) const = default;
};

struct FollowStatus {
    FollowState state = FollowState::off;
    std::string problem;                   // why it is failing, or unavailable; else ""
    size_t in_step = 0;                    // settings that are as they should be
    uint64_t changes = 0;                  // made on the target since this process started
    std::vector<std::string> on_failover;  // ACLs that wait for it
    std::vector<Drift> drift;
};

/// A topic that was deleted at the source, and what becomes of its copy.
struct DeletedTopic {
    std::string topic;          // at the source
    std::string target_topic;   // the copy
    int64_t gone_since_ms = 0;  // when it was first seen to be gone, since 1970
    int64_t due_ms = 0;         // from then on the copy is deleted
    std::string problem;        // why it stays for now; else ""
};

struct DeletionStatus {
    bool is_followed = false;
    std::string problem;   // why nothing is known of it for now; else ""
    uint64_t deleted = 0;  // copies, by this process
    std::vector<DeletedTopic> waiting;
};

/// All that a link follows besides records and groups.
struct AroundStatus {
    FollowStatus configs;
    FollowStatus acls;
    FollowStatus quotas;
    FollowStatus users;
    FollowStatus growth;  // of the topics' partition counts
    DeletionStatus deletions;
};

}  // namespace lockstep
