#pragma once

// Which of a process's links goes first where they compete. Values only.

#include <array>
#include <string_view>

namespace lockstep {

enum class Priority { high, normal, low };

constexpr std::array<Priority, 3> kAllPriorities{Priority::high, Priority::normal, Priority::low};

constexpr std::string_view to_string(Priority priority) {
    switch (priority) {
        case Priority::high: return "high";
        case Priority::normal: return "normal";
        case Priority::low: return "low";
    }
    return "";
}

}  // namespace lockstep
