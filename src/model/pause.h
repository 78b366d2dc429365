#pragma once

#include "model/ids.h"

#include <optional>
#include <string>

namespace lockstep {

/// What of a link an operator pauses, or resumes: all of it, a topic, or one partition.
struct PauseScope {
    std::optional<std::string> topic;         // else the whole link
    std::optional<PartitionIndex> partition;  // else the whole topic; only together with a topic

    auto operator<=>(const PauseScope&) const = default;

    /// Whether all that `other` names belongs to this.
    bool covers(const PauseScope& other) const {
        return !topic || (topic == other.topic && (!partition || partition == other.partition));
    }
};

}  // namespace lockstep
