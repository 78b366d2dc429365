#pragma once

// PURE: which partitions have changed their state since the last look.

#include "base/log.h"
#include "model/link_status.h"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace lockstep::app {

struct StateChange {
    std::string link;
    TopicPartition id;
    PartitionState was = PartitionState::starting;
    PartitionState now = PartitionState::starting;
    std::string reason;

    /// `partition state=blocked was=running link=... topic=... partition=3 reason="..."`.
    std::string log_line() const;
    /// What is blocked wants an operator, what is retrying may want one.
    log::Level level() const;
};

/// Remembers each partition's state. Bound: the partitions of the last look.
class StateChanges {
public:
    /// What is seen for the first time is taken to have been starting.
    std::vector<StateChange> update(const std::vector<LinkStatus>& links);

private:
    struct Seen {
        PartitionState state = PartitionState::starting;
        uint64_t look = 0;  // the last that found it
    };
    using States = std::unordered_map<TopicPartition, Seen>;

    std::unordered_map<std::string, States> links_;
    uint64_t looks_ = 0;
};

}  // namespace lockstep::app
