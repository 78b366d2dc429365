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
    ++looks_;
    for (const LinkStatus& link : links) {
        States& states = links_[link.name];
        for (const PartitionStatus& partition : link.partitions) {
            Seen& seen = states[partition.id];
            seen.look = looks_;
            const PartitionState was = std::exchange(seen.state, partition.state);
            if (was != partition.state) {
                changes.push_back(
                    {link.name, partition.id, was, partition.state, partition.reason});
            }
        }
    }
    for (auto& [name, states] : links_) {
        std::erase_if(states, [this](const auto& entry) { return entry.second.look != looks_; });
    }
    std::erase_if(links_, [](const auto& entry) { return entry.second.empty(); });
    return changes;
}

}  // namespace lockstep::app
