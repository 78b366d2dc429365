#include "app/state_changes.h"

#include "app/text_layout.h"

#include <fmt/core.h>

#include <utility>

namespace lockstep::app {

std::string StateChange::log_line() const {
    std::string line =
        fmt::format("partition state={} was={} link={} topic={} partition={}", to_string(now),
                    to_string(was), link, id.topic, id.partition.value());
    if (!reason.empty()) {
        line += fmt::format(" reason=\"{}\"", printable(reason));
    }
    return line;
}

log::Level StateChange::level() const {
    switch (now) {
        case PartitionState::blocked: return log::Level::error;
        case PartitionState::retrying: return log::Level::warn;
        default: return log::Level::info;
    }
}

std::vector<StateChange> StateChanges::update(const std::vector<LinkStatus>& links) {
    std::vector<StateChange> changes;
    auto before = std::exchange(links_, {});
    for (const LinkStatus& link : links) {
        const States& old_states = before[link.name];
        States& states = links_[link.name];
        for (const PartitionStatus& partition : link.partitions) {
            const auto old = old_states.find(partition.id);
            const PartitionState was =
                old == old_states.end() ? PartitionState::starting : old->second;
            states[partition.id] = partition.state;
            if (was != partition.state) {
                changes.push_back(
                    {link.name, partition.id, was, partition.state, partition.reason});
            }
        }
    }
    return changes;
}

}  // namespace lockstep::app
