#pragma once

// PURE: what a partition's state means, and what an operator can choose.

#include "model/link_status.h"

#include <span>
#include <string>
#include <string_view>

namespace lockstep::app {

/// One kind of reason for which a partition is blocked. The codes are promises to scripts.
struct BlockedAdvice {
    std::string_view code;     // "foreign_writer"
    std::string_view pattern;  // RE2: the reasons that are of this kind
    std::string_view meaning;  // what was seen
    std::string_view choice;   // what can be done
};

/// All kinds; docs/operations.md has the same table, and a test holds the two together. The first
/// whose pattern is found in a reason is the one; the last, "unknown", is found in all.
std::span<const BlockedAdvice> blocked_advice();

const BlockedAdvice& advice_for(std::string_view reason);

/// A partition's state in words.
struct Explanation {
    std::string code;  // of a blocked one; else ""
    std::string meaning;
    std::string choice;
};

Explanation explain(const PartitionStatus& partition);

/// Of a link whose `problem` is not "".
Explanation explain_problem(const LinkStatus& link);

}  // namespace lockstep::app
